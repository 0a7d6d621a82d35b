/**
 * Cache → redirector: brings a redirector's database to what the cache knows.
 *
 * What changed is found by the sequence numbers of the cache, so a sync costs what changed. A target that was made
 * anew, emptied or restored from a backup, or that missed expired tombstones, is compared in full. One sync at a
 * time per target: an older row must never overwrite a newer one.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { MirrorhashError } from '../errors.js';
import type { Lock, Locks } from '../files/lock.js';
import { presenceOf } from '../files/presence.js';
import type { SyncResult, TreePath } from '../model.js';
import { isWithin } from '../paths.js';
import type { Limit } from '../quantities.js';
import type { Cache } from '../store/cache.js';
import type { Change } from '../store/cache-reader.js';
import { differingColumns, type Redirector, type RedirectorRow, toRow } from '../store/redirector.js';
import { limitOf } from './prune.js';
import type { RecentChanges } from './recent-changes.js';

/** One transaction of the target. */
const batchRows = 500;
/** bytes of sums in one transaction */
const batchBytes = 16 * 1024 * 1024;
/** How many of the last changes are looked at to tell whether the target still holds them. */
const probed = 100;
/** Milliseconds between two tries for the lock. */
const retryEvery = 100;
/** Milliseconds after which people are told that the run waits, and after which it gives up. */
const silentWait = 5_000;
const longestWait = 300_000;

export interface SyncParts {
  readonly cache: Cache;
  /** those that every other sync of the same target asks */
  readonly locks: Locks;
  readonly target: Redirector;
  /** the tree, absolute */
  readonly base: string;
  readonly signal: AbortSignal;
  /** changes that need not be read from the cache */
  readonly recent?: RecentChanges;
  /** told once when another sync of the target keeps this one waiting */
  readonly onWait?: (message: string) => void;
}

export class Sync {
  private upserted = 0;
  private deleted = 0;
  private trusted = false;
  private completed = false;

  constructor(private readonly parts: SyncParts) {}

  /** Null until a sync ran to its end. */
  get result(): SyncResult | null {
    if (!this.completed) return null;
    return { redirector: this.parts.target.name, upserted: this.upserted, deleted: this.deleted };
  }

  /** Writes what the target has not seen yet. */
  async run(): Promise<void> {
    await this.locked(async () => {
      if ((this.trusted && this.seesTombstones()) || (await this.isContinuation())) await this.advance();
      else await this.repair();
    });
  }

  /**
   * Compares every record, and removes rows at and below `path` that no record stands for and whose file is gone from
   * the disk.
   *
   * @param maxDelete how many rows may go; null: the default of `hash`
   * @throws MirrorhashError DELETE_GUARD before the first of them is removed
   */
  async runFull(path: TreePath, maxDelete: Limit | null): Promise<void> {
    await this.locked(async () => {
      const until = await this.compare();
      await this.removeOrphans(path, maxDelete);
      await this.moveTo(until);
    });
  }

  private async locked(work: () => Promise<void>): Promise<void> {
    const lock = await this.acquire();
    if (lock === null) return;
    try {
      await work();
      this.trusted = true;
      this.completed = !this.parts.signal.aborted;
    } finally {
      this.parts.locks.release([lock]);
    }
  }

  /** Null when the run was interrupted meanwhile. */
  private async acquire(): Promise<Lock | null> {
    const started = performance.now();
    let told = false;
    for (;;) {
      const lock = this.parts.locks.acquire(`redirector ${this.parts.target.name}`);
      if (lock !== null || this.parts.signal.aborted) return lock;
      const waited = performance.now() - started;
      if (waited > longestWait) throw tooLong(this.parts.target.name);
      if (waited > silentWait && !told) {
        told = true;
        this.parts.onWait?.(`waiting for another run that syncs ${this.parts.target.name}`);
      }
      await setTimeout(retryEvery);
    }
  }

  /** Whether the target still is what the last sync left. */
  private async isContinuation(): Promise<boolean> {
    const position = this.position();
    if (position === null || position.identity !== (await this.parts.target.identity())) return false;
    if (position.sequence > this.parts.cache.lastSequence() || position.sequence < this.parts.cache.horizon())
      return false;
    return this.probe(position.sequence);
  }

  /** Whether no tombstone has expired that the target has not seen. */
  private seesTombstones(): boolean {
    return (this.position()?.sequence ?? 0) >= this.parts.cache.horizon();
  }

  private async probe(sequence: number): Promise<boolean> {
    const rows = this.parts.cache.changesUpTo(sequence, probed).map(({ record }) => toRow(record));
    const gone = this.parts.cache.tombstonesUpTo(sequence, probed).map(({ path }) => path);
    const found = await this.parts.target.fetch([...rows.map((row) => row.path), ...gone]);
    return rows.every((row) => isSame(row, found.get(row.path))) && gone.every((path) => !found.has(path));
  }

