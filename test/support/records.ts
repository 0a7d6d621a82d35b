import { createHash } from 'node:crypto';
import { infohash } from '../../src/formats/infohash.js';
import type { FileRecord, FileStat, Pieces, ZsyncSums } from '../../src/model.js';
import { split } from '../../src/paths.js';
import { type RedirectorRow, toRow } from '../../src/store/redirector.js';

/** Nanoseconds since 1970 of a moment long ago. */
export const longAgoNs = 1_600_000_000_123_456_789n;

/** A file's stat as a test needs it. */
export function statOf(changed: Partial<FileStat> = {}): FileStat {
  return {
    size: 1000,
    mtimeNs: longAgoNs,
    ctimeNs: longAgoNs,
    inode: 7n,
    device: 1n,
    ...changed,
  };
}

/** Bytes of a file above which a record has the sums of one of this size, because others would fill the memory. */
const largest = 100_000_000;

/** A record whose sums follow from `seed`: no file has them, but each seed has others. They belong together. */
export function recordOf(
  path: string,
  changed: Partial<FileRecord> & { readonly seed?: string } = {},
): FileRecord {
  const { seed = path, ...rest } = changed;
  const { size = 1000 } = rest;
  const record = {
    path,
    size,
    mtimeNs: longAgoNs,
    inode: 7n,
    md5: bytesOf('md5', `${seed} md5`),
    sha1: bytesOf('sha1', `${seed} sha1`),
    sha256: bytesOf('sha256', `${seed} sha256`),
    pieces: rest.pieces ?? piecesOf(seed, size),
    zsync: rest.zsync === undefined ? zsyncOf(seed, size) : rest.zsync,
    signature: null,
    ...rest,
  };
  const { name } = split(path);
  return { btih: new Uint8Array(infohash({ name, size, sums: record })), ...record };
}

function piecesOf(seed: string, size: number): Pieces {
  const length = 262_144;
  return {
    length,
    sha1: repeated(bytesOf('sha1', `${seed} pieces`), Math.ceil(Math.min(size, largest) / length)),
  };
}

function zsyncOf(seed: string, size: number): ZsyncSums {
  const blockSize = 2048;
  const sums = repeated(bytesOf('md5', seed).subarray(0, 6), Math.ceil(Math.min(size, largest) / blockSize));
  return { blockSize, hashLengths: { sequence: 1, rsum: 2, checksum: 4 }, sums };
}

/** A row whose sums follow from `seed`. */
export function rowOf(path: string, seed = path): RedirectorRow {
  return toRow(recordOf(path, { seed }));
}

/** Buffers as plain arrays: a Buffer from a database is the same value as the array that was written. */
export function plain(record: FileRecord): FileRecord {
  return structuredClone(record);
}

function repeated(bytes: Uint8Array, times: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(bytes.length * times, bytes));
}

function bytesOf(algorithm: string, text: string): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(text).digest());
}
