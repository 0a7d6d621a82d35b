/**
 * What a redirector's database must be able to do, and the shape of its rows. No implementation.
 *
 * The row is MirrorBrain's `hash` row: whole seconds, and empty values (never NULL) for what does not exist.
 */
import { formatHashLengths } from '../hash/zsync-lengths.js';
import type { FileRecord, TreePath } from '../model.js';

export interface RedirectorRow {
  readonly path: TreePath;
  /** seconds since 1970, truncated towards zero */
  readonly mtime: number;
  /** bytes */
  readonly size: number;
  readonly md5: Uint8Array;
  readonly sha1: Uint8Array;
  readonly sha256: Uint8Array;
  /** bytes */
  readonly sha1piecesize: number;
  readonly sha1pieces: Uint8Array;
  readonly btih: Uint8Array;
  /** '' without a signature */
  readonly pgp: string;
  /** bytes, 0 without zsync sums */
  readonly zblocksize: number;
  /** '' without zsync sums */
  readonly zhashlens: string;
  readonly zsums: Uint8Array;
}

export interface Redirector {
  /** how it is named in output: without a password */
  readonly name: string;
  /** Changes when the database is another one than before (made anew, say). */
  identity(): Promise<string>;
  /** Writes rows, all or none, and commits. */
  upsert(rows: readonly RedirectorRow[]): Promise<void>;
  /** Removes the `hash` rows of paths that are there. @returns how many there were */
  remove(paths: readonly TreePath[]): Promise<number>;
  /** The rows of these paths, as far as they exist. */
  fetch(paths: readonly TreePath[]): Promise<ReadonlyMap<TreePath, RedirectorRow>>;
  /** Paths that have a `hash` row, in order, after the given one. */
  paths(after: TreePath, limit: number): Promise<readonly TreePath[]>;
  close(): Promise<void>;
}

export function toRow(record: FileRecord): RedirectorRow {
  return {
    path: record.path,
    mtime: Number(record.mtimeNs / 1_000_000_000n),
    size: record.size,
    md5: record.md5,
    sha1: record.sha1,
    sha256: record.sha256,
    sha1piecesize: record.pieces.length,
    sha1pieces: record.pieces.sha1,
    btih: record.btih,
    pgp: record.signature?.text ?? '',
    zblocksize: record.zsync?.blockSize ?? 0,
    zhashlens: record.zsync === null ? '' : formatHashLengths(record.zsync.hashLengths),
    zsums: record.zsync?.sums ?? new Uint8Array(0),
  };
}

/** The columns in which two rows differ. */
export function differingColumns(a: RedirectorRow, b: RedirectorRow): readonly (keyof RedirectorRow)[] {
  return (Object.keys(a) as (keyof RedirectorRow)[]).filter((column) => !sameValue(a[column], b[column]));
}

function sameValue(a: string | number | Uint8Array, b: string | number | Uint8Array): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}
