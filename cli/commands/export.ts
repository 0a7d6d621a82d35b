/**
 * `mirrorhash export`: files with hashes and metadata, for sites that serve files and nothing else.
 */
import { resolve } from 'node:path';
import {
  acquireOutputs,
  checkOut,
  type ExportPlan,
  type ExportResult,
  type ExportSummary,
  exportTree,
  MirrorhashError,
  openState,
  peekState,
  resolveSettings,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { status, worst } from '../exit-status.js';
import { type ExportOptions, exportWishFrom } from '../export-options.js';
import { findExisting, Locator, loadConfig, resolveExisting, type Tree } from '../locate.js';
import { settingsFrom } from '../options.js';
import { type Listener, listen } from '../run.js';
import { count, counted, duration, jsonLine, printable } from '../text.js';

export async function exportFiles(typed: string, options: ExportOptions, context: Context): Promise<number> {
  const wish = exportWishFrom(options);
  const locator = new Locator(await loadConfig(options, context, []), options, context);
  const target = findExisting(typed, context);
  if (target.kind !== 'directory') throw new MirrorhashError('USAGE', `${target.path} is not a directory`);
  const { tree, path } = locator.treeOf(target);
  const settings = resolveSettings(await settingsFrom(options), tree.settings);
  const out = outOf(tree, options, context);
  // Nothing is made where nothing is known.
  locator.withCache(tree, () => {});
  const plan: ExportPlan = {
    ...wish,
    out,
    scope: path,
    selection: settings.selection,
    jobs: settings.jobs,
    maxDelete: settings.maxDelete,
    version: context.version,
  };
  const listener = listen(options, settings.strict, context);
  try {
    const result = await (plan.dryRun ? rehearse : write)(plan, tree, listener, context);
    listener.end();
    return conclude(result, listener, options, context);
  } finally {
    listener.end();
  }
}

/** @throws MirrorhashError USAGE unless it is one of both, and not the wrong place */
function outOf({ place }: Tree, { to, inPlace }: ExportOptions, context: Context): string {
  if ((to === undefined) !== (inPlace === true) || to === '') {
    throw new MirrorhashError('USAGE', 'say where the files go: either --to <dir> or --in-place', {
      hint: '--in-place writes them into the tree, beside the files that they describe',
    });
  }
  if (to === undefined) return place.base;
  const out = resolveExisting(resolve(context.cwd, to));
  checkOut(out, place);
  return out;
}

async function write(
  plan: ExportPlan,
  { place }: Tree,
  { host }: Listener,
  context: Context,
): Promise<ExportResult | null> {
  const state = openState(place);
  try {
    const lock = await acquireOutputs(state, plan.out, context.signal, (message) => {
      host.emit({ event: 'notice', level: 'warning', code: 'WAITING', message });
    });
    if (lock === null) return null;
    try {
      return await exportTree(plan, place, state.cache, host, () => lock.held);
    } finally {
      state.locks.release([lock]);
    }
  } finally {
    state.cache.close();
  }
}

async function rehearse(plan: ExportPlan, { place }: Tree, { host }: Listener): Promise<ExportResult | null> {
  const cache = peekState(place);
  if (cache === null) return null;
  try {
    return await exportTree(plan, place, cache, host, () => true);
  } finally {
    cache.close();
  }
}

function conclude(
  result: ExportResult | null,
  listener: Listener,
  options: ExportOptions,
  context: Context,
): number {
  if (result === null) return listener.status();
  const { summary, failure } = result;
  if (failure !== null) context.report(failure);
  if (options.json) {
    const dry = options.dryRun ? { dryRun: true } : {};
    context.stdout.write(`${jsonLine({ event: 'summary', ...summary, ...dry })}\n`);
  } else if (!options.quiet) {
    const { hint, text } = summaryText(summary, options, context.signal.aborted);
    context.say(text, hint);
  }
  // Also those that are left alone since long, which have no event of their own any more.
  const isLeft = options.strict && summary.outputs.foreign > 0;
  return worst([
    listener.status(),
    failure === null ? status.done : status.fatal,
    isLeft ? status.filesFailed : status.done,
  ]);
}

const ofFiles: readonly [keyof ExportSummary['files'], string][] = [
  ['hidden', 'not for everybody to see'],
  ['deferred', 'changed since they were hashed'],
  ['excluded', 'excluded'],
  ['vanished', 'gone'],
];
const ofOutputs: readonly [keyof ExportSummary['outputs'], string][] = [
  ['removed', 'removed'],
  ['unchanged', 'unchanged'],
  ['foreign', 'left alone (not ours)'],
  ['skipped', 'skipped'],
];

function summaryText(
  { files, outputs, directories, seconds }: ExportSummary,
  { dryRun }: ExportOptions,
  interrupted: boolean,
): { readonly text: string; readonly hint: string | undefined } {
  const opening = `${dryRun ? 'dry run: ' : ''}${interrupted ? 'interrupted, what was written is good: ' : ''}`;
  const parts = [
    `${counted(files.exported, 'file')} exported`,
    ...ofFiles.filter(([key]) => files[key] > 0).map(([key, words]) => `${count(files[key])} ${words}`),
  ];
  const would = dryRun ? 'would be ' : '';
  const results = [
    `${counted(outputs.written, 'output')} ${would}written`,
    ...ofOutputs
      .filter(([key]) => outputs[key] > 0)
      .map(([key, words]) => `${count(outputs[key])} ${key === 'removed' ? would : ''}${words}`),
    ...(directories.failed > 0 ? [`${counted(directories.failed, 'directory', 'directories')} failed`] : []),
  ];
  const hint = files.deferred > 0 ? 'run mirrorhash hash, then export again' : undefined;
  return {
    text: printable(`${opening}${parts.join(', ')}: ${results.join(', ')} (${duration(seconds)})`),
    hint,
  };
}
