/**
 * `mirrorhash verify`: reads files again and compares them with the cache.
 */
import {
  MirrorhashError,
  peekState,
  resolveSettings,
  type Scope,
  split,
  type VerifySummary,
  verify as verifyTree,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { findExisting, Locator, loadConfig, type Target } from '../locate.js';
import { type ReadingOptions, sampleFrom, settingsFrom } from '../options.js';
import { listen } from '../run.js';
import { bytes, count, counted, duration, jsonLine } from '../text.js';

export interface VerifyOptions extends ReadingOptions {
  readonly sample?: string;
}

export async function verify(typed: string, options: VerifyOptions, context: Context): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, []), options, context);
  const target = findExisting(typed, context);
  const { tree, path } = locator.treeOf(target);
  const cache = peekState(tree.place);
  if (cache === null) throw locator.noState(tree);
  const listener = listen(options, false, context);
  try {
    const settings = resolveSettings(await settingsFrom(options), tree.settings);
    const plan = { scope: scopeOf(target, path), settings, sample: sampleFrom(options.sample) };
    const summary = await verifyTree(plan, tree.place, cache, listener.host);
    listener.end();
    if (options.json) context.stdout.write(`${jsonLine({ event: 'summary', ...summary })}\n`);
    else if (!options.quiet) context.say(summaryText(summary, context.signal.aborted));
    return listener.status();
  } finally {
    listener.end();
    cache.close();
  }
}

function scopeOf(target: Target, path: string): Scope {
  if (target.kind === 'directory') return { path, recursive: true, only: null };
  if (target.kind !== 'file') throw new MirrorhashError('USAGE', `${target.path} is not a regular file`);
  const { directory, name } = split(path);
  return { path: directory, recursive: false, only: [name] };
}

const others: readonly [keyof VerifySummary['files'], string][] = [
  ['stale', 'changed since they were hashed'],
  ['vanished', 'gone'],
  ['left', 'left out by --sample'],
  ['deferred', 'deferred'],
  ['failed', 'failed'],
];

function summaryText({ files, bytes: { read }, seconds }: VerifySummary, interrupted: boolean): string {
  const rate = seconds > 0 ? `, ${bytes(read / seconds)}/s` : '';
  const parts = [
    `${counted(files.verified, 'file')} verified (${bytes(read)} in ${duration(seconds)}${rate})`,
    ...(files.different > 0 ? [`${count(files.different)} different`] : []),
    ...(files.different === 0 && files.verified > 0 ? ['no difference found'] : []),
    ...others.filter(([key]) => files[key] > 0).map(([key, words]) => `${count(files[key])} ${words}`),
  ];
  return `${interrupted ? 'interrupted: ' : ''}${parts.join(', ')}`;
}
