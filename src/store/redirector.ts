/**
 * What a redirector's database must be able to do, and the shape of its rows. No implementation.
 *
 * The row is MirrorBrain's `hash` row: whole seconds, and empty values (never NULL) for what does not exist.
 */
import { formatHashLengths } from '../hash/zsync-lengths.js';
import type { FileRecord, Published, Refusal, TreePath } from '../model.js';

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

/** The columns of MirrorBrain's `hash`, in their order. */
export const hashColumns = [
  'mtime',
  'size',
  'md5',
  'sha1',
  'sha256',
  'sha1piecesize',
  'sha1pieces',
  'btih',
  'pgp',
  'zblocksize',
  'zhashlens',
  'zsums',
] as const satisfies readonly (keyof RedirectorRow)[];

/** What became of rows; the others were there already, as they are. */
export interface Upserted {
  readonly written: number;
  /** those that the database cannot hold */
  readonly refusals: readonly Refusal[];
}

/**
 * An open database. What fails throws a MirrorhashError: REDIRECTOR_AWAY when it may well work a little later (the
 * server restarts, say), REDIRECTOR_UNUSABLE when somebody must do something first.
 */
export interface Redirector {
  /** how it is named in output: without a password */
  readonly name: string;
  /** how much one transaction should hold: rows, and bytes of sums */
  readonly batch: { readonly rows: number; readonly bytes: number };
  /** Changes when the database is another one than before (made anew, say). */
  identity(): Promise<string>;
  /**
   * Writes the rows that are not there as they are, and commits: all of them, or none when it throws (some, when it was
   * looking for rows that it cannot hold). Of rows with one path the last counts.
   */
  upsert(rows: readonly RedirectorRow[]): Promise<Upserted>;
  /** Removes the `hash` rows of paths that are there. @returns how many there were */
  remove(paths: readonly TreePath[]): Promise<number>;
  /** The rows of these paths, as far as they exist. @param detail `glance`: without what is large, as `glanceAt` */
  fetch(paths: readonly TreePath[], detail: 'all' | 'glance'): Promise<ReadonlyMap<TreePath, RedirectorRow>>;
  /** Paths that have a `hash` row, in order, after the given one. */
  paths(after: TreePath, limit: number): Promise<readonly TreePath[]>;
  /** Which of these paths it lists in `filearr`, with hashes or without. */
  listed(paths: readonly TreePath[]): Promise<ReadonlySet<TreePath>>;
  /** How many paths `filearr` lists, counted up to `most`. */
  listedCount(most: number): Promise<number>;
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

/** What clients are told of a row. Large columns that were not read may be missing from it, as `glanceAt` leaves them. */
export function toPublished(row: RedirectorRow): Published {
  const { path, size, mtime, md5, sha1, sha256, btih, zhashlens, pgp } = row;
  return {
    ...{ path, size, mtime, md5, sha1, sha256, btih },
    pieces: { length: row.sha1piecesize, sha1: row.sha1pieces },
    zsync:
      row.zblocksize === 0 ? null : { blockSize: row.zblocksize, hashLengths: zhashlens, sums: row.zsums },
    signature: pgp === '' ? null : pgp,
  };
}

/** A row without the sums of its pieces and blocks, which may take megabytes. */
export function glanceAt(row: RedirectorRow): RedirectorRow {
  return { ...row, sha1pieces: nothing, zsums: nothing };
}

const nothing = new Uint8Array(0);

/** The columns in which two rows differ. */
export function differingColumns(a: RedirectorRow, b: RedirectorRow): readonly (keyof RedirectorRow)[] {
  return (Object.keys(a) as (keyof RedirectorRow)[]).filter((column) => !sameValue(a[column], b[column]));
}

function sameValue(a: string | number | Uint8Array, b: string | number | Uint8Array): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}
