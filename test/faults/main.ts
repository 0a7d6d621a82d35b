/**
 * `npm run faults -- --minutes 30`: the attacks of this directory for longer than beside the other tests, one after the
 * other, each with its share of the time.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

const program = new Command('npm run faults --')
  .description(
    'Attacks the built program: changes while it runs, several runs at once, kill -9, full disks, unreadable files, damaged databases, clocks that are set.',
  )
  .option(
    '--minutes <n>',
    'of all attacks of test/faults together, of which each has its share',
    positive,
    30,
  )
  .option('--seed <n>', 'the choices of an earlier run, which told its seed', positive)
  .argument('[attack...]', 'parts of the names of the files in test/ that are wanted', ['test/faults'])
  .addHelpText(
    'after',
    '\nExamples:\n  npm run faults -- --minutes 30\n  npm run faults -- --minutes 10 --seed 4711 faults/mutator\n  npm run faults -- test/hostile test/properties store/cache-model',
  )
  .parse();
const { minutes, seed } = program.opts<{ minutes: number; seed?: number }>();

const { status, error } = spawnSync('npx', ['vitest', 'run', '--no-file-parallelism', ...program.args], {
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  stdio: 'inherit',
  env: {
    ...process.env,
    MIRRORHASH_LONG: '1',
    MIRRORHASH_FAULTS_MINUTES: String(minutes),
    ...(seed === undefined ? {} : { MIRRORHASH_FAULTS_SEED: String(seed) }),
  },
});
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
