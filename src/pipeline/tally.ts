/**
 * Counts what happened, and remembers what could not be handled for `status`.
 */
import type { RunEvent, Summary, SyncResult } from '../model.js';
import type { StoredProblem } from '../store/cache-reader.js';

/** How many problems are remembered by name; a tree with more has one cause. */
const rememberedProblems = 10_000;

/** Of a run that saw nothing. */
export const emptySummary: Summary = {
  files: {
    seen: 0,
    unchanged: 0,
    updated: 0,
    hashed: 0,
    deferred: 0,
    skipped: 0,
    failed: 0,
    pruned: 0,
    excluded: 0,
  },
  directories: { seen: 0, locked: 0, failed: 0 },
  bytes: { hashed: 0 },
  seconds: 0,
  sync: null,
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Tally {
  private readonly files: Mutable<Summary['files']> = { ...emptySummary.files };
  private readonly directories: Mutable<Summary['directories']> = { ...emptySummary.directories };
  private bytesHashed = 0;
  readonly problems: StoredProblem[] = [];
  /** what kept the run as a whole from its job */
  readonly failures: string[] = [];

  /** @param countNotFiles whether links and special files count as skipped: only where they are named */
  constructor(private readonly countNotFiles: boolean) {}

  add(event: RunEvent): void {
    if (event.event === 'notice') {
      if (event.level === 'fatal') this.failures.push(event.message);
      return;
    }
    // Counted by the sync.
    if (event.event === 'row') return;
    if (event.event === 'directory') {
      this.directories[event.outcome]++;
      if (event.outcome === 'failed') this.remember({ ...event, outcome: 'failed' });
      return;
    }
    if (event.outcome === 'skipped' && event.code === 'NOT_A_FILE' && !this.countNotFiles) return;
    this.files[event.outcome]++;
    if (event.outcome !== 'pruned') this.files.seen++;
    if (event.outcome === 'hashed') this.bytesHashed += event.size ?? 0;
    if (event.outcome === 'unchanged' && event.reason !== null) this.files.updated++;
    if (event.outcome === 'failed' || (event.outcome === 'skipped' && event.code !== 'NOT_A_FILE'))
      this.remember(event);
  }

  /** Files that need no event of their own. */
  addUnchanged(count: number): void {
    this.files.unchanged += count;
    this.files.seen += count;
  }

  addExcluded(count: number): void {
    this.files.excluded += count;
  }

  addDirectory(): void {
    this.directories.seen++;
  }

  get seen(): { readonly files: number; readonly directories: number } {
    return { files: this.files.seen, directories: this.directories.seen };
  }

  summary(seconds: number, sync: SyncResult | null): Summary {
    return {
      files: { ...this.files },
      directories: { ...this.directories },
      bytes: { hashed: this.bytesHashed },
      seconds: Math.round(seconds * 1000) / 1000,
      sync,
    };
  }

  private remember({ path, outcome, code, message }: StoredProblem): void {
    if (this.problems.length < rememberedProblems) this.problems.push({ path, outcome, code, message });
  }
}
