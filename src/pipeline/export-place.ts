/**
 * Where an export may write: beside the files when that is asked for, else nowhere near the tree.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MirrorhashError, reasonOf } from '../errors.js';
import { shareMade } from '../files/made-directory.js';
import { TreeDirectory } from '../files/tree-directory.js';
import { relativeTo } from '../paths.js';
import type { StatePlace } from './state.js';

export function manifestFile(directory: string): string {
  return join(directory, 'exports.db');
}

/**
 * @param out absolute, without symbolic links; need not exist
 * @throws MirrorhashError USAGE when outputs would lie in the tree, around it, or among our own databases
 */
export function checkOut(out: string, { base, directory }: StatePlace): void {
  if (out === base) {
    throw new MirrorhashError('USAGE', `${out} is the tree itself`, {
      hint: 'to have the files written into the tree, beside those that they describe, say --in-place instead of --to',
    });
  }
  if (relativeTo(base, out) !== null) {
    throw new MirrorhashError('USAGE', `${out} lies inside the tree ${base}`, {
      hint: 'name a directory outside with --to, or write beside the files with --in-place',
    });
  }
  for (const [what, other] of [
    ['tree', base],
    ['state', directory],
  ] as const) {
    if (relativeTo(out, other) !== null || relativeTo(other, out) !== null) {
      throw new MirrorhashError('USAGE', `${out} and the ${what} ${other} lie one inside the other`, {
        hint: 'name a directory of its own with --to',
      });
    }
  }
}

/** One by one: Node's recursive way never ends where the system says that an existing parent is not there (/proc). */
function makeWithParents(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(directory) !== directory) makeWithParents(dirname(directory));
  mkdirSync(directory);
  openToAll(directory);
}

function openToAll(made: string): void {
  const directory = TreeDirectory.open(made, '');
  try {
    shareMade(directory);
  } finally {
    directory.close();
  }
}

/** @throws MirrorhashError OUTPUT_UNUSABLE */
export function makeOut(out: string): void {
  try {
    makeWithParents(out);
  } catch (error) {
    throw new MirrorhashError('OUTPUT_UNUSABLE', `cannot make the directory ${out}: ${reasonOf(error)}`, {
      hint: 'name a directory that you may write with --to <dir>',
      cause: error,
    });
  }
}
