/**
 * The types that travel between the rooms: what is known about a file, what is wanted, what happened.
 *
 * No behaviour lives here. Everything is readonly and survives a structured clone, because most of it
 * crosses a thread.
 */

/** A path relative to the base: `/` between parts, no leading `/` or `./`; the base itself is `''`. */
export type TreePath = string;

/** The facts of `lstat` that freshness and stable reading compare. Times are nanoseconds since 1970. */
export interface FileStat {
  /** bytes */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly device: bigint;
}

/** Which sums are wanted, for a whole tree. */
export interface Recipe {
  /** bytes, or `auto` for the rule of the size */
  readonly pieceLength: number | 'auto';
  readonly zsync: boolean;
  /** globs against the path; empty means every file */
  readonly zsyncInclude: readonly string[];
  /** bytes, or `auto` for the rule of the size */
  readonly zsyncBlockSize: number | 'auto';
  /** bytes; larger files get no zsync sums */
  readonly zsyncMaxSize: number;
}

/** What a recipe means for one file. */
export interface FileRecipe {
  /** bytes */
  readonly pieceLength: number;
  /** bytes; null when the file gets no zsync sums */
  readonly zsyncBlockSize: number | null;
}

/** zsync's `Hash-Lengths`: sequence matches, bytes of rsum, bytes of MD4. */
export interface HashLengths {
  readonly sequence: number;
  readonly rsum: number;
  readonly checksum: number;
}

export interface ZsyncSums {
  /** bytes */
  readonly blockSize: number;
  readonly hashLengths: HashLengths;
  /** per block `rsum ‖ MD4`, cut to the hash lengths, as in the body of a `.zsync` */
  readonly sums: Uint8Array;
}

export interface Digests {
  readonly md5: Uint8Array;
  readonly sha1: Uint8Array;
  readonly sha256: Uint8Array;
}

export interface Pieces {
  /** bytes */
  readonly length: number;
  /** 20 bytes a piece */
  readonly sha1: Uint8Array;
}

/** Everything that one reading of a file yields. */
export interface Sums extends Digests {
  readonly pieces: Pieces;
  readonly zsync: ZsyncSums | null;
}

/** Which version of `NAME.asc` was looked at; its text is null when it is no detached signature. */
export interface Signature {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly text: string | null;
}

/** All that is known about one version of one file. */
export interface FileRecord extends Sums {
  readonly path: TreePath;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  /** BitTorrent infohash, 20 bytes */
  readonly btih: Uint8Array;
  /** null when there is no `NAME.asc` */
  readonly signature: Signature | null;
}

/** zsync sums as clients get them. */
export interface PublishedZsync {
  /** bytes */
  readonly blockSize: number;
  /** as in the header: `2,2,4` */
  readonly hashLengths: string;
  /** the body of a `.zsync` */
  readonly sums: Uint8Array;
}

/** What clients may be told of one version of one file: artifacts are made of it and of URLs, and of nothing else. */
export interface Published extends Digests {
  readonly path: TreePath;
  /** bytes */
  readonly size: number;
  /** whole seconds since 1970 */
  readonly mtime: number;
  readonly pieces: Pieces;
  /** BitTorrent infohash, 20 bytes */
  readonly btih: Uint8Array;
  readonly zsync: PublishedZsync | null;
  /** the ASCII-armoured text of the detached signature */
  readonly signature: string | null;
}

/** A mirror, in the words of MirrorBrain's `server` table. */
export interface Mirror {
  readonly id: number;
  /** a name of its own, such as `ftp.example.org` */
  readonly identifier: string;
  /** absolute http or https URL of the tree's root there, with `/` at its end */
  readonly baseurl: string;
  /** ISO 3166-1 alpha-2, lower case; '' when not known */
  readonly country: string;
  /** continent: af an as eu na oc sa; '' when not known */
  readonly region: string;
  /** its share of the redirects, beside mirrors that are as near; 0: none */
  readonly score: number;
  readonly enabled: boolean;
}

/** Why a file is (or would be) read, or why its record changes without reading. */
export type Reason =
  | 'new'
  | 'size'
  | 'mtime'
  | 'inode'
  | 'piece length'
  | 'zsync wanted'
  | 'zsync block size'
  | 'forced'
  | 'zsync dropped'
  | 'signature added'
  | 'signature changed'
  | 'signature removed';

/** What is to be done for one file of a directory. */
export interface FileTask {
  readonly name: string;
  readonly stat: FileStat;
  readonly recipe: FileRecipe;
  readonly reason: Reason;
  /** `read`: compute everything; `keep`: the sums stand; `trim`: they stand, but the zsync sums go */
  readonly payload: 'read' | 'keep' | 'trim';
  /** `read`: pick up `NAME.asc`; `keep`: as it was; `none`: there is none (any more) */
  readonly signature: 'read' | 'keep' | 'none';
}

