/**
 * `mirrorhash sync`: cache → redirector database only.
 */
import {
  mergeSettings,
  openState,
  parseRedirector,
  redirectorOpener,
  type SyncResult,
  syncTarget,
  type TreePath,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig, type Tree } from '../locate.js';
import { type CommonOptions, settingsFrom } from '../options.js';
import { eventJson, syncJson, syncText } from '../report.js';
import { jsonLine, printable } from '../text.js';

export interface SyncOptions extends CommonOptions {
  readonly full?: true;
  readonly maxDelete?: string;
  readonly newPaths?: true;
}

export async function sync(directory: string, options: SyncOptions, context: Context): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, ['redirector']), options, context);
  const { tree, path } = locator.treeOf(findTarget(directory, context.cwd));
  locator.withCache(tree, () => {});
  const result = await syncTree(tree, options.full ? path : null, options, context);
  if (options.json)
    context.stdout.write(`${jsonLine({ event: 'summary', sync: result && syncJson(result) })}\n`);
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
  options: CommonOptions & Pick<SyncOptions, 'maxDelete' | 'newPaths'>,
  context: Context,
): Promise<SyncResult | null> {
  const { redirector, maxDelete = null } = mergeSettings(await settingsFrom(options), tree.settings);
  const url = parseRedirector(redirector ?? null, context.cwd);
  const open = await redirectorOpener(url, tree.place, context.environment);
  if (open === null) return null;
  const { cache } = openState(tree.place);
  const warn = (message: string): void => {
    if (!options.quiet) context.say(printable(message));
  };
  try {
    return await syncTarget(open, {
      cache,
      base: tree.place.base,
      signal: context.signal,
      newPaths: options.newPaths ?? false,
      full: full === null ? null : { path: full, maxDelete },
      onWait: warn,
      onAway: warn,
      onRefused: (refusal) => {
        const { path, message } = refusal;
        if (!options.json) warn(`${path}: refused: ${message}`);
        else context.stdout.write(`${eventJson({ event: 'row', outcome: 'refused', ...refusal }, false)}\n`);
      },
    });
  } finally {
    cache.close();
  }
}
