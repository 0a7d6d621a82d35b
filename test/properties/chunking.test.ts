/** However the bytes of a file are cut on their way: its sums are those of the whole, made at once. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernel } from '../../src/files/kernel-file.js';
import { FileSums } from '../../src/hash/file-sums.js';
import { UnitSums } from '../../src/hash/unit-sums.js';
import { ZsumsHash } from '../../src/hash/zsums.js';
import { blockSums } from '../support/zsync-reference.js';
import { holds } from './property.js';

const kernel = loadKernel();
/** Bytes of a file, and where they are cut. */
const contentUpTo = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(length), fc.nat(2 ** 32 - 1)).map(([size, start]) => noise(size, start));
const content = contentUpTo(3_000);
const cuts = fc.array(fc.nat(3_000), { maxLength: 12, size: 'max' });
const pieceLength = fc.constantFrom(100, 256, 1_000, 1_024, 4_096);
const zsyncBlockSize = fc.constantFrom(16, 64, 256, 1_024);

/** Bytes without an order; those of one number are always the same. */
function noise(size: number, start: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let x = start;
  for (let i = 0; i < size; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

function chunksOf(bytes: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const edges = [0, ...at.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
}

/** Each chunk in memory that is overwritten behind it: nobody may keep it. */
function feed(hash: { update(chunk: Uint8Array): void }, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) {
    const lent = chunk.slice();
    hash.update(lent);
    lent.fill(0xaa);
  }
}

function digestOf(name: string, bytes: Uint8Array): Buffer {
  return createHash(name).update(bytes).digest();
}

function piecesOf(bytes: Uint8Array, length: number): Buffer {
  const count = Math.ceil(bytes.length / length);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => digestOf('sha1', bytes.subarray(i * length, (i + 1) * length))),
  );
}

/** By the slow reference, from RFC 1320 and the definition of rsum. */
function zsumsOf(
  bytes: Uint8Array,
  blockSize: number,
  lengths: { readonly rsum: number; readonly checksum: number },
): Buffer {
  const padded = new Uint8Array(Math.ceil(bytes.length / blockSize) * blockSize);
  padded.set(bytes);
  return blockSums(padded, blockSize, lengths);
}

test('digests and pieces of a file', () => {
  holds(
    fc.property(content, cuts, pieceLength, (bytes, at, length) => {
      const sums = new FileSums(bytes.length, { pieceLength: length, zsyncBlockSize: null }, kernel);
      feed(sums, chunksOf(bytes, at));
      const { sha1, sha256, pieces, zsync } = sums.finish(new Uint8Array(16));
      expect(Buffer.from(sha1)).toEqual(digestOf('sha1', bytes));
      expect(Buffer.from(sha256)).toEqual(digestOf('sha256', bytes));
      expect(pieces.length).toBe(length);
      expect(Buffer.from(pieces.sha1)).toEqual(piecesOf(bytes, length));
      expect(zsync).toBe(null);
    }),
  );
});

test('zsync sums of a file', () => {
  holds(
    fc.property(content, cuts, zsyncBlockSize, (bytes, at, blockSize) => {
      const zsums = new ZsumsHash(bytes.length, blockSize, kernel);
      feed(zsums, chunksOf(bytes, at));
      const { hashLengths, sums } = zsums.finish();
      expect(Buffer.from(sums)).toEqual(zsumsOf(bytes, blockSize, hashLengths));
    }),
  );
});

/** Where a file is cut for several threads: between pieces that are ends of blocks, too. */
const unitLength = 1_024;

test('a file in stretches of several threads', () => {
  holds(
    fc.property(
      contentUpTo(3 * unitLength),
      cuts,
      fc.constantFrom(256, 512, 1_024),
      zsyncBlockSize,
      fc.constantFrom(2, 3, 4),
      (bytes, at, pieceLength, zsyncBlockSize, rsum) => {
        const hashLengths = { sequence: 1, rsum, checksum: 16 };
        const each = rsum + hashLengths.checksum;
        const units = Array.from({ length: Math.ceil(bytes.length / unitLength) }, (_, i) => {
          const stretch = bytes.subarray(i * unitLength, (i + 1) * unitLength);
          const into = {
            pieces: new Uint8Array(20 * Math.ceil(stretch.length / pieceLength)),
            zsums: new Uint8Array(each * Math.ceil(stretch.length / zsyncBlockSize)),
            hashLengths,
          };
          const sums = new UnitSums({ pieceLength, zsyncBlockSize }, into, kernel);
          feed(sums, chunksOf(stretch, at));
          sums.finish();
          return into;
        });
        expect(Buffer.concat(units.map((unit) => unit.pieces))).toEqual(piecesOf(bytes, pieceLength));
        expect(Buffer.concat(units.map((unit) => unit.zsums))).toEqual(
          zsumsOf(bytes, zsyncBlockSize, hashLengths),
        );
      },
    ),
    4_000,
  );
});
