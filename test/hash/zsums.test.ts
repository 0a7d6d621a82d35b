import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadKernel } from '../../src/files/kernel-file.js';
import { ZsumsHash } from '../../src/hash/zsums.js';
import { formatHashLengths } from '../../src/hash/zsync-lengths.js';
import { contents, feed, hex, zsync } from './content.js';

const kernel = loadKernel();

function zsumsOf(bytes: Uint8Array, blockSize: number, chunkSize: number) {
  const zsums = new ZsumsHash(bytes.length, blockSize, kernel);
  feed(bytes, chunkSize, (chunk) => zsums.update(chunk));
  return zsums.finish();
}

describe('as zsyncmake 0.6.2', () => {
  test('there is golden data of every content', () => {
    expect(zsync.bodies.length).toBe(3 * 21 * 7);
  });

  for (const content of ['mod251', 'lcg', 'ff'] as const) {
    const rows = zsync.bodies.filter((row) => row.content === content);
    test.each(rows)(`${content}: $size bytes in blocks of $blockSize`, (row) => {
      const bytes = contents[content](row.size);
      for (const chunkSize of [row.size, row.blockSize, row.blockSize + 1, 65_537, 1_021]) {
        const { blockSize, hashLengths, sums } = zsumsOf(bytes, row.blockSize, chunkSize);
        expect(
          {
            blockSize,
            hashLengths: formatHashLengths(hashLengths),
            bodyLength: sums.length,
            sha1OfBody: createHash('sha1').update(sums).digest('hex'),
          },
          `chunks of ${chunkSize}`,
        ).toEqual({
          blockSize: row.blockSize,
          hashLengths: row.hashLengths,
          bodyLength: row.bodyLength,
          sha1OfBody: row.sha1OfBody,
        });
      }
    });
  }
});

test('a block by hand: the last bytes of the rsum, the first of the MD4, zero padding', () => {
  // 17 bytes of 1 in a block of 256: A = 17, B = 256 + 255 + … + 240 = 4216 = 0x1078. MD4 by `openssl dgst -md4
  // -provider legacy` of the padded block.
  const { hashLengths, sums } = zsumsOf(new Uint8Array(17).fill(1), 256, 5);
  expect(formatHashLengths(hashLengths)).toBe('1,2,4');
  expect(hex(sums)).toBe('107830d0aa33');
});

test('the count of bytes is checked', () => {
  const short = new ZsumsHash(300, 256, kernel);
  short.update(new Uint8Array(299));
  expect(() => short.finish()).toThrow(RangeError);
  expect(() => new ZsumsHash(300, 256, kernel).update(new Uint8Array(301))).toThrow(RangeError);
});
