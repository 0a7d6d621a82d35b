import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadKernel } from '../../src/files/kernel-file.js';
import { infohash } from '../../src/formats/infohash.js';
import { FileSums } from '../../src/hash/file-sums.js';
import type { Kernel } from '../../src/hash/kernel.js';
import { formatHashLengths } from '../../src/hash/zsync-lengths.js';
import type { FileRecipe } from '../../src/model.js';
import { defaultRecipe, fileRecipe } from '../../src/recipe.js';
import { chunkSizes, contents, feed, hex, vectors } from './content.js';

const kernel = loadKernel();
/** All sums; MD5, which is given to FileSums, by node:crypto. */
function sumsOf(size: number, recipe: FileRecipe, kernel: Kernel) {
  const others = new FileSums(size, recipe, kernel);
  const md5 = createHash('md5');
  return {
    update(chunk: Uint8Array) {
      others.update(chunk);
      md5.update(chunk);
    },
    finish: () => others.finish(new Uint8Array(md5.digest())),
  };
}

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

describe('every golden vector, in every chunking', () => {
  test('there are all 25', () => {
    expect(vectors).toHaveLength(25);
    expect(vectors.filter((vector) => vector.zsync !== undefined)).toHaveLength(24);
  });

  test.each(vectors)('$name', (vector) => {
    const { name, size } = vector;
    const recipe = fileRecipe(defaultRecipe, size, true);
    const bytes = contents.mod251(size);
    for (const chunkSize of size === 0 ? [1] : chunkSizes(size)) {
      const fileSums = sumsOf(size, recipe, kernel);
      feed(bytes, chunkSize, (chunk) => fileSums.update(chunk));
      const sums = fileSums.finish();
      expect(
        {
          md5: hex(sums.md5),
          sha1: hex(sums.sha1),
          sha256: hex(sums.sha256),
          pieceLength: sums.pieces.length,
          pieceCount: sums.pieces.sha1.length / 20,
          sha1OfPieces: sha1(sums.pieces.sha1),
          btihMirrorBrain: hex(infohash({ name, size, sums })),
          zsync: sums.zsync && {
            blocksize: sums.zsync.blockSize,
            hashLengths: formatHashLengths(sums.zsync.hashLengths),
            bodyLength: sums.zsync.sums.length,
            sha1OfBody: sha1(sums.zsync.sums),
          },
        },
        `chunks of ${chunkSize}`,
      ).toEqual({
        md5: vector.md5,
        sha1: vector.sha1,
        sha256: vector.sha256,
        pieceLength: vector.pieceLength,
        pieceCount: vector.pieceCount,
        sha1OfPieces: vector.sha1OfPieces,
        btihMirrorBrain: vector.btihMirrorBrain,
        zsync: vector.zsync ?? null,
      });
    }
  });
});

describe('the count of bytes', () => {
  const recipe = { pieceLength: 16_384, zsyncBlockSize: 2048 };

  test.each([
    { size: 1, fed: 0 },
    { size: 4096, fed: 4095 },
    { size: 16_385, fed: 16_384 },
  ])('$fed of $size bytes end in an error', ({ size, fed }) => {
    const fileSums = sumsOf(size, recipe, kernel);
    fileSums.update(new Uint8Array(fed));
    expect(() => fileSums.finish()).toThrow(RangeError);
  });

  test.each([
    { size: 0, fed: 1 },
    { size: 4096, fed: 4097 },
    { size: 16_384, fed: 16_385 },
  ])('$fed for $size bytes are refused', ({ size, fed }) => {
    const fileSums = sumsOf(size, { ...recipe, zsyncBlockSize: null }, kernel);
    expect(() => fileSums.update(new Uint8Array(fed))).toThrow(RangeError);
  });

  test('too much is refused in the chunk that brings it', () => {
    const fileSums = sumsOf(10, recipe, kernel);
    fileSums.update(new Uint8Array(10));
    fileSums.update(new Uint8Array(0));
    expect(() => fileSums.update(new Uint8Array(1))).toThrow(RangeError);
  });
});

test('chunks may be Buffers and views of shared or offset memory', () => {
  const vector = vectors.find(({ size }) => size === 34_816);
  if (vector?.zsync === undefined) throw new Error('no such vector');
  const bytes = contents.mod251(vector.size);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3)).subarray(3);
  shared.set(bytes);
  for (const chunk of [Buffer.from(bytes), shared]) {
    const fileSums = sumsOf(vector.size, { pieceLength: 262_144, zsyncBlockSize: 2048 }, kernel);
    fileSums.update(chunk);
    const sums = fileSums.finish();
    expect(hex(sums.sha256)).toBe(vector.sha256);
    expect(sha1(sums.zsync?.sums ?? new Uint8Array())).toBe(vector.zsync.sha1OfBody);
  }
});
