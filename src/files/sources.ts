/**
 * What lies on the disk of the records of a directory, for those who publish: which files everybody may see, in the
 * version that the record describes.
 */
import type { BigIntStats } from 'node:fs';
import { systemCode } from '../errors.js';
import type { CachedFile } from '../freshness.js';
import type { VanishedFile } from '../jobs.js';
import type { TreePath } from '../model.js';
import { signatureName } from '../paths.js';
import { lstatIn, toFileStat } from './file-stat.js';
import { isOpenFile, openToAll } from './open-to-all.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';

/**
 * `unsigned`: it is visible, and its signature is not (any more). `lost`: it is not there, or is no file any more.
 */
export type SourceState = 'visible' | 'unsigned' | 'hidden' | 'stale' | 'lost';

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
  if (typeof directory === 'string') return new Map([...records.keys()].map((name) => [name, directory]));
  try {
    return statesIn(directory, records);
  } finally {
    directory.close();
  }
}

function openSource(base: string, path: TreePath): TreeDirectory | 'lost' | 'hidden' {
  const open = openToAll(base, path);
  if (open !== null) return open;
  // Closed to others, or not there?
  try {
    TreeDirectory.open(base, path).close();
    return 'hidden';
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR') return 'lost';
    // Closed to everybody, and so to us.
    if (code === 'EACCES') return 'hidden';
    throw error;
  }
}

/** Through the descriptor, always: by its path it may be a file of another directory that is there just now. */
function statesIn(
  directory: TreeDirectory,
  records: ReadonlyMap<string, SourceRecord>,
): ReadonlyMap<string, SourceState> {
  const states = new Map<string, SourceState>();
  for (const [name, record] of records) {
    const state = stateOf(lstatIn(directory, name), record);
    const isUnsigned = state === 'visible' && record.signature !== null && !hasSignature(directory, name);
    states.set(name, isUnsigned ? 'unsigned' : state);
  }
  return states;
}

/** A record holds the text of a signature, whoever may read the file that it came from. */
function hasSignature(directory: TreeDirectory, name: string): boolean {
  const found = lstatIn(directory, signatureName(name));
  return found?.isFile() === true && isOpenFile(found);
}

function stateOf(found: BigIntStats | null, record: SourceRecord): SourceState {
  if (!found?.isFile()) return 'lost';
  if (!isOpenFile(found)) return 'hidden';
  const { size, mtimeNs } = toFileStat(found);
  return size === record.size && mtimeNs === record.mtimeNs ? 'visible' : 'stale';
}