  /** From the last position to the present. */
  private async advance(): Promise<void> {
    const from = this.position()?.sequence ?? 0;
    const until = this.parts.cache.lastSequence();
    // All deletes first: then the position may follow the upserts batch by batch.
    await this.removeGone(from, until);
    await this.eachChange(from, until, async (rows, sequence) => {
      await this.upsert(rows);
      await this.moveTo(sequence);
    });
    await this.moveTo(until);
    this.parts.recent?.drop(until);
  }

  /** A target that is new, was changed by others, or missed tombstones that are no longer there. */
  private async repair(): Promise<void> {
    const position = this.position();
    const missedTombstones = position !== null && position.sequence < this.parts.cache.horizon();
    const until = await this.compare();
    if (missedTombstones) await this.removeOrphans('', null);
    await this.moveTo(until);
  }

  /**
   * Everything that the cache knows, without believing in any position.
   *
   * @returns the position to move to when all else is done, too
   */
  private async compare(): Promise<number> {
    const until = this.parts.cache.lastSequence();
    await this.removeGone(0, until);
    await this.eachChange(0, until, async (rows) => {
      const found = await this.parts.target.fetch(rows.map((row) => row.path));
      await this.upsert(rows.filter((row) => !isSame(row, found.get(row.path))));
    });
    return until;
  }

  private async eachChange(
    from: number,
    until: number,
    handle: (rows: readonly RedirectorRow[], sequence: number) => Promise<void>,
  ): Promise<void> {
    let at = from;
    while (at < until && !this.parts.signal.aborted) {
      const changes = this.changesAfter(at).filter(({ sequence }) => sequence <= until);
      const last = changes.at(-1);
      if (last === undefined) return;
      await handle(
        changes.map(({ record }) => toRow(record)),
        last.sequence,
      );
      at = last.sequence;
      // The main thread also serves locks and progress.
      await setImmediate();
    }
  }

  private changesAfter(sequence: number): readonly Change[] {
    const { cache, recent } = this.parts;
    return recent?.after(sequence, batchRows) ?? cache.changesAfter(sequence, batchRows, batchBytes);
  }

  private async removeGone(from: number, until: number): Promise<void> {
    let at = from;
    while (at < until) {
      const gone = this.parts.cache
        .tombstonesAfter(at, batchRows)
        .filter(({ sequence }) => sequence <= until);
      const last = gone.at(-1);
      if (last === undefined) return;
      // One of them may have been removed after it was put.
      this.parts.recent?.clear();
      this.deleted += await this.parts.target.remove(gone.map(({ path }) => path));
      at = last.sequence;
      await setImmediate();
    }
  }

  private async removeOrphans(within: TreePath, maxDelete: Limit | null): Promise<void> {
    const { target, base } = this.parts;
    const { rows, orphans } = await this.findOrphans(within);
    if (orphans.length > limitOf(rows, maxDelete)) {
      throw new MirrorhashError(
        'DELETE_GUARD',
        `${orphans.length} of ${rows} rows in ${target.name} have no file in ${base}: none was removed`,
        { hint: 'if that is meant, run mirrorhash sync --full on the tree with --max-delete 100%' },
      );
    }
    for (let start = 0; start < orphans.length; start += batchRows) {
      this.deleted += await target.remove(orphans.slice(start, start + batchRows));
      await setImmediate();
    }
  }

  private async findOrphans(
    within: TreePath,
  ): Promise<{ readonly rows: number; readonly orphans: TreePath[] }> {
    const { target, cache, base, signal } = this.parts;
    const orphans: TreePath[] = [];
    let rows = 0;
    let after = '';
    while (!signal.aborted) {
      const paths = await target.paths(after, batchRows);
      const last = paths.at(-1);
      if (last === undefined) return { rows, orphans };
      rows += paths.length;
      for (const path of paths) {
        const hasRecord = !isWithin(path, within) || cache.fileAt(path) !== null;
        if (!hasRecord && presenceOf(base, path) === 'nothing') orphans.push(path);
      }
      after = last;
      await setImmediate();
    }
    return { rows, orphans: [] };
  }

  private async upsert(rows: readonly RedirectorRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.parts.target.upsert(rows);
    this.upserted += rows.length;
  }

  private position(): { readonly identity: string; readonly sequence: number } | null {
    return this.parts.cache.targets().find(({ name }) => name === this.parts.target.name) ?? null;
  }

  private async moveTo(sequence: number): Promise<void> {
    if (this.parts.signal.aborted) return;
    const identity = await this.parts.target.identity();
    const position = this.position();
    if (position?.sequence === sequence && position.identity === identity) return;
    this.parts.cache.setTarget({ name: this.parts.target.name, identity, sequence });
  }
}

function tooLong(name: string): MirrorhashError {
  return new MirrorhashError('REDIRECTOR_UNUSABLE', `another run has been syncing ${name} for minutes`, {
    hint: 'if that run hangs, end it; the next sync catches up without reading a file',
  });
}

function isSame(row: RedirectorRow, there: RedirectorRow | undefined): boolean {
  return there !== undefined && differingColumns(row, there).length === 0;
}
