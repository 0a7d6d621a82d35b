/**
 * Forgets what left the tree, with the guards of promise 2.
 *
 * The walk names records whose file or directory it did not find in a place that it saw completely. Here each is
 * looked for once more, all are counted against the limit, and only then is anything deleted.
 */
import { setImmediate } from 'node:timers/promises';
import { presenceOf } from '../files/presence.js';
import type { VanishedFile } from '../jobs.js';
import type { FileEvent, NoticeEvent, TreePath } from '../model.js';
import type { Limit } from '../quantities.js';
import type { Cache } from '../store/cache.js';
import type { CacheReader } from '../store/cache-reader.js';

/** By default a run may forget this many files without asking, and half of them when that is more. */
const harmless = 100;

/** What the walk did not find. */
export interface Missing {
  readonly files: VanishedFile[];
  readonly directories: TreePath[];
}

export interface GuardFacts {
  readonly base: string;
  /** records in what was walked */
  readonly known: number;
  /** files found by the walk */
  readonly seen: number;
  /** null: the default */
  readonly maxDelete: Limit | null;
}

export interface Victim extends VanishedFile {
  readonly path: TreePath;
  readonly size: number;
}

/** Records whose file is really gone. */
export async function confirmMissing(cache: CacheReader, base: string, missing: Missing): Promise<Victim[]> {
  const files = [...missing.files];
  for (const directory of missing.directories)
    for (const file of cache.filesBelow(directory)) files.push(file);
  const victims: Victim[] = [];
  const seen = new Set<number>();
  for (const [index, file] of files.entries()) {
    // The main thread also serves locks and progress.
    if (index % 500 === 499) await setImmediate();
    const located = cache.located(file);
    if (located === null || seen.has(file.id)) continue;
    seen.add(file.id);
    if (isGone(base, located.path)) victims.push({ ...file, ...located });
  }
  return victims;
}

/** Why nothing may be deleted, or null when it may. */
export function guard(victims: number, facts: GuardFacts): NoticeEvent | null {
  const { known, seen, maxDelete, base } = facts;
  if (victims === 0) return null;
  const isMeant = maxDelete?.kind === 'share' && maxDelete.percent === 100;
  if (seen === 0 && !isMeant) {
    return refusal(
      `all ${known} known files are gone from ${base}: is the file system mounted? nothing was deleted`,
    );
  }
  if (victims <= limitOf(known, maxDelete)) return null;
  return refusal(
    `${victims} of ${known} known files are gone from ${base}, more than --max-delete allows: nothing was deleted`,
  );
}

export async function prune(
  cache: Cache,
  victims: readonly Victim[],
  emit: (event: FileEvent) => void,
): Promise<void> {
  for (let start = 0; start < victims.length; start += 500) {
    const group = victims.slice(start, start + 500);
    cache.remove(group);
    for (const victim of group) emit(prunedEvent(victim));
    await setImmediate();
  }
}

export function prunedEvent({ path, size }: Victim): FileEvent {
  return { event: 'file', outcome: 'pruned', path, size };
}

/** The base is not the directory that was walked: what was missed there tells nothing. */
export function baseLost(base: string): NoticeEvent {
  const message = `${base} was unmounted or replaced during the run: nothing was deleted`;
  return { ...refusal(message), hint: 'run again when it is back' };
}

/** How many of the known files may be forgotten at once. */
export function limitOf(known: number, maxDelete: Limit | null): number {
  if (maxDelete === null) return Math.max(harmless, known / 2);
  return maxDelete.kind === 'count' ? maxDelete.count : (known * maxDelete.percent) / 100;
}

function refusal(message: string): NoticeEvent {
  return {
    event: 'notice',
    level: 'fatal',
    code: 'DELETE_GUARD',
    message,
    hint: 'if that is meant, run again with --max-delete 100%',
  };
}

/** A file that became something else is gone, too. */
function isGone(base: string, path: TreePath): boolean {
  const presence = presenceOf(base, path);
  return presence !== 'file' && presence !== 'unknown';
}