export type DeferredCode = 'FILE_CHANGED' | 'FILE_VANISHED' | 'LOCK_LOST' | 'RECORD_STALE';
export type SkippedCode = 'NAME_NOT_UTF8' | 'PATH_TOO_LONG' | 'NOT_A_FILE';
export type FailedCode = 'FILE_UNREADABLE' | 'CONTENT_DIFFERS';
export type DirectoryFailedCode = 'DIRECTORY_UNREADABLE' | 'OUTPUT_UNWRITABLE';

/** A path that could not be handled, in words for people. */
export type FileProblem =
  | {
      readonly outcome: 'deferred';
      readonly path: TreePath;
      readonly code: DeferredCode;
      readonly message: string;
    }
  | {
      readonly outcome: 'skipped';
      readonly path: TreePath;
      readonly code: SkippedCode;
      readonly message: string;
      /** the exact bytes of a path that is not UTF-8, in base64 */
      readonly pathBase64?: string;
    }
  | {
      readonly outcome: 'failed';
      readonly path: TreePath;
      readonly code: FailedCode;
      readonly message: string;
    };

/** What became of one file. */
export type FileEvent = { readonly event: 'file'; readonly size: number | null } & (
  | { readonly outcome: 'hashed'; readonly path: TreePath; readonly reason: Reason }
  | { readonly outcome: 'unchanged'; readonly path: TreePath; readonly reason: Reason | null }
  | { readonly outcome: 'pruned'; readonly path: TreePath }
  | FileProblem
);

export type DirectoryEvent = {
  readonly event: 'directory';
  readonly path: TreePath;
  readonly message: string;
} & (
  | { readonly outcome: 'locked'; readonly code: 'DIRECTORY_LOCKED' }
  | { readonly outcome: 'failed'; readonly code: DirectoryFailedCode }
);

/** Something that the run as a whole says; `fatal` makes it end with status 1. */
export interface NoticeEvent {
  readonly event: 'notice';
  readonly level: 'warning' | 'fatal';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Why a redirector's database cannot hold a row. */
export type RefusedCode = 'PATH_TOO_LONG' | 'PATH_BACKSLASH' | 'MTIME_OUT_OF_RANGE' | 'ROW_REFUSED';

/** A row that a redirector's database cannot hold, in words for people. */
export interface Refusal {
  readonly path: TreePath;
  readonly code: RefusedCode;
  readonly message: string;
}

/** What became of a row on its way to the redirector; those that went well have no event. */
export type RowEvent = { readonly event: 'row'; readonly outcome: 'refused' } & Refusal;

/** What became of a file that an export writes; those that are as they should be have no event. */
export type OutputEvent = {
  readonly event: 'output';
  /** relative to the root of the outputs */
  readonly path: TreePath;
} & (
  | { readonly outcome: 'written' | 'removed' }
  | { readonly outcome: 'foreign'; readonly code: 'NOT_OURS'; readonly message: string }
  | { readonly outcome: 'skipped'; readonly code: 'PATH_TOO_LONG'; readonly message: string }
);

export type RunEvent = FileEvent | DirectoryEvent | RowEvent | NoticeEvent;

export type ExportEvent = FileEvent | DirectoryEvent | OutputEvent | NoticeEvent;

export interface SyncResult {
  /** the target without its password */
  readonly redirector: string;
  readonly upserted: number;
  readonly deleted: number;
  /** rows that the target cannot hold, among those of this sync */
  readonly refused: number;
}

/** The counts at the end of a run; `seen` is the sum of unchanged, hashed, deferred, skipped and failed. */
export interface Summary {
  readonly files: {
    readonly seen: number;
    readonly unchanged: number;
    /** of the unchanged: records renewed without reading the file (signature, recipe) */
    readonly updated: number;
    readonly hashed: number;
    readonly deferred: number;
    readonly skipped: number;
    readonly failed: number;
    readonly pruned: number;
    readonly excluded: number;
  };
  readonly directories: { readonly seen: number; readonly locked: number; readonly failed: number };
  readonly bytes: { readonly hashed: number };
  readonly seconds: number;
  /** null when nothing was to be synced */
  readonly sync: SyncResult | null;
}

/** A moment of a run, for people who watch it. */
export interface Progress {
  /** false while the walk still finds work: the totals grow */
  readonly walked: boolean;
  readonly directories: number;
  readonly filesSeen: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** files being read at this moment, the largest first */
  readonly active: readonly { readonly path: TreePath; readonly size: number; readonly done: number }[];
  /** seconds that the run waits for files written a moment ago, null when it does not wait */
  readonly waiting: number | null;
}
