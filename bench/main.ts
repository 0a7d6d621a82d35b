/**
 * `npm run bench`: makes its data, runs mirrorhash and what it is compared with, prints one table, writes the results.
 *
 * The order is here; how things are made, measured and told is in the files beside it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Benchmark, type Contestant, Results, type Site } from './benchmark.js';
import { benchmarks } from './benchmarks/index.js';
import { describeMachine } from './machine.js';
import { createMeasure } from './measure.js';
import { helpText, type Options, parseOptions, Usage } from './options.js';
import { profile, profileText } from './profile/profile.js';
import { installedPrograms, type Versions } from './programs.js';
import { legend, writeResults } from './results.js';
import { runRounds } from './rounds.js';
import { type Outcome, summary, toText } from './table.js';

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Milliseconds after which mirrorhash no longer waits for a new file to become older. */
const calm = 2_500;

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(
    args,
    benchmarks.map(({ id }) => id),
  );
  if (options.help) return print(helpText(benchmarks).trimEnd());
  const directory = makeDirectory(options.dir);
  const cleanUp = (): void => {
    if (options.keep) tell(`the data stay in ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      cleanUp();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
  try {
    await runAll(options, directory);
  } finally {
    cleanUp();
  }
}

async function runAll(options: Options, directory: string): Promise<void> {
  const site: Site = {
    directory,
    quick: options.quick,
    cores: availableParallelism(),
    measure: createMeasure(directory),
  };
  const versions = installedPrograms();
  const machine = describeMachine(directory, versions);
  for (const [what, value] of Object.entries(machine)) print(`${what}: ${value}`);
  print(`\n${legend.join('\n')}`);
  if (options.quick) print('quick: the data are too small for the goals to mean anything');
  const outcomes: Outcome[] = [];
  for (const benchmark of benchmarks.filter((candidate) => isWanted(candidate, options))) {
    const outcome = await runBenchmark(benchmark, site, options.rounds, versions);
    outcomes.push(outcome);
    print(`\n${toText(outcome)}`);
  }
  const stages = options.profile ? await profile(site, options.rounds) : [];
  if (stages.length > 0) print(`\n${profileText(stages)}`);
  if (options.quick) return;
  if (outcomes.length > 0) print(`\n${summary(outcomes)}`);
  const report = { at: new Date(), machine, outcomes, profile: stages };
  tell(`written: ${writeResults(report, [...(options.only ?? [])])}`);
}

function isWanted({ id, long = false }: Benchmark, { only, long: withLong }: Options): boolean {
  return only === null ? !long || withLong : only.has(id);
}

async function runBenchmark(
  { id, claim, mostRounds, prepare }: Benchmark,
  site: Site,
  wantedRounds: number,
  versions: Versions,
): Promise<Outcome> {
  tell(`${id}: making the data`);
  const { work, contestants, goals, remarks, beforeRounds, end } = await prepare(site);
  try {
    return await measured();
  } finally {
    await end?.();
  }

  async function measured(): Promise<Outcome> {
    // What is still to be written to the disk would be written during the first rounds.
    spawnSync('sync');
    await setTimeout(calm);
    if (beforeRounds !== undefined) {
      tell(`${id}: the run before the first round`);
      await beforeRounds();
    }
    const rounds = Math.min(wantedRounds, mostRounds ?? wantedRounds);
    const results = await runRounds(contestants, rounds, {
      missing: ({ needs = [] }: Contestant) => {
        const absent = needs.filter((program) => !versions.has(program));
        return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`;
      },
      tell: (round, who) => tell(`${id}: round ${round} of ${rounds}: ${who}`),
    });
    return {
      id,
      claim,
      work,
      rounds,
      results,
      goals: goals(new Results(results)),
      remarks: remarks?.() ?? [],
    };
  }
}

/** A directory of our own, without symbolic links, that may be removed as a whole. */
function makeDirectory(wanted: string | null): string {
  if (wanted === null) return realpathSync(mkdtempSync(join(tmpdir(), 'mirrorhash-bench-')));
  const directory = join(resolve(wanted), 'mirrorhash-bench');
  mkdirSync(directory, { recursive: true });
  return realpathSync(directory);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  tell(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
