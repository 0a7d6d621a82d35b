/**
 * Directories with work: lock them, ask again what is to be done, have it hashed, hand the records on.
 *
 * The locks are given back by the committer, once the records are in the cache.
 */
import pMap from 'p-map';
import { type Batch, batches, isGiant } from '../batches.js';
import type { Lock, Locks } from '../files/lock.js';
import type { DirectoryReply, DirectoryScan, FilesReply, KeptFile } from '../jobs.js';
import type { FileEvent, FileTask, RunEvent, TreePath } from '../model.js';
import { type UnpackedRecord, unpackRecords } from '../packed-records.js';
import { join } from '../paths.js';
import type { Committer } from './committer.js';
import type { HashPool } from './hash-pool.js';
import { usable } from './pools.js';
import type { DirectoryWork } from './work-queue.js';

/** Files of a directory that were put off: written a moment ago, or giants. */
export interface Late extends DirectoryWork {
  readonly only: readonly string[];
  /** when they are old enough, nanoseconds since 1970; 0: they are */
  readonly calmAtNs: bigint;
}

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

export interface DirectoryWorkerParts {
  readonly hashes: HashPool;
  readonly locks: Locks;
  readonly committer: Committer;
  readonly signal: AbortSignal;
  readonly batchConcurrency: number;
  /** files that are still being written are deferred, not put off again */
  readonly lastChance: boolean;
  readonly emit: (event: RunEvent) => void;
  readonly onScan: (scan: DirectoryScan) => void;
  readonly onLate: (late: Late) => void;
  /** told of files that are to wait for all others; null: now it is their turn */
  readonly onGiants: ((late: Late) => void) | null;
  /** the work that the walk announced, and the work that there is */
  readonly onSettled: (expected: Amount, actual: Amount) => void;
  readonly onRead: (files: number, bytes: number) => void;
  /** told of the scan that was made under the lock */
  readonly onHeld: (scan: DirectoryScan) => void;
}

interface LockedDirectory extends DirectoryWork {
  readonly lock: Lock;
}

const nothing: Amount = { files: 0, bytes: 0 };

/** The lock that belongs to a directory. */
export function directoryLock(path: TreePath): string {
  return `directory ${path}`;
}

export class DirectoryWorker {
  constructor(private readonly parts: DirectoryWorkerParts) {}

  /** Does the directories of a group in one job, as far as that reaches, and then what is left of each. */
  async process(group: readonly DirectoryWork[]): Promise<void> {
    const { signal, hashes, committer } = this.parts;
    if (signal.aborted) return;
    let directories = group.flatMap((work) => this.lock(work));
    try {
      while (directories.length > 0 && !signal.aborted) {
        const replies = await hashes.directories(directories);
        const done = directories.slice(0, replies.length);
        directories = directories.slice(replies.length);
        await Promise.all(replies.map((reply, index) => this.finish(done[index], reply)));
      }
    } finally {
      for (const { lock } of directories) committer.release(lock);
    }
  }

  private async finish(directory: LockedDirectory | undefined, reply: DirectoryReply): Promise<void> {
    if (directory === undefined) throw new Error('a reply for no directory');
    try {
      await this.settle(directory, reply);
    } finally {
      this.parts.committer.release(directory.lock);
    }
  }

  private lock(work: DirectoryWork): readonly LockedDirectory[] {
    const lock = this.parts.locks.acquire(directoryLock(work.path));
    if (lock !== null) return [{ path: work.path, only: work.only, seen: work.seen, lock }];
    this.skipLocked(work);
    return [];
  }

  private skipLocked({ path, seen }: DirectoryWork): void {
    const { emit, onScan, onSettled } = this.parts;
    const message = 'another run is working on it';
    emit({ event: 'directory', outcome: 'locked', path, code: 'DIRECTORY_LOCKED', message });
    if (seen === null) return;
    onScan(seen);
    onSettled(seen.work, nothing);
  }

  private async settle({ path, seen, lock }: LockedDirectory, reply: DirectoryReply): Promise<void> {
    const { emit, onScan, onSettled, onHeld, hashes, batchConcurrency } = this.parts;
    const scan = usable(reply.scan);
    const expected = seen?.work ?? nothing;
    if (scan.status !== 'scanned') {
      onSettled(expected, nothing);
      if (scan.status === 'failed') {
        emit({ event: 'directory', outcome: 'failed', path, code: scan.code, message: scan.message });
      }
      return;
    }
    if (seen !== null) onSettled(expected, scan.work);
    onScan(scan);
    onHeld(scan);
    this.putOff(scan);
    this.take(path, reply.files, lock);
    const tasks = this.withoutGiants(scan);
    if (tasks.length === 0) return;
    await pMap(batches(tasks, hashes.batchRules), (batch) => this.hashBatch(path, batch, lock), {
      concurrency: batchConcurrency,
    });
  }

  private putOff({ path, racy, calmAtNs }: DirectoryScan): void {
    const { lastChance, emit, onLate, onRead } = this.parts;
    if (racy.length === 0) return;
    if (!lastChance) {
      onLate({ path, only: racy, seen: null, calmAtNs });
      return;
    }
    onRead(racy.length, 0);
    for (const name of racy) {
      const message = 'it is still being written';
      emit({
        event: 'file',
        outcome: 'deferred',
        path: join(path, name),
        size: null,
        code: 'FILE_CHANGED',
        message,
      });
    }
  }

  private withoutGiants({ path, tasks }: DirectoryScan): readonly FileTask[] {
    const { onGiants } = this.parts;
    if (onGiants === null || !tasks.some(isGiant)) return tasks;
    const only = tasks.filter(isGiant).map(({ name }) => name);
    onGiants({ path, only, seen: null, calmAtNs: 0n });
    return tasks.filter((task) => !isGiant(task));
  }

  private async hashBatch(path: TreePath, batch: Batch, lock: Lock): Promise<void> {
    if (this.parts.signal.aborted) return;
    this.take(path, await this.parts.hashes.hash(path, batch), lock);
  }

  private take(path: TreePath, { hashed, kept, problems }: FilesReply, lock: Lock): void {
    const { emit, onRead } = this.parts;
    for (const file of unpackRecords(path, hashed)) this.takeHashed(file, lock);
    for (const file of kept) this.takeKept(path, file, lock);
    for (const { problem, size, bytes } of problems) {
      onRead(1, bytes);
      emit({ event: 'file', size, ...problem });
    }
  }

  private takeHashed({ record, reason }: UnpackedRecord, lock: Lock): void {
    const { path, size } = record;
    this.parts.onRead(1, size);
    const event: FileEvent = { event: 'file', outcome: 'hashed', path, size, reason };
    this.parts.committer.add({ lock, change: { kind: 'put', record }, event });
  }

  private takeKept(directory: TreePath, file: KeptFile, lock: Lock): void {
    const { committer, emit, onRead } = this.parts;
    const { size, reason, dropZsync, signature } = file;
    const path = join(directory, file.name);
    onRead(1, 0);
    const isRenewed = dropZsync || signature !== undefined;
    const event: FileEvent = {
      event: 'file',
      outcome: 'unchanged',
      path,
      size,
      reason: isRenewed ? reason : null,
    };
    if (isRenewed) committer.add({ lock, change: { kind: 'amend', path, dropZsync, signature }, event });
    else emit(event);
  }
}
