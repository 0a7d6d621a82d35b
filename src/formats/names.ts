/** What artifacts call a file: its own name, without directories. */
import type { TreePath } from '../model.js';

export function nameOf(path: TreePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
