/**
 * Cache → redirector: brings a redirector's database to what the cache knows.
 *
 * What changed is found by the sequence numbers of the cache, so a sync costs what changed. A target that was made
 * anew, emptied or restored from a backup, or that missed expired tombstones, is compared in full. One sync at a
 * time per target: an older row must never overwrite a newer one.
 */
import { setImmediate } from 'node:timers/promises';
import { MirrorhashError } from '../errors.js';
import { presenceOf } from '../files/presence.js';
import type { Refusal, SyncResult, TreePath } from '../model.js';
import type { Limit } from '../quantities.js';
import type { Cache } from '../store/cache.js';
import type { Change, TargetPosition } from '../store/cache-reader.js';
import {
  differingColumns,
  glanceAt,
  type Redirector,
  type RedirectorRow,
  toRow,
} from '../store/redirector.js';
import { nextBatch } from './change-batches.js';
import { checkDocumentRoot } from './document-root.js';
import type { Target } from './open-redirector.js';
import { findOrphans, refuseTooMany } from './orphans.js';
import type { RecentChanges } from './recent-changes.js';
import { acquireTarget } from './target-lock.js';

/** How many of the last changes are looked at to tell whether the target still holds them. */
const probed = 100;

export interface SyncParts {
  readonly cache: Cache;
  readonly target: Target;
  /** the tree, absolute */
  readonly base: string;
  readonly signal: AbortSignal;
  /** whether a redirector that lists many paths, but few of ours, is what is meant */
  readonly newPaths?: boolean;
  /** false while the cache is still being filled by a first run; absent: it is not */
  readonly isWhole?: () => boolean;
  /** changes that need not be read from the cache */
  readonly recent?: RecentChanges;
  /** told once when another sync of the target keeps this one waiting */
  readonly onWait?: (message: string) => void;
  /** told of each row that the target cannot hold */
  readonly onRefused?: (refusal: Refusal) => void;
}

export class Sync {
  private readonly redirector: Redirector;
  private upserted = 0;
  private deleted = 0;
  private refused = 0;
  private completed = false;
  /** the number of the furthest change that was ever written, also by a try that failed later */
  private furthest = 0;
  /** of the database that the sync at work began with */
  private identity = '';

  constructor(private readonly parts: SyncParts) {
    this.redirector = parts.target.redirector;
  }

  /** Null while the last sync did not run to its end. */
  get result(): SyncResult | null {
    if (!this.completed) return null;
    const { upserted, deleted, refused } = this;
    return { redirector: this.redirector.name, upserted, deleted, refused };
  }

  /** Grows with every batch that no try before got to. */
  get reached(): number {
    return this.furthest;
  }

  /** Writes what the target has not seen yet. */
  async run(): Promise<void> {
    await this.locked(async () => {
      if (!(await this.mayWrite())) return false;
      if (await this.isContinuation()) await this.advance();
      else await this.repair();
      return true;
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
      if (!(await this.mayWrite())) return false;
      const before = this.position();
      const until = await this.compare();
      await this.removeOrphans(path, maxDelete);
      // Rows that expired tombstones stood for may be anywhere: the next sync looks for them, where this one did not.
      if (path === '' || !this.hasMissedTombstones(before)) await this.moveTo(until);
      return true;
    });
  }

  private async locked(work: () => Promise<boolean>): Promise<void> {
    const release = await acquireTarget(this.parts.target, this.parts.signal, this.parts.onWait);
    if (release === null) return;
    try {
      this.identity = await this.redirector.identity();
      const isDone = await work();
      this.completed = isDone && !this.parts.signal.aborted;
    } finally {
      await release();
    }
  }

  /** Whether the target still is what the last sync left. */
  private async isContinuation(): Promise<boolean> {
    const position = this.position();
    if (position === null || position.identity !== this.identity) return false;
    if (position.sequence > this.parts.cache.lastSequence() || this.hasMissedTombstones(position))
      return false;
    return this.probe(position.sequence);
  }

  private async probe(sequence: number): Promise<boolean> {
    const { cache } = this.parts;
    const refused = new Set(cache.refusals(this.redirector.name).map(({ path }) => path));
    const rows = cache.changesUpTo(sequence, probed).map(({ record }) => glanceAt(toRow(record)));
    const expected = rows.filter(({ path }) => !refused.has(path));
    const tombstones = cache.tombstonesUpTo(sequence, probed);
    const gone = tombstones.map(({ path }) => path).filter((path) => this.isGone(path));
    const found = await this.redirector.fetch([...expected.map(({ path }) => path), ...gone], 'glance');
    return (
      expected.every((row) => isSame(row, found.get(row.path))) && gone.every((path) => !found.has(path))
    );
  }

  /** From the last position to the present. */
  private async advance(): Promise<void> {
    const from = this.position()?.sequence ?? 0;
    const until = this.parts.cache.lastSequence();
    // All deletes first: then the position may follow the upserts batch by batch.
    await this.removeGone(from, until, () => true);
    // Files that were forgotten meanwhile may have made tombstones expire before they were read.
    if (this.hasMissedTombstones(this.position())) return this.repair();
    await this.eachChange(from, until, async (changes, sequence) => {
      await this.upsert(changes);
      await this.moveTo(sequence);
    });
    await this.moveTo(until);
    this.parts.recent?.drop(until);
  }

