/** Looks at files: `lstat` with nanoseconds, and the parts of it that travel. */
import { type BigIntStats, lstatSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { FileStat } from '../model.js';
import type { TreeDirectory } from './tree-directory.js';

/** The `lstat` of a name, null when there is nothing, nor can be: `NAME.asc` may be too long for a name. */
export function lstatIn(directory: TreeDirectory, name: string): BigIntStats | null {
  try {
    return lstatSync(directory.entry(name), { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (systemCode(error) === 'ENAMETOOLONG') return null;
    throw error;
  }
}

/** The parts of a `Stats` that travel. */
export function toFileStat(found: {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  dev: bigint;
}): FileStat {
  return {
    size: Number(found.size),
    mtimeNs: withinDates(found.mtimeNs),
    ctimeNs: found.ctimeNs,
    inode: found.ino,
    device: found.dev,
  };
}

/** Null also when it cannot be told: whoever asks looks again in another way. */
export function fileAt(path: string): FileStat | null {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return found?.isFile() ? toFileStat(found) : null;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return null;
  }
}

/** What JavaScript can date; some file systems store any 64 bits, and no database or format takes those. */
const latestNs = 8_640_000_000_000n * 1_000_000_000n;

function withinDates(ns: bigint): bigint {
  if (ns > latestNs) return latestNs;
  return ns < -latestNs ? -latestNs : ns;
}

/** Seconds since 1970 as records have them: truncated towards zero. */
export function wholeSeconds({ mtimeNs }: Pick<FileStat, 'mtimeNs'>): number {
  return Number(mtimeNs / 1_000_000_000n);
}
