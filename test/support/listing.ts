import { lstatSync } from 'node:fs';
import { toFileStat } from '../../src/files/file-stat.js';
import { TreeDirectory } from '../../src/files/tree-directory.js';
import { type KnownFile, type Listing, listDirectory } from '../../src/files/walk.js';
import type { FileStat } from '../../src/model.js';

/** A file's stat as the walk takes it. */
export function statFile(path: string | Buffer): FileStat {
  return toFileStat(lstatSync(path, { bigint: true }));
}

/** Does something in a directory of a tree, and closes it. */
export function inDirectory<T>(base: string, path: string, work: (directory: TreeDirectory) => T): T {
  const directory = TreeDirectory.open(base, path);
  try {
    return work(directory);
  } finally {
    directory.close();
  }
}

/** What lies in one directory of a tree. */
export function list(
  base: string,
  path = '',
  only: readonly string[] | null = null,
  known: ReadonlyMap<string, KnownFile> = new Map(),
): Listing {
  return inDirectory(base, path, (directory) => listDirectory(directory, base, path, only, known));
}

/** What somebody without privileges meets, as a word: the outcome, or the code of the error. */
export function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  }
}
