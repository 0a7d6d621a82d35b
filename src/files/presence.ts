/**
 * What is at a path of the tree now: asked before something is forgotten, or when a list names it.
 *
 * Links are not followed: below a directory that became a link nothing is in the tree any more.
 */
import { systemCode } from '../errors.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { lstatIn } from './file-stat.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';

/** `unknown`: it may not be looked at. Not to be seen is not to be gone. */
export type Presence = 'file' | 'directory' | 'other' | 'nothing' | 'unknown';

export function presenceOf(base: string, path: TreePath): Presence {
  if (path === '') return 'directory';
  const { directory: parent, name } = split(path);
  try {
    const directory = TreeDirectory.open(base, parent);
    try {
      const found = lstatIn(directory, name);
      if (found === null) return 'nothing';
      if (found.isFile()) return 'file';
      return found.isDirectory() ? 'directory' : 'other';
    } finally {
      directory.close();
    }
  } catch (error) {
    const code = systemCode(error);
    const isNothing = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
    if (error instanceof DirectoryMoved || isNothing) return 'nothing';
    if (code !== null) return 'unknown';
    throw error;
  }
}
