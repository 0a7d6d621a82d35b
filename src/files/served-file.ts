/**
 * Opens a file of the tree to be delivered. What was looked at may have been swapped since for something else, so what
 * counts is the open descriptor: a regular file that everybody may read, in the directory that was meant.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { lstatIn } from './file-stat.js';
import { openToAll } from './open-to-all.js';
import { unlessNowhere, type VisibleFile, visible } from './visible-tree.js';

/** An open file; whoever gets it closes the descriptor. */
export interface ServedFile extends VisibleFile {
  readonly descriptor: number;
}

/** O_NONBLOCK: a FIFO put in the file's place must not hang us. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * @param path of a file that everybody may see, without links
 * @returns null when it is gone, or is another thing by now
 * @throws the system's error when the disk fails, or no more files can be opened
 */
export function openServed(base: string, path: TreePath): ServedFile | null {
  const descriptor = openIn(base, path);
  if (descriptor === null) return null;
  try {
    const found = visible(path, fstatSync(descriptor, { bigint: true }));
    if (found?.kind === 'file') return { ...found, descriptor };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  closeSync(descriptor);
  return null;
}

/**
 * Whether a file that was looked at is still there for everybody to see, and the same one: asked before it is told what
 * only a record knows of it. A glance by path may have had its directory swapped under it for one that is hidden.
 */
export function isStillVisible(base: string, { path, stat }: VisibleFile): boolean {
  const { directory: parent, name } = split(path);
  const directory = openToAll(base, parent);
  if (directory === null) return false;
  try {
    const found = unlessNowhere(() => lstatIn(directory, name));
    const isSame = found?.ino === stat.inode && found.dev === stat.device;
    return isSame && visible(path, found)?.kind === 'file';
  } finally {
    directory.close();
  }
}

function openIn(base: string, path: TreePath): number | null {
  const { directory: parent, name } = split(path);
  const directory = openToAll(base, parent);
  if (directory === null) return null;
  try {
    return unlessNowhere(() => openSync(directory.entry(name), openFlags));
  } catch (error) {
    // A socket cannot be opened.
    if (systemCode(error) === 'ENXIO') return null;
    throw error;
  } finally {
    directory.close();
  }
}
