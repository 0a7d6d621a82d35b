/**
 * Directories that have work, on their way from the walk to the threads.
 *
 * They leave in groups: when many small ones wait, one job does several of them.
 */
import type { JobLimits } from '../batches.js';
import type { DirectoryScan } from '../jobs.js';
import type { TreePath } from '../model.js';

export interface DirectoryWork {
  readonly path: TreePath;
  /** these names only, null for the whole directory */
  readonly only: readonly string[] | null;
  /** what the walk saw, null when the directory is taken up again */
  readonly seen: DirectoryScan | null;
}

export class WorkQueue {
  private readonly works: DirectoryWork[] = [];
  private isClosed = false;
  private wake: (() => void) | null = null;

  /** @param limits of a group; a single directory may have more to do */
  constructor(private readonly limits: JobLimits) {}

  push(work: DirectoryWork): void {
    this.works.push(work);
    this.wake?.();
  }

  /** Nothing more comes. */
  close(): void {
    this.isClosed = true;
    this.wake?.();
  }

  /** Waits for work; ends when the queue is closed and empty. */
  async *groups(): AsyncGenerator<readonly DirectoryWork[]> {
    for (;;) {
      if (this.works.length > 0) yield this.takeGroup();
      else if (this.isClosed) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private takeGroup(): readonly DirectoryWork[] {
    let files = 0;
    let bytes = 0;
    const end = this.works.findIndex((work, index) => {
      const amount = work.seen?.work ?? { files: work.only?.length ?? this.limits.files, bytes: 0 };
      files += amount.files;
      bytes += amount.bytes;
      return index > 0 && (files > this.limits.files || bytes > this.limits.bytes);
    });
    return this.works.splice(0, end === -1 ? this.works.length : end);
  }
}
