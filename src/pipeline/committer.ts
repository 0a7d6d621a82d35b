/**
 * Collects finished records and commits them in groups, at most a moment after they were finished.
 *
 * "Finished" means committed: only then is a file reported as done, and only then is the lock of its directory
 * given back, so that the next holder finds the records. Nothing is written for a directory whose lock was lost.
 */
import type { Lock, Locks } from '../files/lock.js';
import type { FileEvent } from '../model.js';
import { type Cache, type CacheChange, weightOf } from '../store/cache.js';

/** Milliseconds that a finished record waits at most; the contract allows a second. */
const longestWait = 250;
const mostChanges = 500;
/** bytes of sums and signatures */
const mostBytes = 16 * 1024 * 1024;

interface Finished {
  readonly lock: Lock;
  readonly change: CacheChange;
  readonly event: FileEvent;
}

export class Committer {
  private finished: Finished[] = [];
  private bytes = 0;
  private done: Lock[] = [];
  private timer: NodeJS.Timeout | null = null;
  private failure: unknown = null;

  /**
   * @param emit     told of each file once it is committed
   * @param onCommit called after each commit, outside of it, with what it wrote and the number before
   * @param onFailure called once when the cache cannot be written
   */
  constructor(
    private readonly cache: Cache,
    private readonly locks: Locks,
    private readonly hooks: {
      readonly emit: (event: FileEvent) => void;
      readonly onCommit: (before: number, changes: readonly CacheChange[]) => void;
      readonly onFailure: (error: unknown) => void;
    },
  ) {}

  add(finished: Finished): void {
    this.finished.push(finished);
    this.bytes += weightOf(finished.change);
    if (this.finished.length >= mostChanges || this.bytes >= mostBytes) this.flush();
    else this.schedule();
  }

  /** Gives the lock back once everything that was added under it is committed. */
  release(lock: Lock): void {
    this.done.push(lock);
    this.schedule();
  }

  /** Commits what there is and gives the locks back. @throws what the cache threw, now or earlier */
  settle(): void {
    this.flush();
    if (this.failure !== null) throw this.failure;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.flush(), longestWait);
  }

  private flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const finished = this.finished;
    const done = this.done;
    this.finished = [];
    this.done = [];
    this.bytes = 0;
    if (this.failure === null) {
      try {
        this.commit(finished);
      } catch (error) {
        this.failure = error;
        this.hooks.onFailure(error);
      }
    }
    this.giveBack(done);
  }

  private commit(finished: readonly Finished[]): void {
    if (finished.length === 0) return;
    const locks = new Set(finished.map(({ lock }) => lock));
    const held = new Set([...locks].filter((lock) => lock.held));
    const changes = finished.filter(({ lock }) => held.has(lock)).map(({ change }) => change);
    const before = this.cache.apply(changes);
    for (const { lock, event } of finished) this.hooks.emit(held.has(lock) ? event : lost(event));
    this.hooks.onCommit(before, changes);
  }

  private giveBack(locks: readonly Lock[]): void {
    try {
      this.locks.release(locks);
    } catch (error) {
      // Then the next run breaks them: their holder will be dead.
      if (this.failure === null) {
        this.failure = error;
        this.hooks.onFailure(error);
      }
    }
  }
}

function lost(event: FileEvent): FileEvent {
  return {
    event: 'file',
    path: event.path,
    size: event.size,
    outcome: 'deferred',
    code: 'LOCK_LOST',
    message: 'another run took over its directory while it was read',
  };
}
