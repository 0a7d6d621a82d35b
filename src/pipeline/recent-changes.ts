/**
 * The changes that this run committed last, kept for the next sync: it need not read them from the cache again.
 *
 * One unbroken stretch of the sequence and no more. Where another process wrote in between, or where too much
 * gathered, the sync reads from the cache, which always has everything.
 */
import { type CacheChange, weightOf } from '../store/cache.js';
import type { Change } from '../store/cache-reader.js';

const mostChanges = 10_000;
/** bytes of sums and signatures */
const mostBytes = 32 * 1024 * 1024;

export class RecentChanges {
  private changes: Change[] = [];
  private bytes = 0;

  /** @param before number of the newest change before these */
  add(before: number, committed: readonly CacheChange[]): void {
    if (this.changes.at(-1)?.sequence !== before) this.clear();
    const records = committed.flatMap((change) => (change.kind === 'put' ? [change.record] : []));
    // Of the others the record is not at hand as a whole.
    if (records.length < committed.length) this.clear();
    else for (const [index, record] of records.entries()) this.push({ sequence: before + 1 + index, record });
    if (this.changes.length > mostChanges || this.bytes > mostBytes) this.clear();
  }

  /** How many there are. */
  get length(): number {
    return this.changes.length;
  }

  /** Whether there is half of what is kept, and a sync should take them. */
  get isHalfFull(): boolean {
    return this.changes.length > mostChanges / 2 || this.bytes > mostBytes / 2;
  }

  /** The changes after `sequence`, at most `limit`; null when they are not known from there on. */
  after(sequence: number, limit: number): readonly Change[] | null {
    const [oldest] = this.changes;
    if (oldest === undefined || oldest.sequence > sequence + 1) return null;
    const start = sequence + 1 - oldest.sequence;
    return start >= this.changes.length ? null : this.changes.slice(start, start + limit);
  }

  /** Forgets everything up to `sequence`. */
  drop(sequence: number): void {
    const kept = this.changes.filter((change) => change.sequence > sequence);
    this.clear();
    for (const change of kept) this.push(change);
  }

  clear(): void {
    this.changes = [];
    this.bytes = 0;
  }

  private push(change: Change): void {
    this.changes.push(change);
    this.bytes += weightOf({ kind: 'put', record: change.record });
  }
}
