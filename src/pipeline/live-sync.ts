/**
 * The sync of a run: now and then while it goes on, so that a new file is served soon, and once at its end.
 *
 * A target that fails does not stop the hashing. One that is away is tried again, and waited for when all else is done;
 * any other failure is told once, and the next run catches up.
 */
import { MirrorhashError, messageOf } from '../errors.js';
import type { NoticeEvent, RunEvent, SyncResult } from '../model.js';
import type { CacheChange } from '../store/cache.js';
import type { RedirectorOpener, Target } from './open-redirector.js';
import { patienceMs, patiently } from './patience.js';
import { RecentChanges } from './recent-changes.js';
import type { State } from './state.js';
import { Sync } from './sync.js';

/** Milliseconds between two syncs while the run goes on, unless there is much to write before. */
const syncInterval = 2_000;

export interface LiveSyncParts {
  readonly state: State;
  readonly signal: AbortSignal;
  /** see SyncParts */
  readonly newPaths: boolean;
  readonly emit: (event: RunEvent) => void;
}

export class LiveSync {
  private readonly recent = new RecentChanges();
  private readonly closing = new AbortController();
  private target: Target | null = null;
  private sync: Sync | null = null;
  private syncing: Promise<void> | null = null;
  private lastSync = performance.now();
  /** whether something was committed since a sync began */
  private isBehind = false;
  private timer: NodeJS.Timeout | null = null;
  /** when all else was done: from then on, a target that is away is given up some day */
  private waitsSince = Number.POSITIVE_INFINITY;
  private isFinishing = false;
  /** how often something was committed, and how often of that it was written */
  private taken = 0;
  private written = 0;
  private isRootDoubted = false;

  /** either the run was interrupted, or it needs no sync any more */
  private readonly stopping: AbortSignal;

  constructor(private readonly parts: LiveSyncParts) {
    this.stopping = AbortSignal.any([parts.signal, this.closing.signal]);
  }

  /** Null when a sync failed, and when something was committed that none has written. */
  get result(): SyncResult | null {
    return this.taken === this.written ? (this.sync?.result ?? null) : null;
  }

  /** Also begins with what earlier runs left, so that a target with a wrong password is told of at once. */
  async open(redirector: RedirectorOpener): Promise<void> {
    try {
      this.target = await redirector(this.parts.signal);
      this.sync = this.syncTo(this.target);
      this.syncing = this.syncOnce(this.sync);
    } catch (error) {
      this.parts.emit(syncFailure(error));
    }
  }

  /** To be told of what was committed, and the number before it. */
  take(before: number, changes: readonly CacheChange[]): void {
    if (this.sync === null) return;
    this.taken++;
    this.recent.add(before, changes);
    this.isBehind = true;
    this.syncSoon();
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    this.waitsSince = performance.now();
    this.stopTimer();
    await this.syncing;
    this.isFinishing = true;
    if (this.sync !== null) await this.syncOnce(this.sync);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.stopTimer();
    await this.syncing;
    await this.target?.redirector.close();
  }

  private syncTo(target: Target): Sync {
    const { recent } = this;
    const { state, signal, newPaths, emit } = this.parts;
    const { cache, place } = state;
    return new Sync({
      ...{ cache, target, signal, newPaths, recent },
      isWhole: () => this.isFinishing,
      base: place.base,
      onWait: (message) => emit(warning('SYNC_WAITS', message)),
      onRefused: (refusal) => emit({ event: 'row', outcome: 'refused', ...refusal }),
    });
  }

  /** The next commit is not waited for: a large file may take hours. */
  private syncSoon(): void {
    const isEnding = this.closing.signal.aborted || this.waitsSince !== Number.POSITIVE_INFINITY;
    if (this.syncing !== null || !this.isBehind || isEnding) return;
    this.stopTimer();
    const wait = this.recent.isHalfFull ? 0 : this.lastSync + syncInterval - performance.now();
    if (wait > 0) this.timer = setTimeout(() => this.syncSoon(), wait);
    else if (this.sync !== null) this.syncing = this.syncOnce(this.sync);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Never rejects. */
  private async syncOnce(sync: Sync): Promise<void> {
    const { emit } = this.parts;
    this.isBehind = false;
    const { taken } = this;
    try {
      await patiently(() => sync.run(), {
        signal: this.stopping,
        until: (since) => Math.max(since, this.waitsSince) + patienceMs,
        achieved: () => sync.reached,
        onAway: ({ message }) => emit(warning('REDIRECTOR_AWAY', `${message}: trying again`)),
      });
      if (sync.result !== null) this.written = taken;
    } catch (error) {
      if (!this.stopping.aborted) this.failed(error);
    } finally {
      this.lastSync = performance.now();
      this.syncing = null;
      this.syncSoon();
    }
  }

  private failed(error: unknown): void {
    const { emit } = this.parts;
    // The first files of a run may all be new ones: only when all are there is it sure.
    const isDoubt = error instanceof MirrorhashError && error.code === 'PATHS_UNKNOWN' && !this.isFinishing;
    if (!isDoubt) {
      this.sync = null;
      emit(syncFailure(error));
    } else if (!this.isRootDoubted) {
      this.isRootDoubted = true;
      emit({ ...warning('PATHS_UNKNOWN', error.message), ...(error.hint && { hint: error.hint }) });
    }
  }
}

function warning(code: string, message: string): NoticeEvent {
  return { event: 'notice', level: 'warning', code, message };
}

function syncFailure(error: unknown): NoticeEvent {
  const known = error instanceof MirrorhashError ? error : null;
  return {
    event: 'notice',
    level: 'fatal',
    code: known?.code ?? 'REDIRECTOR_UNUSABLE',
    message: `the redirector was not synced: ${messageOf(error)}`,
    hint:
      known?.hint ??
      'every hash is cached: the next run, or mirrorhash sync, catches up without reading a file',
  };
}
