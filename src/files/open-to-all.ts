/**
 * What everybody may see: files that are world-readable, below directories that everybody may enter.
 *
 * Releases are staged in directories of mode 0750 until their hour. The program that publishes may read them (it runs
 * as root, say), so it asks the permission bits what others may do, and not the system what it may do itself. The
 * base is asked as any directory below it.
 */
import { lstatSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { TreePath } from '../model.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';

const othersMayEnter = 0o001;
const othersMayRead = 0o004;

/** Whether others may enter and list a directory. @param mode as `stat` tells it */
export function isListable({ mode }: { readonly mode: number | bigint }): boolean {
  const wanted = othersMayEnter | othersMayRead;
  return (Number(mode) & wanted) === wanted;
}

/** @param mode as `stat` tells it */
export function isOpenFile({ mode }: { readonly mode: number | bigint }): boolean {
  return (Number(mode) & othersMayRead) !== 0;
}

/** Whether others may enter this one directory, whatever leads to it. @param path absolute */
export function isEnterable(path: string): boolean {
  return enterableSince(path) !== null;
}

/**
 * Opens a directory when others may enter the base and every directory down to it; links on the way are no directories.
 *
 * Each is opened through the one above it, and it is the open one that is asked: two directories that somebody swaps
 * all the time would show the permissions of the one and the files of the other.
 */
export function openToAll(base: string, path: TreePath): TreeDirectory | null {
  let at = enterable(() => TreeDirectory.open(base, ''));
  for (const name of path === '' ? [] : path.split('/')) {
    const above = at;
    if (above === null) return null;
    try {
      at = enterable(() => above.below(name));
    } finally {
      above.close();
    }
  }
  return at;
}

/** The mtime of a directory that others may enter, in milliseconds with fractions; null: they may not. */
export function enterableSince(path: string): number | null {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isDirectory() === true && (found.mode & othersMayEnter) !== 0 ? found.mtimeMs : null;
  } catch (error) {
    // What cannot be looked at is not shown.
    if (systemCode(error) === null) throw error;
    return null;
  }
}

/** The directory, when others may enter it. What cannot be looked at is not shown. */
function enterable(open: () => TreeDirectory): TreeDirectory | null {
  const directory = unlessHidden(open);
  if (directory === null || (directory.stat().mode & othersMayEnter) !== 0) return directory;
  directory.close();
  return null;
}

function unlessHidden(open: () => TreeDirectory): TreeDirectory | null {
  try {
    return open();
  } catch (error) {
    const code = systemCode(error);
    // That we can open no more tells nothing of the directory.
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    if (error instanceof DirectoryMoved || code !== null) return null;
    throw error;
  }
}
