/**
 * What crosses a thread in an export: what is wanted of all directories, one job, and what became of each directory.
 */
import type { ErrorCode } from '../errors.js';
import type { Distribution } from '../formats/distribution.js';
import type { ChosenFormats } from '../formats/export-formats.js';
import type { DirectoryFailedCode, FileEvent, OutputEvent, TreePath } from '../model.js';
import type { SelectionRules } from '../selection.js';

/** What every artifact of an export says beside the facts of its record. */
export interface ExportPublication extends Pick<Distribution, 'trackers' | 'dhtNodes' | 'publisher'> {
  /** URL of the base at the publisher's, with `/` at its end; null: not known */
  readonly baseUrl: string | null;
  /** URLs of the base at mirrors, with `/` at their ends, the best first */
  readonly mirrorUrls: readonly string[];
}

/** What is to be written. */
export interface ExportWish {
  readonly formats: ChosenFormats;
  readonly sumsStyle: 'gnu' | 'bsd';
  readonly publication: ExportPublication;
  readonly selection: SelectionRules;
}

/** What every directory of one export has in common. */
export interface ExportSettings extends ExportWish {
  /** of the tree: absolute, without symbolic links */
  readonly base: string;
  /** the root of the outputs, likewise; the base itself when they lie beside the files */
  readonly out: string;
  readonly cacheFile: string;
  /** where it is, or would be */
  readonly manifestFile: string;
  /** of the program: what another version made is made anew, and left alone when it is the same */
  readonly version: string;
  readonly dryRun: boolean;
  /** outputs that are there already with the right bytes are ours from now on, whoever wrote them */
  readonly adopt: boolean;
  /** name what was written and removed, too */
  readonly listAll: boolean;
  /** of the gate through which directories of outputs are opened and made (files/gate) */
  readonly gate: SharedArrayBuffer;
}

/**
 * What is done with outputs whose file is lost, that is neither known nor there: `defer` leaves such a directory for
 * later, when all are counted; `keep` writes the rest; `remove` is the end of them.
 */
export type LossRule = 'defer' | 'keep' | 'remove';

export interface ExportJob {
  readonly directories: readonly TreePath[];
  readonly losses: LossRule;
}

/** The list for trackers, which is made of all directories. */
export interface AllowlistJob {
  /** whether it may be another one than before */
  readonly changed: boolean;
  /** of a dry run: what would be remembered of these directories */
  readonly instead: ReadonlyMap<TreePath, Uint8Array>;
}

/** What became of the files of a directory; those of `seen` that are not exported have left no output. */
export interface ExportedFiles {
  readonly exported: number;
  /** not for everybody to see */
  readonly hidden: number;
  /** not the version that the record describes */
  readonly stale: number;
  readonly excluded: number;
  /** exported before, and neither known nor there any more */
  readonly lost: number;
}

export interface ExportedOutputs {
  readonly written: number;
  readonly unchanged: number;
  readonly removed: number;
  /** left alone, because somebody else made them */
  readonly foreign: number;
  /** those that no file system can hold */
  readonly skipped: number;
}

export type DirectoryReport =
  | {
      readonly status: 'done';
      readonly path: TreePath;
      /** whether anything but a look was needed */
      readonly changed: boolean;
      readonly files: ExportedFiles;
      readonly outputs: ExportedOutputs;
      readonly events: readonly (OutputEvent | FileEvent)[];
      /** what a dry run does not write down; else null */
      readonly infohashes: Uint8Array | null;
    }
  /** put off by `defer` */
  | { readonly status: 'losing'; readonly path: TreePath; readonly files: ExportedFiles }
  | {
      readonly status: 'failed';
      readonly path: TreePath;
      readonly code: DirectoryFailedCode;
      readonly message: string;
      /** whether the others will fail for the same reason */
      readonly hopeless: boolean;
    }
  /** a database cannot be used: a `MirrorhashError` in parts, because thrown ones lose their class */
  | {
      readonly status: 'unusable';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
    };

/** A report for each of the first directories of a job, at least one; the rest would take too long. */
export type ExportReply = readonly DirectoryReport[];
