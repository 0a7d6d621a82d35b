/**
 * Opens a file of the tree to be delivered. What was looked at may have been swapped since for something else, so what
 * counts is the open descriptor: a regular file that everybody may read, in the directory that was meant.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';
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

function openIn(base: string, path: TreePath): number | null {
  const { directory: parent, name } = split(path);
  try {
    return unlessNowhere(() => {
      const directory = TreeDirectory.open(base, parent);
      try {
        return openSync(directory.entry(name), openFlags);
      } finally {
        directory.close();
      }
    });
  } catch (error) {
    // A socket cannot be opened; a link, and a directory that moved, are no longer what was looked at.
    if (error instanceof DirectoryMoved || systemCode(error) === 'ENXIO') return null;
    throw error;
  }
}
