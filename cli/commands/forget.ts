/**
 * `mirrorhash forget`: drops records that pruning never would.
 */
import { type FileEvent, forget as forgetRecords, openState, peekState } from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig, type Tree } from '../locate.js';
import type { CommonOptions } from '../options.js';
import { syncText } from '../report.js';
import { counted, jsonLine, printable } from '../text.js';
import { syncTree } from './sync.js';

export interface ForgetOptions extends CommonOptions {
  readonly dryRun?: true;
  readonly sync: boolean;
}

export async function forget(
  paths: readonly string[],
  options: ForgetOptions,
  context: Context,
): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, ['redirector']), options, context);
  const byTree = new Map<Tree, string[]>();
  for (const typed of paths) {
    const { tree, path } = locator.treeOf(findTarget(typed, context.cwd));
    locator.withCache(tree, () => {});
    byTree.set(tree, [...(byTree.get(tree) ?? []), path]);
  }
  for (const [tree, treePaths] of byTree) await forgetIn(tree, treePaths, options, context);
  return 0;
}

async function forgetIn(
  tree: Tree,
  paths: readonly string[],
  options: ForgetOptions,
  context: Context,
): Promise<void> {
  const { quiet, dryRun } = options;
  const writer = dryRun ? null : openState(tree.place).cache;
  const cache = writer ?? peekState(tree.place);
  if (cache === null) return;
  try {
    const emit = (event: FileEvent): void => tell(event, options, context);
    const { forgotten, unknown } = await forgetRecords(cache, writer, paths, emit);
    if (!quiet) {
      for (const path of unknown) context.say(`${printable(path)}: there is no record of it`);
      context.say(`${dryRun ? 'would forget' : 'forgot'} ${counted(forgotten, 'record')}`);
    }
  } finally {
    cache.close();
  }
  if (dryRun || !options.sync) return;
  const synced = await syncTree(tree, null, options, context);
  if (!quiet && synced !== null) context.say(`${printable(synced.redirector)}: ${syncText(synced, false)}`);
}

function tell(event: FileEvent, { json, verbose, dryRun }: ForgetOptions, { stdout }: Context): void {
  if (json) stdout.write(`${jsonLine({ ...event, ...(dryRun ? { dryRun } : {}) })}\n`);
  else if (verbose || dryRun) {
    stdout.write(`${dryRun ? 'would forget' : 'forgot'} ${printable(event.path)}\n`);
  }
}
