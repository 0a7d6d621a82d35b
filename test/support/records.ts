import { createHash } from 'node:crypto';
import type { FileRecord, FileStat } from '../../src/model.js';
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

/** A record whose sums follow from `seed`: no file has them, but each seed has others. */
export function recordOf(
  path: string,
  changed: Partial<FileRecord> & { readonly seed?: string } = {},
): FileRecord {
  const { seed = path, ...rest } = changed;
  return {
    path,
    size: 1000,
    mtimeNs: longAgoNs,
    inode: 7n,
    md5: bytesOf('md5', `${seed} md5`),
    sha1: bytesOf('sha1', `${seed} sha1`),
    sha256: bytesOf('sha256', `${seed} sha256`),
    btih: bytesOf('sha1', `${seed} btih`),
    pieces: { length: 262_144, sha1: bytesOf('sha1', `${seed} pieces`) },
    zsync: {
      blockSize: 2048,
      hashLengths: { sequence: 1, rsum: 2, checksum: 4 },
      sums: bytesOf('md5', seed).subarray(0, 6),
    },
    signature: null,
    ...rest,
  };
}

/** A row whose sums follow from `seed`. */
export function rowOf(path: string, seed = path): RedirectorRow {
  return toRow(recordOf(path, { seed }));
}

/** Buffers as plain arrays: a Buffer from a database is the same value as the array that was written. */
export function plain(record: FileRecord): FileRecord {
  return structuredClone(record);
}

function bytesOf(algorithm: string, text: string): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(text).digest());
}
