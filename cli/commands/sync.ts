/**
 * `mirrorhash sync`: cache → redirector database only.
 */
import {
  mergeSettings,
  openState,
  parseRedirector,
  redirectorOpener,
  Sync,
  type SyncResult,
  type TreePath,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig, type Tree } from '../locate.js';
import { type CommonOptions, settingsFrom } from '../options.js';
import { syncText } from '../report.js';
import { printable } from '../text.js';

export interface SyncOptions extends CommonOptions {
  readonly full?: true;
  readonly maxDelete?: string;
}

export async function sync(directory: string, options: SyncOptions, context: Context): Promise<number> {
  const locator = new Locator(await loadConfig(options, context), options, context);
  const { tree, path } = locator.treeOf(findTarget(directory, context.cwd));
  locator.withCache(tree, () => {});
  const result = await syncTree(tree, options.full ? path : null, options, context);
  if (options.json) context.stdout.write(`${JSON.stringify({ event: 'summary', sync: result })}\n`);
  else if (context.signal.aborted) return 0;
  else if (!options.quiet && result === null) context.say('nothing to sync: the redirector is none');
  else if (!options.quiet && result !== null) {
    context.say(`${printable(result.redirector)}: ${syncText(result, false)}`);
  }
  return 0;
}

/**
 * @param full compare everything at and below this path; null: what changed
 * @returns null when the redirector is `none`
 */
export async function syncTree(
  tree: Tree,
  full: TreePath | null,
  options: CommonOptions & Pick<SyncOptions, 'maxDelete'>,
  context: Context,
): Promise<SyncResult | null> {
  const { redirector } = mergeSettings(await settingsFrom(options), tree.settings);
  const open = redirectorOpener(parseRedirector(redirector ?? null, context.cwd), tree.place);
  if (open === null) return null;
  const { cache } = openState(tree.place);
  try {
    const target = await open();
    try {
      const sync = new Sync({
        cache,
        locks: target.locks,
        target: target.redirector,
        base: tree.place.base,
        signal: context.signal,
        onWait: (message) => {
          if (!options.quiet) context.say(printable(message));
        },
      });
      if (full === null) await sync.run();
      else await sync.runFull(full, (await settingsFrom(options)).maxDelete ?? null);
      return sync.result;
    } finally {
      await target.redirector.close();
    }
  } finally {
    cache.close();
  }
}
