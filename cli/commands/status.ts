/**
 * `mirrorhash status`: how a tree stands.
 */
import { readStatus, type TreeStatus } from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig } from '../locate.js';
import type { CommonOptions } from '../options.js';
import { bytes, count, counted, duration, jsonLine, printable } from '../text.js';

/** How many problems are named; `--verbose` and `--json` name all. */
const fewProblems = 10;

export async function status(directory: string, options: CommonOptions, context: Context): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, []), options, context);
  const { tree, path } = locator.treeOf(findTarget(directory, context.cwd));
  const found = locator.withCache(tree, (cache) => readStatus(cache, tree.place, path));
  if (options.json) context.stdout.write(`${jsonLine(found)}\n`);
  else context.stdout.write(toText(found, options.verbose ?? false));
  return 0;
}

function toText(found: TreeStatus, all: boolean): string {
  const lines: [string, string][] = [
    ['base', printable(found.base)],
    ['state', printable(found.state)],
    ['cached', `${counted(found.files, 'file')}, ${bytes(found.bytes)}`],
    ['cache', bytes(found.cacheSize)],
    ['last run', lastRunText(found.lastRun)],
    ...(found.lastRun?.failures ?? []).map((failure): [string, string] => ['', printable(failure)]),
    ...found.redirectors.map(({ redirector, lag }): [string, string] => [
      'synced',
      `${printable(redirector)}: ${lag === 0 ? 'up to date' : `${counted(lag, 'change')} behind`}`,
    ]),
    ...problemLines([...found.problems, ...found.redirectors.flatMap(refusals)], all),
  ];
  return lines.map(([key, value]) => `${key.padEnd(10)}${value}\n`).join('');
}

function lastRunText(run: TreeStatus['lastRun']): string {
  if (run === null) return 'none yet';
  const { hashed, unchanged, pruned } = run.files;
  const counts = `${count(hashed)} hashed, ${count(unchanged)} unchanged, ${count(pruned)} pruned`;
  return `${run.at}, ${duration(run.seconds)}: ${counts}`;
}

interface Problem {
  readonly outcome: string;
  readonly path: string;
  readonly message: string;
}

/** Rows that a redirector cannot hold: several may have the same reason not to. */
function refusals({ redirector, refused }: TreeStatus['redirectors'][number]): Problem[] {
  return refused.map(({ path, message }) => ({
    outcome: 'refused',
    path,
    message: `${message} (${redirector})`,
  }));
}

function problemLines(problems: readonly Problem[], all: boolean): [string, string][] {
  const shown = all ? problems : problems.slice(0, fewProblems);
  const lines = shown.map(({ outcome, path, message }): [string, string] => [
    outcome,
    `${printable(path)}: ${printable(message)}`,
  ]);
  const rest = problems.length - shown.length;
  return rest === 0 ? lines : [...lines, ['', `and ${count(rest)} more (--verbose names all)`]];
}
