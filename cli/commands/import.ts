/**
 * `mirrorhash import`: a redirector's rows → cache, where the files are still those of the rows.
 */
import {
  checkPlace,
  type ImportSummary,
  importRows,
  importSource,
  mergeSettings,
  openState,
  parseRedirector,
  peekState,
  rememberedRecipe,
  resolveSettings,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { findDirectory, Locator, loadConfig, type Tree } from '../locate.js';
import { type HashOptions, settingsFrom, verifySampleFrom } from '../options.js';
import { listen } from '../run.js';
import { bytes, count, counted, jsonLine, printable } from '../text.js';

export interface ImportOptions extends HashOptions {
  readonly verifySample?: string;
}

export async function importTree(
  directory: string,
  options: ImportOptions,
  context: Context,
): Promise<number> {
  const locator = new Locator(await loadConfig(options, context), options, context);
  const path = findDirectory(directory, 'import', context);
  const located = locator.treeOf({ path, kind: 'directory' });
  const listener = listen(options, false, context);
  try {
    const summary = await run(located, options, listener.host, context);
    listener.end();
    if (options.json) context.stdout.write(`${summaryJson(summary, options.dryRun ?? false)}\n`);
    else tell(summary, located.tree, options, context);
    return listener.status();
  } finally {
    listener.end();
  }
}

async function run(
  { tree, path }: ReturnType<Locator['treeOf']>,
  options: ImportOptions,
  host: Parameters<typeof importRows>[2],
  context: Context,
): Promise<ImportSummary> {
  const { place } = tree;
  const said = await settingsFrom(options);
  const sample = verifySampleFrom(options.verifySample);
  const { redirector } = mergeSettings(said, tree.settings);
  const url = parseRedirector(redirector ?? null, context.cwd);
  checkPlace(place);
  const open = await importSource(url, place, context.environment, options.dryRun ?? false);
  const state = options.dryRun ? null : openState(place);
  const cache = state?.cache ?? peekState(place);
  try {
    const settings = resolveSettings(said, tree.settings, { recipe: rememberedRecipe(cache) });
    const onWait = (message: string): void => {
      if (!options.quiet) context.say(printable(message));
    };
    return await importRows({ path, settings, sample, place, state, cache, onWait }, open, host);
  } finally {
    cache?.close();
  }
}

function summaryJson(summary: ImportSummary, dryRun: boolean): string {
  const { redirector, rows, imported, leftOut, withoutZsync, sample, seconds } = summary;
  const result = { redirector, rows, imported, ...leftOut, withoutZsync, sample };
  return jsonLine({ event: 'summary', import: result, seconds, ...(dryRun ? { dryRun } : {}) });
}

function tell(summary: ImportSummary, { place }: Tree, options: ImportOptions, context: Context): void {
  const { sample, withoutZsync, rows, leftOut } = summary;
  if (sample !== null && sample.different > 0) {
    context.say(
      'stopped at the first difference: nothing was imported',
      'its row or the file is damaged; mirrorhash hash on the tree, without an import, reads all files anew',
    );
    return;
  }
  if (options.quiet) return;
  if (sample !== null) context.say(sampleText(sample));
  const isLost = rows > 0 && leftOut.missing === rows;
  context.say(
    summaryText(summary, options.dryRun ?? false, context.signal.aborted),
    isLost
      ? `none of them is in ${printable(place.base)}: name the redirector's document root with --base <dir>`
      : undefined,
  );
  if (withoutZsync.files === 0) return;
  context.say(
    `zsync sums are missing: the next hash reads ${counted(withoutZsync.files, 'file')} for them (${bytes(withoutZsync.bytes)})`,
    'with --no-zsync, given once to import or to hash, it reads none for them',
  );
}

function sampleText({ verified, skipped, bytes: read }: NonNullable<ImportSummary['sample']>): string {
  const rest = skipped === 0 ? '' : `, ${count(skipped)} could not be read as a whole`;
  const result = verified === 0 ? '' : ', no difference found';
  return `sample: ${counted(verified, 'file')} read (${bytes(read)})${result}${rest}`;
}

const reasons: readonly (readonly [keyof ImportSummary['leftOut'], string])[] = [
  ['known', 'known already'],
  ['changed', 'of another size or mtime'],
  ['missing', 'without a file'],
  ['incomplete', 'incomplete or inconsistent'],
  ['recent', 'of files written a moment ago'],
  ['excluded', 'excluded'],
  ['locked', 'in directories that another run has in work'],
  ['unreadable', 'that may not be looked at'],
];

export function summaryText(
  { rows, imported, leftOut }: Pick<ImportSummary, 'rows' | 'imported' | 'leftOut'>,
  dryRun: boolean,
  interrupted: boolean,
): string {
  const opening = `${dryRun ? 'dry run: ' : ''}${interrupted ? 'interrupted, what was imported is kept: ' : ''}`;
  const done = `${dryRun ? 'would import' : 'imported'} ${count(imported)} of ${counted(rows, 'row')}`;
  const others = reasons
    .filter(([reason]) => leftOut[reason] > 0)
    .map(([reason, words]) => `${count(leftOut[reason])} ${words}`);
  return `${opening}${done}${others.length === 0 ? '' : `; not imported: ${others.join(', ')}`}`;
}
