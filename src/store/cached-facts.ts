/** What the cache tells beside records. No behaviour. */
import type { Digests, FileRecord, RefusedCode, TreePath } from '../model.js';

export interface Change {
  readonly sequence: number;
  readonly record: FileRecord;
}

export interface Tombstone {
  readonly sequence: number;
  readonly path: TreePath;
}

export interface StoredProblem {
  readonly path: TreePath;
  readonly outcome: 'skipped' | 'failed';
  readonly code: string;
  readonly message: string;
}

/** A row that a target could not take, and of which version of the record. */
export interface StoredRefusal {
  readonly path: TreePath;
  readonly sequence: number;
  readonly code: RefusedCode;
  readonly message: string;
}

export interface FileDigests extends Digests {
  /** the file's own, without directories */
  readonly name: string;
  /** BitTorrent infohash, 20 bytes */
  readonly btih: Uint8Array;
}

export interface TargetPosition {
  readonly name: string;
  readonly identity: string;
  readonly sequence: number;
}
