/**
 * Whether rows of `cache.db` are as they were put. PURE.
 *
 * SQLite keeps no checksums: a bit that a disk flipped makes another number of a number, nothing of a text, or moves the
 * ends of all values behind it. What may no longer be a row of ours must not be taken for one. The infohash is made of
 * name, size, digests and pieces, so it tells whether they still belong together.
 */
import { type InfohashSource, infohash } from '../formats/infohash.js';
import type { FileRecord } from '../model.js';
import { split } from '../paths.js';
import type { DigestsRow, FileTuple, RecordRow } from './cache-rows.js';

/** Bytes of MD5, SHA-1, SHA-256 and infohash. */
const digestBytes = 16 + 20 + 32 + 20;
const sha1Bytes = 20;

/** What `splitTime` makes of nanoseconds. */
const nsLimit = 1_000_000_000;

export function isSoundTuple(row: FileTuple): boolean {
  const [id, name, size, mtimeS, mtimeNs, inode, sequence, pieceLength, blockSize] = row;
  return (
    typeof name === 'string' &&
    name !== '' &&
    typeof inode === 'string' &&
    isCount(id) &&
    isCount(size) &&
    isCount(sequence) &&
    isTime(mtimeS, mtimeNs) &&
    isLength(pieceLength) &&
    (blockSize === null || isLength(blockSize)) &&
    (row[9] === null || (isCount(row[9]) && isTime(row[10], row[11])))
  );
}

/** @param detail `glance`: the sums of pieces and blocks were not fetched */
export function isSoundRow(row: RecordRow, detail: 'all' | 'glance'): boolean {
  const { zsync_block_size: blockSize, signature_size: signatureSize, signature } = row;
  const isFile =
    typeof row.directory_path === 'string' &&
    typeof row.name === 'string' &&
    row.name !== '' &&
    typeof row.inode === 'string' &&
    /^\d+$/.test(row.inode) &&
    isCount(row.size) &&
    isCount(row.sequence) &&
    isTime(row.mtime_s, row.mtime_ns) &&
    isLength(row.piece_length) &&
    (blockSize === null || isLength(blockSize)) &&
    (signatureSize === null ||
      (isCount(signatureSize) && isTime(row.signature_mtime_s, row.signature_mtime_ns))) &&
    (signature === null || typeof signature === 'string');
  return isFile && isSoundSums(row, detail);
}

function isSoundSums(row: RecordRow, detail: 'all' | 'glance'): boolean {
  const { all_sums: sums, zsync_block_size: blockSize, zsync_hash_lengths: lengths } = row;
  if (!(sums instanceof Uint8Array) || row.digests !== 1) return false;
  const zsync = blockSize === null || lengths === null ? null : hashBytes(lengths);
  if (Number.isNaN(zsync)) return false;
  if (detail === 'glance') return sums.length === digestBytes;
  const pieces = sha1Bytes * Math.ceil(row.size / row.piece_length);
  const blocks = zsync === null ? 0 : zsync * Math.ceil(row.size / (blockSize ?? 1));
  return row.pieces_bytes === pieces && sums.length === digestBytes + pieces + blocks;
}

/** Bytes of the sums of one block, by its hash lengths; NaN where they are none. */
function hashBytes(lengths: unknown): number {
  const match = typeof lengths === 'string' ? /^[12],([1-4]),([3-9]|1[0-6])$/.exec(lengths) : null;
  return match === null ? Number.NaN : Number(match[1]) + Number(match[2]);
}

/** Digests without the rest of their record. */
export function isSoundDigests(row: DigestsRow): boolean {
  const { name, size, piece_length: length, pieces, md5, sha1, sha256, btih } = row;
  if (row.digests !== 1 || typeof name !== 'string' || !(pieces instanceof Uint8Array)) return false;
  return isInfohash(btih, { name, size, sums: { md5, sha1, sha256, pieces: { length, sha1: pieces } } });
}

/** Whether the sums of a record, its name and its size belong together. */
export function belongTogether(record: FileRecord): boolean {
  const { path, size, md5, sha1, sha256, pieces, btih } = record;
  return isInfohash(btih, { name: split(path).name, size, sums: { md5, sha1, sha256, pieces } });
}

function isInfohash(btih: Uint8Array, source: InfohashSource): boolean {
  return Buffer.compare(infohash(source), btih) === 0;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isLength(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isTime(s: unknown, ns: unknown): boolean {
  return Number.isSafeInteger(s) && Number.isSafeInteger(ns) && Math.abs(ns as number) < nsLimit;
}
