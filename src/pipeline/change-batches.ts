/**
 * Changes of the cache, in the batches that a redirector takes.
 */
import { setImmediate } from 'node:timers/promises';
import { weightOf } from '../store/cache.js';
import type { CacheReader, Change } from '../store/cache-reader.js';
import type { Redirector } from '../store/redirector.js';
import type { RecentChanges } from './recent-changes.js';

/** Records read in one go. */
const portion = 500;

export interface ChangeSource {
  readonly cache: CacheReader;
  /** changes that need not be read from the cache */
  readonly recent: RecentChanges | null;
  /** the last change that is wanted */
  readonly until: number;
  readonly rules: Redirector['batch'];
  readonly signal: AbortSignal;
}

/** Read in portions: the main thread also serves locks, progress and the connection. Empty at the end. */
export async function nextBatch(source: ChangeSource, after: number): Promise<readonly Change[]> {
  const { cache, recent, until, rules, signal } = source;
  const batch: Change[] = [];
  let [at, held] = [after, 0];
  while (at < until && batch.length < rules.rows && held < rules.bytes && !signal.aborted) {
    const most = Math.min(portion, rules.rows - batch.length);
    const changes = recent?.after(at, most) ?? cache.changesAfter(at, most, rules.bytes - held);
    for (const change of changes) {
      if (change.sequence > until) return batch;
      batch.push(change);
      held += weightOf({ kind: 'put', record: change.record });
    }
    const last = changes.at(-1);
    if (last === undefined) return batch;
    at = last.sequence;
    await setImmediate();
  }
  return batch;
}
