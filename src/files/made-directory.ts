/**
 * Opens a directory that was just made to everybody, whatever the umask is.
 *
 * By descriptor, and only while it is empty: whoever may write above it could have put a link there by now, or swapped it
 * for a directory that is nobody's business.
 */
import { chmodSync, readdirSync } from 'node:fs';
import { DirectoryMoved, type TreeDirectory } from './tree-directory.js';

const mode = 0o755;

/** @throws DirectoryMoved when it is not the one that was made */
export function shareMade(made: TreeDirectory): void {
  if (readdirSync(made.self).length > 0) throw new DirectoryMoved(`${made.path} was swapped for another one`);
  chmodSync(made.self, mode);
}
