/**
 * Rows of a redirector that no record stands for and whose file is gone from the disk.
 */
import { existsSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { MirrorhashError } from '../errors.js';
import { presenceOf } from '../files/presence.js';
import type { TreePath } from '../model.js';
import { isTreePath, isWithin } from '../paths.js';
import type { Limit } from '../quantities.js';
import type { CacheReader } from '../store/cache-reader.js';
import type { Redirector } from '../store/redirector.js';
import { limitOf } from './prune.js';

export interface Orphans {
  /** how many rows were looked at */
  readonly rows: number;
  readonly orphans: readonly TreePath[];
}

/** Paths looked at in one go. */
const portion = 500;

/** @param within only rows at and below this path */
export async function findOrphans(
  redirector: Redirector,
  cache: CacheReader,
  base: string,
  within: TreePath,
  signal: AbortSignal,
): Promise<Orphans> {
  const orphans: TreePath[] = [];
  let rows = 0;
  let after = '';
  while (!signal.aborted) {
    const paths = await redirector.paths(after, portion);
    const last = paths.at(-1);
    if (last === undefined) return { rows, orphans };
    // Others may list anything; what is no path below the base is theirs.
    const ours = paths.filter((path) => isWithin(path, within) && isTreePath(path));
    rows += ours.length;
    for (const path of ours) {
      if (cache.fileAt(path) === null && presenceOf(base, path) === 'nothing') orphans.push(path);
    }
    after = last;
    await setImmediate();
  }
  return { rows, orphans: [] };
}

/**
 * An empty tree is one that is not mounted, until somebody says otherwise.
 *
 * @throws MirrorhashError DELETE_GUARD
 */
export function refuseTooMany(
  { rows, orphans }: Orphans,
  name: string,
  base: string,
  maxDelete: Limit | null,
): void {
  const isMeant = maxDelete?.kind === 'share' && maxDelete.percent === 100;
  const isUnmounted = orphans.length > 0 && !isMeant && isEmpty(base);
  if (orphans.length <= limitOf(rows, maxDelete) && !isUnmounted) return;
  throw new MirrorhashError(
    'DELETE_GUARD',
    `${orphans.length} of ${rows} rows in ${name} have no file in ${base}: none was removed`,
    { hint: 'if that is meant, run mirrorhash sync --full on the tree with --max-delete 100%' },
  );
}

function isEmpty(directory: string): boolean {
  return !existsSync(directory) || readdirSync(directory).length === 0;
}
