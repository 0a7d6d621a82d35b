/**
 * Runs `mirrorhash export --json` and reads what it said.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, type Running, type Site, told } from './e2e.js';

export interface OutputLine {
  readonly event: 'output';
  readonly path: string;
  readonly outcome: 'written' | 'removed' | 'foreign' | 'skipped';
  readonly code: string | null;
}

interface ExportSummaryLine {
  readonly event: 'summary';
  readonly files: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
  readonly directories: Readonly<Record<string, number>>;
}

export interface Exported extends Ended {
  /** `path outcome` of the outputs, in order */
  readonly outputs: readonly string[];
  /** `path code` of files that were left out */
  readonly deferred: readonly string[];
  readonly summary: ExportSummaryLine;
}

/** Where the outputs go, unless they go into the tree. */
export function outOf(place: Site): string {
  return join(place.directory, 'out');
}

/** Of the site's tree, with its state, to `outOf`. */
export function exportArguments(place: Site, formats: string, ...args: readonly string[]): readonly string[] {
  const where = args.includes('--in-place') ? [] : ['--to', outOf(place)];
  return ['export', place.tree, '--state', place.state, ...where, '--formats', formats, '--json', ...args];
}

export async function exported(place: Site, formats: string, ...args: readonly string[]): Promise<Exported> {
  return readExported(await place.run(exportArguments(place, formats, ...args)));
}

export function startExport(place: Site, formats: string, ...args: readonly string[]): Running {
  return place.start(exportArguments(place, formats, ...args));
}

export function readExported(ended: Ended): Exported {
  const { lines, files, summary } = told(ended);
  const outputs = lines.filter((line): line is OutputLine => line.event === 'output');
  return {
    ...ended,
    outputs: outputs.map(({ path, outcome }) => `${path} ${outcome}`).sort(),
    deferred: files.map(({ path, code }) => `${path} ${code}`).sort(),
    summary: summary as unknown as ExportSummaryLine,
  };
}

/** Path → content of all files below a directory, temporaries included; empty where there is none. */
export function contents(directory: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(directory, path), { withFileTypes: true })) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) visit(below);
      else if (entry.isFile()) found.set(below, readFileSync(join(directory, below), 'latin1'));
    }
  };
  visit('');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Inode, mtime and permissions of every output. */
export function marks(directory: string): ReadonlyMap<string, string> {
  return new Map(
    [...contents(directory).keys()].map((name) => {
      const { ino, mtimeNs, mode } = lstatSync(join(directory, name), { bigint: true });
      return [name, `${ino} ${mtimeNs} ${(mode & 0o7777n).toString(8)}`];
    }),
  );
}
