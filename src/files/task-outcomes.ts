/**
 * What became of the tasks of one job, gathered for the reply; in words for people where they were not done.
 */
import { bytesToRead } from '../batches.js';
import { reasonOf } from '../errors.js';
import { infohash } from '../formats/infohash.js';
import type { FilesReply, KeptFile, ProblemFile } from '../jobs.js';
import type { FileProblem, FileTask, Signature, Sums, TreePath } from '../model.js';
import { type HashedFile, packRecords } from '../packed-records.js';
import { join } from '../paths.js';
import type { ReadProblem } from './stable-file.js';

export class TaskOutcomes {
  private readonly hashed: HashedFile[] = [];
  private readonly kept: KeptFile[] = [];
  private readonly problems: ProblemFile[] = [];

  /** @param path the directory of all the tasks */
  constructor(private readonly path: TreePath) {}

  addHashed(task: FileTask, sums: Sums, signature: Signature | null | undefined): void {
    const { name, reason } = task;
    const { size, mtimeNs, inode } = task.stat;
    const btih = infohash({ name, size, sums });
    this.hashed.push({
      name,
      size,
      mtimeNs,
      inode,
      reason,
      sums: { ...sums, btih },
      signature: signature ?? null,
    });
  }

  addKept({ name, stat, reason, payload }: FileTask, signature: Signature | null | undefined): void {
    this.kept.push({ name, size: stat.size, reason, dropZsync: payload === 'trim', signature });
  }

  addProblem(task: FileTask, problem: FileProblem): void {
    this.problems.push({ problem, size: task.stat.size, bytes: bytesToRead(task) });
  }

  addNotRead(task: FileTask, problem: ReadProblem): void {
    this.addProblem(task, notRead(join(this.path, task.name), problem));
  }

  addError(task: FileTask, error: unknown): void {
    this.addProblem(task, notHashed(join(this.path, task.name), error));
  }

  reply(): FilesReply {
    return { hashed: packRecords(this.hashed), kept: this.kept, problems: this.problems };
  }
}

export function notRead(path: TreePath, problem: ReadProblem): FileProblem {
  switch (problem.status) {
    case 'vanished':
      return {
        outcome: 'deferred',
        path,
        code: 'FILE_VANISHED',
        message: 'it vanished before it was read',
      };
    case 'changed':
      return { outcome: 'deferred', path, code: 'FILE_CHANGED', message: problem.why };
    case 'unreadable':
      return { outcome: 'failed', path, code: 'FILE_UNREADABLE', message: problem.why };
  }
}

/** One file that cannot be hashed, for whatever reason, is no reason to leave out the others. */
export function notHashed(path: TreePath, error: unknown): FileProblem {
  const message = `it cannot be hashed: ${reasonOf(error)}`;
  return { outcome: 'failed', path, code: 'FILE_UNREADABLE', message };
}
