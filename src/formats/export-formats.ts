/**
 * What can be written beside files or for whole directories, by the names that people give it, and what was chosen.
 */
import { MirrorhashError } from '../errors.js';
import { type ArtifactName, artifactNames, artifacts } from './artifacts.js';
import { type SumsFormat, sumsFiles } from './directory-sums.js';

export type ExportFormat = ArtifactName | SumsFormat | 'tracker-allowlist';

/** One for a whole export, in its root. */
export const allowlistName = 'tracker-allowlist.txt';

const sumsFormats = Object.keys(sumsFiles) as readonly SumsFormat[];

export const exportFormats: readonly ExportFormat[] = [...sumsFormats, ...artifactNames, 'tracker-allowlist'];

/** What is written, by kind. */
export interface ChosenFormats {
  /** beside each file */
  readonly sidecars: readonly ArtifactName[];
  /** in each directory */
  readonly sums: readonly SumsFormat[];
  readonly allowlist: boolean;
}

/**
 * @param text names with commas between them; `all`: whatever can be made
 * @param hasSource whether any URL of the files is known
 * @throws MirrorhashError USAGE for an unknown name, or one that can only be made where a URL is known
 */
export function parseFormats(text: string, hasSource: boolean): ChosenFormats {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const wanted = new Set<string>(names);
  const everything = wanted.delete('all');
  for (const name of wanted) {
    if (!isFormat(name)) throw unknown(name);
    if (!hasSource && needsSource(name)) throw withoutSource(name);
  }
  const chosen = (format: ExportFormat): boolean =>
    wanted.has(format) || (everything && (hasSource || !needsSource(format)));
  return {
    sidecars: artifactNames.filter(chosen),
    sums: sumsFormats.filter(chosen),
    allowlist: chosen('tracker-allowlist'),
  };
}

function isFormat(name: string): name is ExportFormat {
  return (exportFormats as readonly string[]).includes(name);
}

function needsSource(format: ExportFormat): boolean {
  return format in artifacts && artifacts[format as ArtifactName].needsSource;
}

function unknown(name: string): MirrorhashError {
  return new MirrorhashError('USAGE', `${JSON.stringify(name)} is no format`, {
    hint: `choose among ${exportFormats.join(', ')}, or all`,
  });
}

function withoutSource(format: ExportFormat): MirrorhashError {
  return new MirrorhashError('USAGE', `a ${format} file says where a file can be had, and no URL is known`, {
    hint: "name the URL of the tree's base with --base-url or --mirror-url",
  });
}
