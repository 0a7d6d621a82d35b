/**
 * Where the actions of `mirrorhash mirror` work: the table of a tree's mirrors, and what is said of it.
 */
import {
  type EditedIds,
  type Mirror,
  MirrorhashError,
  type Mirrors,
  mergeSettings,
  openMirrors,
  parseRedirector,
  peekState,
  type TreePath,
} from '../src/index.js';
import type { Context } from './context.js';
import { status } from './exit-status.js';
import { findTarget, Locator, loadConfig } from './locate.js';
import { type CommonOptions, settingsFrom } from './options.js';
import { columnsOf, count, counted, jsonLine, printable } from './text.js';

/** An open table of mirrors. */
export interface Desk {
  readonly mirrors: Mirrors;
  /** absolute, without links */
  readonly base: string;
  /** the directory that was named */
  readonly below: TreePath;
  /** Tells people something, unless they want to hear nothing. */
  readonly say: (message: string, hint?: string) => void;
}

export interface DeskOptions {
  readonly directory: string;
  readonly purpose: 'reading' | 'writing';
  readonly options: CommonOptions;
  readonly context: Context;
}

/** A mirror, and how many files it has. */
export interface CountedMirror extends Mirror {
  readonly files: number;
}

/**
 * Opens the mirrors of a directory's tree, has the work done, and closes them.
 *
 * @throws MirrorhashError when the tree was never hashed, or its redirector has no mirrors of ours
 */
export async function atDesk(
  { directory, purpose, options, context }: DeskOptions,
  work: (desk: Desk) => Promise<number>,
): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, ['redirector']), options, context);
  const target = findTarget(directory, context.cwd);
  const { tree, path } = locator.treeOf(target);
  if (target.kind === 'file' || target.kind === 'special') {
    throw new MirrorhashError('USAGE', `${target.path} is not a directory`, {
      hint: 'name the tree, or a directory in it',
    });
  }
  const { redirector } = mergeSettings(await settingsFrom(options), tree.settings);
  const url = parseRedirector(redirector ?? null, context.cwd);
  const state = peekState(tree.place);
  state?.close();
  if (state === null && url.kind === 'sqlite' && url.file === null) throw locator.noState(tree);
  const mirrors = openMirrors(url, tree.place, purpose);
  const say: Desk['say'] = (message, hint) => {
    if (!options.quiet && !context.signal.aborted) context.say(printable(message), hint);
  };
  try {
    return await work({ mirrors, base: tree.place.base, below: path, say });
  } finally {
    mirrors.close();
  }
}

/** @param identifiers null: all */
export function countedMirrors(
  mirrors: Mirrors,
  identifiers: readonly string[] | null,
): readonly CountedMirror[] {
  const wanted = mirrors.list().filter(({ identifier }) => identifiers?.includes(identifier) ?? true);
  const files = mirrors.fileCounts();
  return wanted.map((mirror) => ({ ...mirror, files: files.get(mirror.id) ?? 0 }));
}

/** Says which rows were left as they are. @returns the exit status */
export function statusOfEdit({ notUnderstood }: Pick<EditedIds, 'notUnderstood'>, context: Context): number {
  if (notUnderstood === null) return status.done;
  const rows = counted(notUnderstood.count, 'row');
  context.say(
    `${rows} of filearr left as found, mirrors is no JSON array of numbers: ${printable(notUnderstood.example)}`,
    'another program wrote it; put it right there, then do this again',
  );
  return status.filesFailed;
}

/** `41,203 files`, `all 12 files below iso` */
export function filesBelow(files: number, below: TreePath): string {
  return `${counted(files, 'file')}${below === '' ? '' : ` below ${below}`}`;
}

/** One line of `--json`. What is not known is null. */
export function mirrorJson(mirror: CountedMirror, more: object = {}): string {
  const { id, identifier, baseurl, country, region, score, enabled, files } = mirror;
  const known = { country: country === '' ? null : country, region: region === '' ? null : region };
  return `${jsonLine({ id, identifier, url: baseurl, ...known, score, enabled, files, ...more })}\n`;
}

const headings = ['identifier', 'url', 'country', 'region', 'score', 'enabled', 'files'] as const;
const numbers: ReadonlySet<string> = new Set(['score', 'files']);

/** A table with a line for each mirror, below one of headings. */
export function mirrorTable(mirrors: readonly CountedMirror[]): string {
  const rows = [headings, ...mirrors.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ''))));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => padded(cell, column, widths))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cellsOf({
  identifier,
  baseurl,
  country,
  region,
  score,
  enabled,
  files,
}: CountedMirror): readonly string[] {
  const texts = [identifier, baseurl, country, region].map((text) => (text === '' ? '-' : printable(text)));
  return [...texts, `${score}`, enabled ? 'yes' : 'no', count(files)];
}

function padded(cell: string, column: number, widths: readonly number[]): string {
  const space = ' '.repeat((widths[column] ?? 0) - columnsOf(cell));
  return numbers.has(headings[column] ?? '') ? space + cell : cell + space;
}
