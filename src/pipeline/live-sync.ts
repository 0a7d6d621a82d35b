/**
 * The sync of a run: now and then while it goes on, so that a new file is served soon, and once at its end.
 *
 * A target that fails does not stop the hashing, and is not tried again in the run: the next one catches up.
 */
import { MirrorhashError, messageOf } from '../errors.js';
import type { NoticeEvent, SyncResult } from '../model.js';
import type { CacheChange } from '../store/cache.js';
import type { RedirectorOpener, Target } from './open-redirector.js';
import { RecentChanges } from './recent-changes.js';
import type { State } from './state.js';
import { Sync } from './sync.js';

/** Milliseconds between two syncs while the run goes on, unless there is much to write before. */
const syncInterval = 2_000;

export class LiveSync {
  private readonly recent = new RecentChanges();
  private target: Target | null = null;
  private sync: Sync | null = null;
  private syncing: Promise<void> | null = null;
  private lastSync = performance.now();

  constructor(
    private readonly state: State,
    private readonly signal: AbortSignal,
    private readonly emit: (notice: NoticeEvent) => void,
  ) {}

  /** Null until a sync ran to its end, and when one failed. */
  get result(): SyncResult | null {
    return this.sync?.result ?? null;
  }

  async open(redirector: RedirectorOpener): Promise<void> {
    try {
      this.target = await redirector();
      this.sync = this.syncTo(this.target);
    } catch (error) {
      this.emit(syncFailure(error));
    }
  }

  /** To be told of what was committed, and the number before it. */
  take(before: number, changes: readonly CacheChange[]): void {
    if (this.sync === null) return;
    this.recent.add(before, changes);
    if (this.syncing !== null) return;
    if (!this.recent.isHalfFull && performance.now() - this.lastSync < syncInterval) return;
    this.syncing = this.syncOnce(this.sync);
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    await this.syncing;
    if (this.sync !== null) await this.syncOnce(this.sync);
  }

  async close(): Promise<void> {
    await this.syncing;
    await this.target?.redirector.close();
  }

  private syncTo({ redirector, locks }: Target): Sync {
    const { recent, signal } = this;
    const { cache, place } = this.state;
    const onWait = (message: string): void =>
      this.emit({ event: 'notice', level: 'warning', code: 'SYNC_WAITS', message });
    return new Sync({ cache, locks, target: redirector, base: place.base, signal, recent, onWait });
  }

  private async syncOnce(sync: Sync): Promise<void> {
    try {
      await sync.run();
    } catch (error) {
      this.sync = null;
      this.emit(syncFailure(error));
    } finally {
      this.lastSync = performance.now();
      this.syncing = null;
    }
  }
}

function syncFailure(error: unknown): NoticeEvent {
  const hint = error instanceof MirrorhashError ? error.hint : undefined;
  return {
    event: 'notice',
    level: 'fatal',
    code: 'REDIRECTOR_UNUSABLE',
    message: `the redirector was not synced: ${messageOf(error)}`,
    hint: hint ?? 'every hash is cached: the next run, or mirrorhash sync, catches up without reading a file',
  };
}