  /** A target that is new, was changed by others, or missed tombstones that are no longer there. */
  private async repair(): Promise<void> {
    const position = this.position();
    const until = await this.compare();
    if (this.hasMissedTombstones(position)) await this.removeOrphans('', null);
    await this.moveTo(until);
  }

  /** Whether a target at this position has not seen tombstones that are no longer there. */
  private hasMissedTombstones(position: TargetPosition | null): boolean {
    return position !== null && position.sequence < this.parts.cache.horizon();
  }

  /**
   * Everything that the cache knows, without believing in any position.
   *
   * @returns the position to move to when all else is done, too
   */
  private async compare(): Promise<number> {
    const until = this.parts.cache.lastSequence();
    // Others may have listed a file that is back; what is on the disk is not deleted for the sake of an old story.
    await this.removeGone(0, until, (path) => this.isGone(path));
    await this.eachChange(0, until, async (changes) => {
      await this.upsert(changes);
    });
    return until;
  }

  /** Paths of another root would make rows that nobody ever asks for. Asked until something was written once. */
  private async mayWrite(): Promise<boolean> {
    const { cache, base, newPaths = false, isWhole = () => true } = this.parts;
    if (newPaths || (this.position()?.sequence ?? 0) > 0) return true;
    return checkDocumentRoot(this.redirector, cache, base, isWhole());
  }

  private async eachChange(
    from: number,
    until: number,
    handle: (changes: readonly Change[], sequence: number) => Promise<void>,
  ): Promise<void> {
    const { cache, recent = null, signal } = this.parts;
    const source = { cache, recent, until, rules: this.redirector.batch, signal };
    let changes = await nextBatch(source, from);
    for (;;) {
      const last = changes.at(-1);
      if (last === undefined || this.parts.signal.aborted) return;
      // The next batch is read while the target is at work.
      const [next] = await Promise.all([nextBatch(source, last.sequence), handle(changes, last.sequence)]);
      this.furthest = Math.max(this.furthest, last.sequence);
      changes = next;
    }
  }

  private isGone(path: TreePath): boolean {
    return presenceOf(this.parts.base, path) === 'nothing';
  }

  private async removeGone(from: number, until: number, isMeant: (path: TreePath) => boolean): Promise<void> {
    const { cache, recent } = this.parts;
    let at = from;
    while (at < until) {
      const gone = cache
        .tombstonesAfter(at, this.redirector.batch.rows)
        .filter(({ sequence }) => sequence <= until);
      const last = gone.at(-1);
      if (last === undefined) return;
      // One of them may have been removed after it was put.
      recent?.clear();
      this.deleted += await this.redirector.remove(gone.map(({ path }) => path).filter(isMeant));
      cache.setRefusals(
        this.redirector.name,
        new Map(gone.map(({ path, sequence }) => [path, sequence])),
        [],
      );
      at = last.sequence;
      await setImmediate();
    }
  }

  private async removeOrphans(within: TreePath, maxDelete: Limit | null): Promise<void> {
    const { cache, base, signal } = this.parts;
    const found = await findOrphans(this.redirector, cache, base, within, signal);
    refuseTooMany(found, this.redirector.name, base, maxDelete);
    const { rows } = this.redirector.batch;
    for (let start = 0; start < found.orphans.length; start += rows) {
      this.deleted += await this.redirector.remove(found.orphans.slice(start, start + rows));
      await setImmediate();
    }
  }

  private async upsert(changes: readonly Change[]): Promise<void> {
    const { written, refusals } = await this.redirector.upsert(changes.map(({ record }) => toRow(record)));
    this.upserted += written;
    this.refused += refusals.length;
    const tried = new Map(changes.map(({ record, sequence }) => [record.path, sequence]));
    this.parts.cache.setRefusals(this.redirector.name, tried, refusals);
    for (const refusal of refusals) this.parts.onRefused?.(refusal);
  }

  private position(): TargetPosition | null {
    return this.parts.cache.targets().find(({ name }) => name === this.redirector.name) ?? null;
  }

  private async moveTo(sequence: number): Promise<void> {
    if (this.parts.signal.aborted) return;
    const identity = await this.redirector.identity();
    if (identity !== this.identity) {
      // What was written before went with the old tables; another try compares everything.
      throw new MirrorhashError(
        'REDIRECTOR_AWAY',
        `${this.redirector.name}: its tables were exchanged meanwhile`,
      );
    }
    const position = this.position();
    if (position?.sequence === sequence && position.identity === identity) return;
    this.parts.cache.setTarget({ name: this.redirector.name, identity, sequence });
  }
}

function isSame(row: RedirectorRow, there: RedirectorRow | undefined): boolean {
  return there !== undefined && differingColumns(row, there).length === 0;
}
