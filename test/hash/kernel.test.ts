import { describe, expect, test } from 'vitest';
import { loadKernel } from '../../src/files/kernel-file.js';
import { createKernel, laneBytes, laneCount } from '../../src/hash/kernel.js';
import * as reference from '../support/zsync-reference.js';
import { contents, hex } from './content.js';

const kernel = loadKernel();
const lane = kernel.lanes[3] as Uint8Array;
const whole = { rsum: 4, checksum: 16 };

function sumsOf(data: Uint8Array, blockSize: number, lengths = whole): string {
  const sums = new Uint8Array((data.length / blockSize) * (lengths.rsum + lengths.checksum));
  expect(kernel.blockSums(data, { blockSize, lengths }, sums, 0)).toBe(sums.length);
  return hex(sums);
}

/** The same bytes in a lane. */
function inLane(data: Uint8Array, offset: number): Uint8Array {
  lane.fill(0xaa);
  lane.set(data, offset);
  return lane.subarray(offset, offset + data.length);
}

describe('the reference', () => {
  // RFC 1320, A.5
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    ],
  ])('makes the MD4 of %j', (text, expected) => {
    expect(hex(reference.md4(Buffer.from(text)))).toBe(expected);
  });

  test('makes an rsum that can be made by hand', () => {
    // A = 10 + 20 + 30 + 255, B = 4·10 + 3·20 + 2·30 + 255
    expect(hex(reference.rsum(Uint8Array.of(10, 20, 30, 255)))).toBe('013b019f');
    // Both are modulo 2^16: A = 300·255 = 65,536 + 10,964, B = 300·301/2·255 = 175·65,536 + 44,450.
    expect(hex(reference.rsum(new Uint8Array(300).fill(255)))).toBe('2ad4ada2');
  });
});

describe('block sums', () => {
  const blockSizes = [4, 8, 16, 32, 64, 128, 256, 2048, 4096, 16_384];

  describe.each(blockSizes)('of blocks of %i bytes', (blockSize) => {
    test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17])('%i of them', (count) => {
      for (const content of [contents.lcg, contents.ff]) {
        const data = content(count * blockSize);
        const expected = reference.blockSums(data, blockSize, whole).toString('hex');
        expect(sumsOf(data, blockSize), 'in memory of its own').toBe(expected);
        for (const offset of [0, 1, 7, 60]) {
          expect(sumsOf(inLane(data, offset), blockSize), `in a lane, at ${offset}`).toBe(expected);
        }
      }
    });
  });

  // Around the scratch area of 256 KiB, and with more sums than are packed at once.
  test.each([
    { blockSize: 4, count: 10_000 },
    { blockSize: 512, count: 1027 },
    { blockSize: 2048, count: 131 },
    { blockSize: 65_536, count: 5 },
    { blockSize: 131_072, count: 3 },
    { blockSize: 262_144, count: 2 },
    { blockSize: 524_288, count: 3 },
    { blockSize: 1_048_576, count: 1 },
  ])('of $count blocks of $blockSize bytes', ({ blockSize, count }) => {
    const data = contents.lcg(blockSize * count);
    const expected = reference.blockSums(data, blockSize, whole).toString('hex');
    expect(sumsOf(data, blockSize), 'in memory of its own').toBe(expected);
    expect(sumsOf(inLane(data, 0), blockSize), 'in a lane').toBe(expected);
  });

  test('of a block larger than a lane', () => {
    const data = contents.lcg(2 * laneBytes);
    const expected = reference.blockSums(data, data.length, whole).toString('hex');
    expect(sumsOf(data, data.length)).toBe(expected);
  });

  test.each([1, 2, 3, 4])('with %i bytes of the rsum and any number of the MD4', (rsum) => {
    const data = contents.lcg(9 * 256);
    for (let checksum = 3; checksum <= 16; checksum++) {
      const lengths = { rsum, checksum };
      expect(sumsOf(data, 256, lengths)).toBe(reference.blockSums(data, 256, lengths).toString('hex'));
    }
  });

  test('go where they are wanted, and nowhere else', () => {
    const lengths = { rsum: 2, checksum: 4 };
    const sums = new Uint8Array(40).fill(0x55);
    const end = kernel.blockSums(contents.lcg(3 * 64), { blockSize: 64, lengths }, sums, 5);
    expect(end).toBe(5 + 18);
    const expected = reference.blockSums(contents.lcg(3 * 64), 64, lengths);
    expect(hex(sums)).toBe(`${'55'.repeat(5)}${expected.toString('hex')}${'55'.repeat(40 - 23)}`);
  });

  test('of a part of a block, or without room, are refused', () => {
    const how = { blockSize: 64, lengths: whole };
    expect(() => kernel.blockSums(new Uint8Array(65), how, new Uint8Array(100), 0)).toThrow(RangeError);
    expect(() => kernel.blockSums(new Uint8Array(128), how, new Uint8Array(40), 1)).toThrow(RangeError);
  });

  test('may be those of shared memory', () => {
    const data = new Uint8Array(new SharedArrayBuffer(9 * 64 + 1)).subarray(1);
    data.set(contents.lcg(9 * 64));
    expect(sumsOf(data, 64)).toBe(reference.blockSums(data, 64, whole).toString('hex'));
  });
});

describe('the memory', () => {
  test('has eight lanes, none in another or in its margin', () => {
    expect(kernel.lanes).toHaveLength(laneCount);
    kernel.lanesWithMargin.forEach((bytes, i) => {
      bytes.fill(i);
    });
    kernel.lanes.forEach((bytes, i) => {
      expect(bytes.length).toBe(laneBytes);
      expect(bytes.byteOffset).toBe(kernel.lanesWithMargin[i]?.byteOffset);
    });
    kernel.lanesWithMargin.forEach((bytes, i) => {
      expect(bytes.length).toBeGreaterThanOrEqual(laneBytes + 72);
      expect(bytes.every((byte) => byte === i)).toBe(true);
    });
  });

  test('of the lanes is left alone by block sums from elsewhere', () => {
    for (const bytes of kernel.lanesWithMargin) bytes.fill(0x77);
    sumsOf(contents.lcg(1_048_576), 524_288);
    sumsOf(contents.lcg(1_048_576), 16);
    for (const bytes of kernel.lanesWithMargin) expect(bytes.every((byte) => byte === 0x77)).toBe(true);
  });
});

test('a kernel is loaded once', () => {
  expect(loadKernel()).toBe(loadKernel());
});

test('any other module is refused', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(() => createKernel(empty)).toThrow();
});
