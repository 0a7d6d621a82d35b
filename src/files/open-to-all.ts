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
import { absolute } from '../paths.js';

const othersMayEnter = 0o001;
const othersMayRead = 0o004;

/** Whether others may enter the base and every directory down to this one; links on the way are no directories. */
export function isOpenDirectory(base: string, path: TreePath): boolean {
  const parts = path === '' ? [] : path.split('/');
  const down = ['', ...parts.map((_, index) => parts.slice(0, index + 1).join('/'))];
  return down.every((directory) => isEnterable(absolute(base, directory)));
}

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
