/**
 * Whether a redirector's row may become the record of a file as it lies on the disk. PURE.
 *
 * A row is believed only where all of it fits together: one of a broken writer is left out, and its file is read. Size
 * and mtime were compared before; whether the bytes are still those of the row only reading tells (import-sample).
 */
import { infohash } from '../formats/infohash.js';
import { formatHashLengths, hashLengths } from '../hash/zsync-lengths.js';
import type { FileRecord, FileStat, Signature, ZsyncSums } from '../model.js';
import { split } from '../paths.js';
import { parsePieceLength, parseZsyncBlockSize } from '../quantities.js';
import type { RedirectorRow } from '../store/redirector.js';

/** Bytes of each digest. */
const digestLengths = { md5: 16, sha1: 20, sha256: 32, btih: 20 } as const;
const sha1Length = digestLengths.sha1;

export function isSameVersion(row: RedirectorRow, stat: FileStat): boolean {
  return row.size === stat.size && Math.trunc(row.mtime) === Number(stat.mtimeNs / 1_000_000_000n);
}

/** Bytes of the sums that a row ought to have, null when its numbers cannot be. */
export function expectedWeight({ size, sha1piecesize, zblocksize }: RedirectorRow): number | null {
  if (!accepts(parsePieceLength, sha1piecesize)) return null;
  const blocks = accepts(parseZsyncBlockSize, zblocksize) ? Math.ceil(size / zblocksize) : 0;
  return sha1Length * Math.ceil(size / sha1piecesize) + 20 * blocks;
}

/** @returns null when the row is incomplete, or contradicts itself */
export function adopt(row: RedirectorRow, stat: FileStat, signature: Signature | null): FileRecord | null {
  const { path, size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih } = row;
  // The kernels divide files by powers of two alone.
  if (!isSameVersion(row, stat) || !accepts(parsePieceLength, sha1piecesize)) return null;
  if (Object.entries(digestLengths).some(([name, length]) => !isBytes(row[name as 'md5'], length)))
    return null;
  if (!isBytes(sha1pieces, sha1Length * Math.ceil(size / sha1piecesize))) return null;
  const pieces = { length: sha1piecesize, sha1: sha1pieces };
  const expected = infohash({ name: split(path).name, size, sums: { md5, sha1, sha256, pieces } });
  if (Buffer.compare(expected, btih) !== 0) return null;
  const { mtimeNs, inode } = stat;
  return { path, size, mtimeNs, inode, md5, sha1, sha256, btih, pieces, zsync: zsyncOf(row), signature };
}

/** Sums that zsyncmake would not have made are as good as none: they are made anew when they are wanted. */
function zsyncOf({ size, zblocksize: blockSize, zhashlens, zsums: sums }: RedirectorRow): ZsyncSums | null {
  if (size === 0 || !accepts(parseZsyncBlockSize, blockSize)) return null;
  const lengths = hashLengths(size, blockSize);
  if (zhashlens !== formatHashLengths(lengths)) return null;
  const length = Math.ceil(size / blockSize) * (lengths.rsum + lengths.checksum);
  return isBytes(sums, length) ? { blockSize, hashLengths: lengths, sums } : null;
}

/** A column of SQLite may hold anything. */
function isBytes(value: unknown, length: number): boolean {
  return value instanceof Uint8Array && value.length === length;
}

function accepts(parse: (text: string) => unknown, bytes: number): boolean {
  try {
    return parse(String(bytes)) === bytes;
  } catch {
    return false;
  }
}
