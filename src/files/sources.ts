/**
 * What lies on the disk of the records of a directory, for those who publish: which files everybody may see, in the
 * version that the record describes.
 */
import type { BigIntStats } from 'node:fs';
import { lstatSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { CachedFile } from '../freshness.js';
import type { VanishedFile } from '../jobs.js';
import type { TreePath } from '../model.js';
import { lstatIn, toFileStat } from './file-stat.js';
import { isOpenDirectory, isOpenFile } from './open-to-all.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';

/** `lost`: it is not there, or is no file any more. */
export type SourceState = 'visible' | 'hidden' | 'stale' | 'lost';

export interface SourceRecord extends CachedFile, VanishedFile {}

/**
 * The state of each record, by name.
 *
 * @param base of the tree: absolute, without symbolic links
 * @param records of the directory
 * @throws the system's error when the directory cannot be looked into
 */
export function sourceStates(
  base: string,
  path: TreePath,
  records: ReadonlyMap<string, SourceRecord>,
): ReadonlyMap<string, SourceState> {
  if (records.size === 0) return new Map();
  const directory = openSource(base, path);
  const all = (state: SourceState): ReadonlyMap<string, SourceState> =>
    new Map([...records.keys()].map((name) => [name, state]));
  if (typeof directory === 'string') return all(directory);
  try {
    if (!isOpenDirectory(base, path)) return all('hidden');
    const device = directory.device();
    const states = new Map<string, SourceState>();
    for (const [name, record] of records)
      states.set(name, stateOf(lookAt(directory, device, name, record), record));
    return states;
  } finally {
    directory.close();
  }
}

function openSource(base: string, path: TreePath): TreeDirectory | 'lost' | 'hidden' {
  try {
    return TreeDirectory.open(base, path);
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR') return 'lost';
    // Closed to everybody, and so to us.
    if (code === 'EACCES' && !isOpenDirectory(base, path)) return 'hidden';
    throw error;
  }
}

/**
 * By its path first, which costs less than the way through the descriptor: a file of the record's own device and inode
 * is the one that is meant, whichever way led to it.
 */
function lookAt(
  directory: TreeDirectory,
  device: bigint,
  name: string,
  { inode }: SourceRecord,
): BigIntStats | null {
  const found = lstatSync(`${directory.path}/${name}`, { bigint: true, throwIfNoEntry: false });
  if (found !== undefined && found.dev === device && found.ino.toString() === inode) return found;
  return lstatIn(directory, name);
}

function stateOf(found: BigIntStats | null, record: SourceRecord): SourceState {
  if (!found?.isFile()) return 'lost';
  if (!isOpenFile(found)) return 'hidden';
  const { size, mtimeNs } = toFileStat(found);
  return size === record.size && mtimeNs === record.mtimeNs ? 'visible' : 'stale';
}
