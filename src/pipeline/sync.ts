/**
 * Cache → redirector: brings a redirector's database to what the cache knows.
 *
 * What changed is found by the sequence numbers of the cache, so a sync costs what changed. A target that was made
 * anew, emptied or restored from a backup, or that missed expired tombstones, is compared in full. One sync at a
 * time per target: an older row must never overwrite a newer one.
 */
import { lstatSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Lock, Locks } from '../files/lock.js';
import type { SyncResult, TreePath } from '../model.js';
import { absolute, isWithin } from '../paths.js';
import type { Cache } from '../store/cache.js';
import { differingColumns, type Redirector, type RedirectorRow, toRow } from '../store/redirector.js';

/** One transaction of the target. */
const batchRows = 500;
/** bytes of sums in one transaction */
const batchBytes = 16 * 1024 * 1024;
/** How many of the last changes are looked at to tell whether the target still holds them. */
const probed = 100;
/** Milliseconds between two tries for the lock. */
const patience = 100;

export class Sync {
  private upserted = 0;
  private deleted = 0;
  private trusted = false;
  private completed = false;

  /** @param locks those that every other sync of the same target asks */
  constructor(
    private readonly cache: Cache,
    private readonly locks: Locks,
    private readonly target: Redirector,
    private readonly signal: AbortSignal,
  ) {}

  /** Null until a sync ran to its end. */
  get result(): SyncResult | null {
    if (!this.completed) return null;
    return { redirector: this.target.name, upserted: this.upserted, deleted: this.deleted };
  }

  /** Writes what the target has not seen yet. */
  async run(): Promise<void> {
    await this.locked(async () => {
      if (!this.trusted && !(await this.isContinuation())) await this.compare();
      else await this.advance();
    });
  }

  /**
   * Compares every record at and below `path`, and removes rows that no record stands for and whose file is gone
   * from the disk.
   */
  async runFull(base: string, path: TreePath): Promise<void> {
    await this.locked(async () => {
      await this.compare();
      await this.removeOrphans(base, path);
    });
  }

  private async locked(work: () => Promise<void>): Promise<void> {
    const lock = await this.acquire();
    if (lock === null) return;
    try {
      await work();
      this.trusted = true;
      this.completed = !this.signal.aborted;
    } finally {
      this.locks.release([lock]);
    }
  }

  /** Null when the run was interrupted meanwhile. */
  private async acquire(): Promise<Lock | null> {
    for (;;) {
      const lock = this.locks.acquire(`redirector ${this.target.name}`);
      if (lock !== null || this.signal.aborted) return lock;
      await setTimeout(patience);
    }
  }

  /** Whether the target still is what the last sync left. */
  private async isContinuation(): Promise<boolean> {
    const position = this.position();
    if (position === null || position.identity !== (await this.target.identity())) return false;
    if (position.sequence > this.cache.lastSequence() || position.sequence < this.cache.horizon())
      return false;
    return this.probe(position.sequence);
  }

  private async probe(sequence: number): Promise<boolean> {
    const rows = this.cache.changesUpTo(sequence, probed).map(({ record }) => toRow(record));
    const gone = this.cache.tombstonesUpTo(sequence, probed).map(({ path }) => path);
    const found = await this.target.fetch([...rows.map((row) => row.path), ...gone]);
    return rows.every((row) => isSame(row, found.get(row.path))) && gone.every((path) => !found.has(path));
  }

  /** From the last position to the present. */
  private async advance(): Promise<void> {
    const from = this.position()?.sequence ?? 0;
    const until = this.cache.lastSequence();
    // All deletes first: then the position may follow the upserts batch by batch.
    await this.removeGone(from, until);
    await this.eachChange(from, until, async (rows, sequence) => {
      await this.upsert(rows);
      await this.moveTo(sequence);
    });
    await this.moveTo(until);
  }

  /** Everything that the cache knows, without believing in any position. */
  private async compare(): Promise<void> {
    const until = this.cache.lastSequence();
    await this.removeGone(0, until);
    await this.eachChange(0, until, async (rows) => {
      const found = await this.target.fetch(rows.map((row) => row.path));
      await this.upsert(rows.filter((row) => !isSame(row, found.get(row.path))));
    });
    await this.moveTo(until);
  }

  private async eachChange(
    from: number,
    until: number,
    handle: (rows: readonly RedirectorRow[], sequence: number) => Promise<void>,
  ): Promise<void> {
    let at = from;
    while (at < until && !this.signal.aborted) {
      const changes = this.cache
        .changesAfter(at, batchRows, batchBytes)
        .filter(({ sequence }) => sequence <= until);
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

  private async removeGone(from: number, until: number): Promise<void> {
    let at = from;
    while (at < until) {
      const gone = this.cache.tombstonesAfter(at, batchRows).filter(({ sequence }) => sequence <= until);
      const last = gone.at(-1);
      if (last === undefined) return;
      this.deleted += await this.target.remove(gone.map(({ path }) => path));
      at = last.sequence;
      await setImmediate();
    }
  }

  private async removeOrphans(base: string, within: TreePath): Promise<void> {
    let after = '';
    while (!this.signal.aborted) {
      const paths = await this.target.paths(after, batchRows);
      const last = paths.at(-1);
      if (last === undefined) return;
      const orphans = paths.filter(
        (path) => isWithin(path, within) && this.cache.fileAt(path) === null && isGone(base, path),
      );
      if (orphans.length > 0) this.deleted += await this.target.remove(orphans);
      after = last;
      await setImmediate();
    }
  }

  private async upsert(rows: readonly RedirectorRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.target.upsert(rows);
    this.upserted += rows.length;
  }

  private position(): { readonly identity: string; readonly sequence: number } | null {
    return this.cache.targets().find(({ name }) => name === this.target.name) ?? null;
  }

  private async moveTo(sequence: number): Promise<void> {
    if (this.signal.aborted) return;
    const identity = await this.target.identity();
    const position = this.position();
    if (position?.sequence === sequence && position.identity === identity) return;
    this.cache.setTarget({ name: this.target.name, identity, sequence });
  }
}

function isSame(row: RedirectorRow, there: RedirectorRow | undefined): boolean {
  return there !== undefined && differingColumns(row, there).length === 0;
}

function isGone(base: string, path: TreePath): boolean {
  try {
    return lstatSync(absolute(base, path), { throwIfNoEntry: false }) === undefined;
  } catch {
    // Not to be seen is not to be gone.
    return false;
  }
}
