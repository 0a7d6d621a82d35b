/**
 * What crosses a thread: one typed union a worker. A worker returns its failures; it throws only for bugs,
 * because a thrown error loses its class and code on the way.
 */
import type { ErrorCode } from './errors.js';
import type { FreshnessRules } from './freshness.js';
import type {
  Digests,
  DirectoryFailedCode,
  FileProblem,
  FileTask,
  Reason,
  Recipe,
  Signature,
  TreePath,
} from './model.js';
import type { PackedRecords } from './packed-records.js';
import type { SelectionRules } from './selection.js';

/** What every scan of one run has in common. */
export interface ScanSettings extends FreshnessRules {
  readonly base: string;
  /** null when there is no cache yet (a dry run on a new tree) */
  readonly cacheFile: string | null;
  /** names the files that we exported into the tree; need not exist */
  readonly manifestFile: string;
  readonly selection: SelectionRules;
  readonly recipe: Recipe;
  readonly oneFileSystem: boolean;
  /** also name the unchanged files */
  readonly listUnchanged: boolean;
}

export type ScanDetail = 'counts' | 'tasks' | 'all tasks';

export interface ScanJob {
  readonly path: TreePath;
  /** look at these names only, null for the whole directory */
  readonly only: readonly string[] | null;
  /** `counts`: how much work there is; `tasks`: the work itself; `all tasks`: racy files are no exception */
  readonly detail: ScanDetail;
}

/** Directories for one thread to look at, one after the other: a message for each would cost more than some looks. */
export interface WalkJob {
  readonly directories: readonly Pick<ScanJob, 'path' | 'only'>[];
  readonly detail: ScanDetail;
}

/** One directory, seen and compared with the cache. */
export interface DirectoryScan {
  readonly status: 'scanned';
  readonly path: TreePath;
  readonly subdirectories: readonly TreePath[];
  readonly unchanged: number;
  /** with their sizes, when asked for */
  readonly unchangedFiles: readonly { readonly name: string; readonly size: number }[];
  readonly excluded: number;
  readonly problems: readonly FileProblem[];
  /** files that need something done, and the bytes to read for it */
  readonly work: { readonly files: number; readonly bytes: number };
  /** the work itself, without the racy files; empty when only counts were asked for */
  readonly tasks: readonly FileTask[];
  /** of the work: files written a moment ago, to be taken last */
  readonly racy: readonly string[];
  /** when the youngest of them is old enough, nanoseconds since 1970 */
  readonly calmAtNs: bigint;
  /** cached files that are no longer there */
  readonly vanished: readonly VanishedFile[];
  /** cached directories that are no longer there, with everything below */
  readonly vanishedDirectories: readonly TreePath[];
}

export interface VanishedFile {
  /** identity of the record */
  readonly id: number;
  /** version of the record: it changes when the record does */
  readonly sequence: number;
}

export type ScanReply =
  | DirectoryScan
  /** it went away while the tree was walked */
  | { readonly status: 'vanished'; readonly path: TreePath }
  | {
      readonly status: 'failed';
      readonly path: TreePath;
      readonly code: DirectoryFailedCode;
      readonly message: string;
    }
  /** the cache cannot be read: a `MirrorhashError` in parts, because thrown ones lose their class */
  | {
      readonly status: 'unusable';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
    };

/** A reply for each of the first directories; the rest would take too long for one job. Never empty. */
export type WalkReply = readonly ScanReply[];

/** What the pool hands on. */
export type ScanResult = Exclude<ScanReply, { readonly status: 'unusable' }>;

/** What every hashing job of one run has in common. */
export interface HashSettings {
  readonly scan: ScanSettings;
  /** the memory of files/control */
  readonly control: SharedArrayBuffer;
  /** bytes a second for all workers together, null for no limit */
  readonly readLimit: number | null;
}

/** Look at directories once more, whose locks are held, and do what one job can of their work. */
export interface DirectoriesJob {
  readonly directories: readonly Pick<ScanJob, 'path' | 'only'>[];
  /** where progress is told */
  readonly slot: number;
}

/** Some files of one directory. */
export interface FilesJob {
  readonly path: TreePath;
  readonly tasks: readonly FileTask[];
  readonly slot: number;
}

/** One of several parts of the sums of one file. */
export interface PartJob {
  readonly path: TreePath;
  readonly task: FileTask;
  readonly part: Part;
  readonly slot: number;
}

export interface Part {
  /** from 0 */
  readonly number: number;
  readonly count: number;
  /** of files/shared-file */
  readonly memory: SharedArrayBuffer;
}

/** What became of files; those that a stop left out are not in it. */
export interface FilesReply {
  readonly hashed: PackedRecords;
  readonly kept: readonly KeptFile[];
  readonly problems: readonly ProblemFile[];
}

/** A file that was not read: its sums stand. */
export interface KeptFile {
  readonly name: string;
  readonly size: number;
  readonly reason: Reason;
  readonly dropZsync: boolean;
  /** undefined: as it was */
  readonly signature: Signature | null | undefined;
}

export interface ProblemFile {
  readonly problem: FileProblem;
  readonly size: number;
  /** bytes that were announced to be read */
  readonly bytes: number;
}

export interface DirectoryReply {
  /** its tasks are those that are left for other jobs */
  readonly scan: ScanReply;
  readonly files: FilesReply;
}

/** The digests that a part computed; pieces and zsync sums lie in the shared memory. */
export type PartReply =
  | {
      readonly status: 'done';
      readonly digests: Partial<Digests>;
      readonly signature: Signature | null | undefined;
    }
  | { readonly status: 'problem'; readonly problem: FileProblem }
  | { readonly status: 'stopped' };
