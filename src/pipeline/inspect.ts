/**
 * What is known about one file, and whether it still is that file.
 */
import { lstatSync } from 'node:fs';
import { MirrorhashError, reasonOf, systemCode } from '../errors.js';
import { toFileStat } from '../files/file-stat.js';
import type { FileRecord, TreePath } from '../model.js';
import { absolute } from '../paths.js';
import type { CacheReader } from '../store/cache-reader.js';

export type FileState =
  | { readonly state: 'current'; readonly record: FileRecord }
  | { readonly state: 'unknown' }
  /** there is a record, but of another version of the file, or of a file that is gone */
  | { readonly state: 'stale'; readonly why: string };

export function inspectFile(cache: CacheReader, base: string, path: TreePath): FileState {
  const record = cache.record(path);
  if (record === null) return { state: 'unknown' };
  const found = lstat(absolute(base, path));
  if (found === undefined) return { state: 'stale', why: 'the file is gone' };
  if (!found.isFile()) return { state: 'stale', why: 'it is no longer a regular file' };
  const stat = toFileStat(found);
  if (stat.size !== record.size) return { state: 'stale', why: 'its size changed since it was hashed' };
  if (stat.mtimeNs !== record.mtimeNs)
    return { state: 'stale', why: 'its mtime changed since it was hashed' };
  return { state: 'current', record };
}

function lstat(path: string) {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw new MirrorhashError('NO_SUCH_PATH', `cannot look at ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
