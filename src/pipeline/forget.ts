/**
 * Drops records that pruning never would: of files that are excluded now, say. Nothing on the disk is touched; a
 * file that is still wanted is new to the next run.
 */
import type { VanishedFile } from '../jobs.js';
import type { FileEvent, TreePath } from '../model.js';
import type { Cache } from '../store/cache.js';
import type { CacheReader } from '../store/cache-reader.js';
import { prune, prunedEvent, type Victim } from './prune.js';

export interface ForgetResult {
  readonly forgotten: number;
  /** paths for which there was no record */
  readonly unknown: readonly TreePath[];
}

/**
 * @param paths files, or directories with everything below
 * @param writer null: tell only
 */
export async function forget(
  cache: CacheReader,
  writer: Cache | null,
  paths: readonly TreePath[],
  emit: (event: FileEvent) => void,
): Promise<ForgetResult> {
  const victims = new Map<number, Victim>();
  const unknown: TreePath[] = [];
  for (const path of paths) {
    const files = recordsAt(cache, path);
    if (files.length === 0) unknown.push(path);
    for (const file of files) {
      const located = cache.located(file);
      if (located !== null) victims.set(file.id, { ...file, ...located });
    }
  }
  const all = [...victims.values()];
  if (writer !== null) await prune(writer, all, emit);
  else for (const victim of all) emit(prunedEvent(victim));
  return { forgotten: all.length, unknown };
}

function recordsAt(cache: CacheReader, path: TreePath): readonly VanishedFile[] {
  const file = path === '' ? null : cache.fileAt(path);
  return file === null ? cache.filesBelow(path) : [file, ...cache.filesBelow(path)];
}
