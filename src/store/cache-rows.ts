/**
 * Rows of `cache.db` ↔ records. Pure translations, both directions side by side.
 */
import type { CachedFile } from '../freshness.js';
import { formatHashLengths, parseHashLengths } from '../hash/zsync-lengths.js';
import type { VanishedFile } from '../jobs.js';
import type { Digests, FileRecord, Signature } from '../model.js';
import { join } from '../paths.js';
import type { FileDigests } from './cached-facts.js';

const nsPerSecond = 1_000_000_000n;

export interface FileRow {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly inode: string;
  readonly sequence: number;
  readonly piece_length: number;
  readonly zsync_block_size: number | null;
  readonly signature_size: number | null;
  readonly signature_mtime_s: number | null;
  readonly signature_mtime_ns: number | null;
  readonly adopted: number;
}

/** A row with the columns of `fileColumns`, in their order. */
export type FileTuple = readonly [
  id: number,
  name: string,
  size: number,
  mtimeS: number,
  mtimeNs: number,
  inode: string,
  sequence: number,
  pieceLength: number,
  zsyncBlockSize: number | null,
  signatureSize: number | null,
  signatureMtimeS: number | null,
  signatureMtimeNs: number | null,
  adopted: number,
];

export interface SumsRow {
  /** MD5, SHA-1, SHA-256, infohash, then those of the pieces, then those of the blocks */
  readonly all_sums: Buffer;
  /** 1 when each digest has its length */
  readonly digests: number;
  /** bytes of those of the pieces */
  readonly pieces_bytes: number;
  readonly signature: string | null;
  readonly zsync_hash_lengths: string | null;
}

export type RecordRow = FileRow & SumsRow & { readonly directory_path: string };

/** The columns of `file` that freshness needs. */
export const fileColumns = `file.id, name, size, mtime_s, mtime_ns, inode, sequence, piece_length,
  zsync_block_size, signature_size, signature_mtime_s, signature_mtime_ns, adopted`;

/** Bytes of each digest, in the order in which they are fetched. */
const [md5, sha1, sha256, btih] = [16, 20, 32, 20];
const digests = 'md5 || sha1 || sha256 || btih';

/** Whether each of them is as long as it should be: all that is taken from their row stands on it. */
const soundDigests = `length(md5) = ${md5} AND length(sha1) = ${sha1} AND length(sha256) = ${sha256} AND length(btih) = ${btih}`;

const others = `${fileColumns}, directory.path AS directory_path, signature, zsync_hash_lengths,
  ${soundDigests} AS digests`;
const tables = 'FROM file JOIN directory ON directory.id = file.directory JOIN sums ON sums.file = file.id';

/**
 * The columns of a whole record, with the tables they come from. All sums come as one: a Buffer for each of them takes
 * twice as long as all the rest.
 */
export const recordSource = `${others}, CAST(${digests} || pieces || ifnull(zsync_sums, '') AS BLOB) AS all_sums,
  length(pieces) AS pieces_bytes ${tables}`;

/** The same with nothing in the place of the sums of pieces and blocks, which may take megabytes. */
export const glanceSource = `${others}, CAST(${digests} AS BLOB) AS all_sums, 0 AS pieces_bytes ${tables}`;

/** What digests, and the proof that they belong together, are read from. */
export interface DigestsRow extends Digests {
  readonly name: string;
  readonly size: number;
  readonly piece_length: number;
  readonly pieces: Uint8Array;
  readonly btih: Uint8Array;
  readonly digests: number;
}

/** Those of a directory. */
export const selectDigests = `SELECT name, size, piece_length, pieces, md5, sha1, sha256, btih, ${soundDigests} AS digests
  ${tables} WHERE directory.path = @directory`;

export function toFileDigests({ name, md5, sha1, sha256, btih }: DigestsRow): FileDigests {
  return { name, md5, sha1, sha256, btih };
}

