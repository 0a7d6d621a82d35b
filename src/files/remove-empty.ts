/**
 * Removes directories that an export made and that hold nothing any more.
 */
import { systemCode } from '../errors.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { OutputDirectory } from './output-directory.js';
import { DirectoryMoved } from './tree-directory.js';

/**
 * @param root of the outputs: absolute, without symbolic links
 * @param paths the deepest first
 * @returns those that are gone now
 */
export function removeEmpty(root: string, paths: readonly TreePath[]): readonly TreePath[] {
  return paths.filter((path) => {
    const { directory, name } = split(path);
    const above = openAbove(root, directory);
    if (above === 'blocked') return false;
    try {
      return above === null || above.removeDirectory(name);
    } catch (error) {
      // It is no output: it stays, and is tried again.
      if (!unremovable.has(systemCode(error) ?? '')) throw error;
      return false;
    } finally {
      above?.close();
    }
  });
}

const unremovable: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);

function openAbove(root: string, path: TreePath): OutputDirectory | null | 'blocked' {
  try {
    return OutputDirectory.open(root, path);
  } catch (error) {
    if (error instanceof DirectoryMoved || systemCode(error) === 'EACCES') return 'blocked';
    throw error;
  }
}
