/**
 * `mirrorhash forget`: drops records that pruning never would.
 */
import { forget as forgetRecords, openState, peekState } from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig, type Tree } from '../locate.js';
import type { CommonOptions } from '../options.js';
import { listen } from '../run.js';
import { counted, printable } from '../text.js';
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
  const locator = new Locator(await loadConfig(options, context), options, context);
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
  const { host } = listen({ ...options, progress: false }, false, context);
  const writer = options.dryRun ? null : openState(tree.place).cache;
  const cache = writer ?? peekState(tree.place);
  if (cache === null) return;
  try {
    const { forgotten, unknown } = await forgetRecords(cache, writer, paths, host.emit);
    if (options.quiet) return;
    for (const path of unknown) context.say(`${printable(path)}: there is no record of it`);
    context.say(`${options.dryRun ? 'would forget' : 'forgot'} ${counted(forgotten, 'record')}`);
  } finally {
    cache.close();
  }
  if (!options.dryRun && options.sync) await syncTree(tree, null, options, context);
}
