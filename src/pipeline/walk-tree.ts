/**
 * Walks the scopes of a run and hands each scan on as it comes.
 *
 * Level by level: all the directories of one depth are looked at side by side, and only their paths are kept. A
 * thread gets some of them at a time.
 */
import type { ScanDetail, ScanResult } from '../jobs.js';
import type { ScanPool } from './pools.js';
import type { Scope } from './scopes.js';

export interface WalkOptions {
  readonly scopes: readonly Scope[];
  readonly scans: ScanPool;
  readonly detail: ScanDetail;
  /** how many jobs are asked for at once */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onScan: (reply: ScanResult, scope: Scope) => void;
}

/** Directories in one job: more than a thread looks at before it replies. */
const largestBatch = 64;

export async function walkTree(options: WalkOptions): Promise<void> {
  let level: readonly Scope[] = options.scopes;
  while (level.length > 0 && !options.signal.aborted) level = await walkLevel(level, options);
}

/** @returns the directories of the next level */
async function walkLevel(level: readonly Scope[], options: WalkOptions): Promise<readonly Scope[]> {
  const { scans, detail, concurrency, signal, onScan } = options;
  // The first lie at the end, where taking them costs nothing.
  const waiting = [...level].reverse();
  const next: Scope[] = [];

  async function lane(): Promise<void> {
    while (waiting.length > 0 && !signal.aborted) {
      // Smaller ones at the end, so that all threads are done at about the same time.
      const share = Math.ceil(waiting.length / concurrency);
      const batch = waiting.splice(-Math.min(share, largestBatch)).reverse();
      const replies = await scans.walk({
        directories: batch.map(({ path, only }) => ({ path, only })),
        detail,
      });
      waiting.push(...batch.slice(replies.length).reverse());
      if (signal.aborted) return;
      for (const [index, scope] of batch.slice(0, replies.length).entries()) take(replies[index], scope);
    }
  }

  function take(reply: ScanResult | undefined, scope: Scope): void {
    if (reply === undefined) return;
    onScan(reply, scope);
    if (reply.status !== 'scanned' || !scope.recursive) return;
    for (const path of reply.subdirectories) next.push({ path, recursive: true, only: null });
  }

  await Promise.all(Array.from({ length: Math.min(concurrency, level.length) }, lane));
  return next;
}