/** Both parts carry the sign, as division does: -0.5 s is 0 s and -500,000,000 ns. */
export function splitTime(ns: bigint): { readonly s: number; readonly ns: number } {
  return { s: Number(ns / nsPerSecond), ns: Number(ns % nsPerSecond) };
}

export function joinTime(s: number, ns: number): bigint {
  return BigInt(s) * nsPerSecond + BigInt(ns);
}

export function toCachedFile(row: FileTuple): CachedFile & VanishedFile {
  const [id, , size, mtimeS, mtimeNs, inode, sequence, pieceLength, zsyncBlockSize] = row;
  return {
    id,
    sequence,
    size,
    mtimeNs: joinTime(mtimeS, mtimeNs),
    inode,
    pieceLength,
    zsyncBlockSize,
    signature: versionOf(row[9], row[10], row[11]),
    adopted: row[12] === 1,
  };
}

export function toRecord(row: RecordRow): FileRecord {
  let at = 0;
  const next = (bytes: number): Uint8Array => {
    at += bytes;
    return row.all_sums.subarray(at - bytes, at);
  };
  return {
    path: join(row.directory_path, row.name),
    size: row.size,
    mtimeNs: joinTime(row.mtime_s, row.mtime_ns),
    inode: BigInt(row.inode),
    md5: next(md5),
    sha1: next(sha1),
    sha256: next(sha256),
    btih: next(btih),
    pieces: { length: row.piece_length, sha1: next(row.pieces_bytes) },
    zsync: zsyncOf(row, row.all_sums.subarray(at)),
    signature: signatureOf(row),
  };
}

/** The columns that `fileValues` fills, and those that `sumsValues` fills: both in that order. */
export const fileValueColumns = [
  'size',
  'mtime_s',
  'mtime_ns',
  'inode',
  'piece_length',
  'zsync_block_size',
  'signature_size',
  'signature_mtime_s',
  'signature_mtime_ns',
] as const;
export const sumsValueColumns = [
  'md5',
  'sha1',
  'sha256',
  'btih',
  'signature',
  'pieces',
  'zsync_hash_lengths',
  'zsync_sums',
] as const;

export function fileValues(record: FileRecord): unknown[] {
  const mtime = splitTime(record.mtimeNs);
  return [
    record.size,
    mtime.s,
    mtime.ns,
    String(record.inode),
    record.pieces.length,
    record.zsync?.blockSize ?? null,
    ...signatureValues(record.signature),
  ];
}

export function sumsValues(record: FileRecord): unknown[] {
  const { zsync } = record;
  return [
    record.md5,
    record.sha1,
    record.sha256,
    record.btih,
    record.signature?.text ?? null,
    record.pieces.sha1,
    zsync === null ? null : formatHashLengths(zsync.hashLengths),
    zsync?.sums ?? null,
  ];
}

/** Size, seconds and nanoseconds of the signature file. */
export function signatureValues(signature: Signature | null): [number | null, number | null, number | null] {
  if (signature === null) return [null, null, null];
  const mtime = splitTime(signature.mtimeNs);
  return [signature.size, mtime.s, mtime.ns];
}

function versionOf(
  size: number | null,
  mtimeS: number | null,
  mtimeNs: number | null,
): { size: number; mtimeNs: bigint } | null {
  if (size === null || mtimeS === null || mtimeNs === null) return null;
  return { size, mtimeNs: joinTime(mtimeS, mtimeNs) };
}

function signatureOf(row: RecordRow): Signature | null {
  const version = versionOf(row.signature_size, row.signature_mtime_s, row.signature_mtime_ns);
  return version === null ? null : { ...version, text: row.signature };
}

function zsyncOf(row: RecordRow, sums: Uint8Array): FileRecord['zsync'] {
  const { zsync_block_size: blockSize, zsync_hash_lengths: lengths } = row;
  if (blockSize === null || lengths === null) return null;
  return { blockSize, hashLengths: parseHashLengths(lengths), sums };
}
