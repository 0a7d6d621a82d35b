/**
 * How many records cross a thread: packed by column.
 *
 * Cloning an object with six small arrays for each file costs more than any of its digests, if it is small; a few columns for a
 * whole job cost next to nothing. PURE, both directions side by side.
 */
import type { FileRecord, Reason, Signature, Sums, TreePath } from './model.js';
import { join } from './paths.js';

/** A file that was read, and all that its record is made of. */
export interface HashedFile {
  readonly name: string;
  /** bytes */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  readonly reason: Reason;
  readonly sums: Sums & { readonly btih: Uint8Array };
  readonly signature: Signature | null;
}

interface FileColumns {
  readonly names: string[];
  readonly sizes: number[];
  readonly mtimes: bigint[];
  readonly inodes: bigint[];
  readonly reasons: Reason[];
  readonly pieceLengths: number[];
  /** 0 for a file without zsync sums */
  readonly zsyncBlockSizes: number[];
  /** three for each file */
  readonly hashLengths: number[];
  /** lengths of the piece hashes and of the zsync sums of each file */
  readonly piecesLengths: number[];
  readonly zsumsLengths: number[];
  readonly signatures: (Signature | null)[];
}

export interface PackedRecords extends FileColumns {
  /** of each file, one after the other: MD5, SHA-1, SHA-256, infohash, piece hashes, zsync sums */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes of the digests in their order. */
const md5Length = 16;
const sha1Length = 20;
const sha256Length = 32;

const digestsLength = md5Length + sha1Length + sha256Length + sha1Length;

export function packRecords(files: readonly HashedFile[]): PackedRecords {
  const columns: FileColumns = {
    names: files.map((file) => file.name),
    sizes: files.map((file) => file.size),
    mtimes: files.map((file) => file.mtimeNs),
    inodes: files.map((file) => file.inode),
    reasons: files.map((file) => file.reason),
    pieceLengths: files.map((file) => file.sums.pieces.length),
    zsyncBlockSizes: files.map((file) => file.sums.zsync?.blockSize ?? 0),
    hashLengths: files.flatMap((file) => lengthsOf(file.sums)),
    piecesLengths: files.map((file) => file.sums.pieces.sha1.length),
    zsumsLengths: files.map((file) => file.sums.zsync?.sums.length ?? 0),
    signatures: files.map((file) => file.signature),
  };
  return { ...columns, bytes: bytesOf(files) };
}

function bytesOf(files: readonly HashedFile[]): Uint8Array<ArrayBuffer> {
  const length = files.reduce(
    (sum, { sums }) => sum + digestsLength + sums.pieces.sha1.length + (sums.zsync?.sums.length ?? 0),
    0,
  );
  const bytes = new Uint8Array(length);
  let at = 0;
  const add = (part: Uint8Array): void => {
    bytes.set(part, at);
    at += part.length;
  };
  for (const { sums } of files) {
    add(sums.md5);
    add(sums.sha1);
    add(sums.sha256);
    add(sums.btih);
    add(sums.pieces.sha1);
    if (sums.zsync !== null) add(sums.zsync.sums);
  }
  return bytes;
}

function lengthsOf({ zsync }: Sums): [number, number, number] {
  if (zsync === null) return [0, 0, 0];
  const { sequence, rsum, checksum } = zsync.hashLengths;
  return [sequence, rsum, checksum];
}

export interface UnpackedRecord {
  readonly record: FileRecord;
  readonly reason: Reason;
}

/** @param directory of all the files. The records' bytes are views of the packed ones. */
export function unpackRecords(directory: TreePath, packed: PackedRecords): UnpackedRecord[] {
  let at = 0;
  const take = (length: number): Uint8Array => {
    at += length;
    return packed.bytes.subarray(at - length, at);
  };
  return packed.names.map((name, index) => {
    const column = <T>(values: readonly T[]): T => values[index] as T;
    const blockSize = column(packed.zsyncBlockSizes);
    const [sequence = 0, rsum = 0, checksum = 0] = packed.hashLengths.slice(3 * index, 3 * index + 3);
    const record: FileRecord = {
      path: join(directory, name),
      size: column(packed.sizes),
      mtimeNs: column(packed.mtimes),
      inode: column(packed.inodes),
      md5: take(md5Length),
      sha1: take(sha1Length),
      sha256: take(sha256Length),
      btih: take(sha1Length),
      pieces: { length: column(packed.pieceLengths), sha1: take(column(packed.piecesLengths)) },
      zsync:
        blockSize === 0
          ? null
          : {
              blockSize,
              hashLengths: { sequence: sequence as 1 | 2, rsum, checksum },
              sums: take(column(packed.zsumsLengths)),
            },
      signature: column(packed.signatures),
    };
    return { record, reason: column(packed.reasons) };
  });
}
