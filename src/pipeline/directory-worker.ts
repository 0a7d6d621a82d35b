/**
 * One directory with work: lock it, ask again what is to be done, have it hashed, hand the records on.
 *
 * The lock is given back by the committer, once the records are in the cache.
 */
import pMap from 'p-map';
import type { Lock, Locks } from '../files/lock.js';
import type { DirectoryScan, FileReply } from '../jobs.js';
import type { FileEvent, FileRecord, FileTask, RunEvent, TreePath } from '../model.js';
import { join } from '../paths.js';
import { batches } from './batches.js';
import type { Committer } from './committer.js';
import type { HashPool, ScanPool } from './pools.js';

export interface DirectoryWork {
  readonly path: TreePath;
  /** these names only, null for the whole directory */
  readonly only: readonly string[] | null;
  /** what the walk saw, null when the directory is taken up again */
  readonly seen: DirectoryScan | null;
}

/** Files of a directory that were written a moment ago. */
export interface Late extends DirectoryWork {
  readonly only: readonly string[];
  /** when they are old enough, nanoseconds since 1970 */
  readonly calmAtNs: bigint;
}

interface Amount {
  readonly files: number;
  readonly bytes: number;
}

export interface DirectoryWorkerParts {
  readonly scans: ScanPool;
  readonly hashes: HashPool;
  readonly locks: Locks;
  readonly committer: Committer;
  readonly signal: AbortSignal;
  readonly batchConcurrency: number;
  /** bytes to read in one job */
  readonly batchBytes: number;
  /** files that are still being written are deferred, not put off again */
  readonly lastChance: boolean;
  readonly emit: (event: RunEvent) => void;
  readonly onScan: (scan: DirectoryScan) => void;
  readonly onLate: (late: Late) => void;
  /** the work that the walk announced, and the work that there is */
  readonly onSettled: (expected: Amount, actual: Amount) => void;
  readonly onRead: (files: number, bytes: number) => void;
  /** told of the scan that was made under the lock */
  readonly onHeld: (scan: DirectoryScan) => void;
}

const nothing: Amount = { files: 0, bytes: 0 };

/** The lock that belongs to a directory. */
export function directoryLock(path: TreePath): string {
  return `directory ${path}`;
}

export class DirectoryWorker {
  constructor(private readonly parts: DirectoryWorkerParts) {}

  async process(work: DirectoryWork): Promise<void> {
    const { locks, committer, signal } = this.parts;
    if (signal.aborted) return;
    const lock = locks.acquire(directoryLock(work.path));
    if (lock === null) {
      this.skipLocked(work);
      return;
    }
    try {
      await this.processLocked(work, lock);
    } finally {
      committer.release(lock);
    }
  }

  private skipLocked({ path, seen }: DirectoryWork): void {
    const { emit, onScan, onSettled } = this.parts;
    const message = 'another run is working on it';
    emit({ event: 'directory', outcome: 'locked', path, code: 'DIRECTORY_LOCKED', message });
    if (seen === null) return;
    onScan(seen);
    onSettled(seen.work, nothing);
  }

  private async processLocked(work: DirectoryWork, lock: Lock): Promise<void> {
    const { scans, emit, onScan, onSettled, onHeld } = this.parts;
    const { path, only, seen } = work;
    const scan = await scans.run({ path, only, detail: 'tasks' });
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
    await pMap(batches(scan.tasks, this.parts.batchBytes), (tasks) => this.hashBatch(path, tasks, lock), {
      concurrency: this.parts.batchConcurrency,
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

  private async hashBatch(path: TreePath, tasks: readonly FileTask[], lock: Lock): Promise<void> {
    if (this.parts.signal.aborted) return;
    const replies = await this.parts.hashes.run(path, tasks);
    for (const [index, task] of tasks.entries()) {
      const reply = replies[index];
      if (reply === undefined || reply.status === 'stopped') continue;
      this.parts.onRead(1, task.payload === 'read' ? task.stat.size : 0);
      this.settle(join(path, task.name), task, reply, lock);
    }
  }

  private settle(
    path: TreePath,
    task: FileTask,
    reply: Exclude<FileReply, { status: 'stopped' }>,
    lock: Lock,
  ): void {
    const { committer, emit } = this.parts;
    const { size } = task.stat;
    const { reason } = task;
    if (reply.status === 'problem') {
      emit({ event: 'file', size, ...reply.problem });
      return;
    }
    if (reply.sums !== null) {
      const event: FileEvent = { event: 'file', outcome: 'hashed', path, size, reason };
      committer.add({
        lock,
        change: { kind: 'put', record: recordOf(path, task, reply.sums, reply.signature) },
        event,
      });
      return;
    }
    const dropZsync = task.payload === 'trim';
    const renewed = dropZsync || reply.signature !== undefined;
    const event: FileEvent = {
      event: 'file',
      outcome: 'unchanged',
      path,
      size,
      reason: renewed ? reason : null,
    };
    if (renewed)
      committer.add({ lock, change: { kind: 'amend', path, dropZsync, signature: reply.signature }, event });
    else emit(event);
  }
}

type Done = FileReply & { status: 'done' };

function recordOf(
  path: TreePath,
  task: FileTask,
  sums: NonNullable<Done['sums']>,
  signature: Done['signature'],
): FileRecord {
  const { size, mtimeNs, inode } = task.stat;
  return { path, size, mtimeNs, inode, ...sums, signature: signature ?? null };
}
