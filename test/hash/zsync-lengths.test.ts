import { describe, expect, test } from 'vitest';
import { formatHashLengths, hashLengths, parseHashLengths } from '../../src/hash/zsync-lengths.js';
import { zsync } from './content.js';

describe('as zsyncmake 0.6.2', () => {
  test('there is golden data of small and of large files', () => {
    expect(zsync.bodies.length).toBeGreaterThan(400);
    expect(zsync.lengths.length).toBeGreaterThan(30);
    expect(Math.max(...zsync.lengths.map((row) => row.size))).toBeGreaterThan(2 ** 32);
  });

  test.each(zsync.lengths)('$size bytes in blocks of $blockSize', (row) => {
    const lengths = hashLengths(row.size, row.blockSize);
    expect(formatHashLengths(lengths)).toBe(row.hashLengths);
    const blocks = Math.ceil(row.size / row.blockSize);
    expect(blocks * (lengths.rsum + lengths.checksum)).toBe(row.bodyLength);
  });

  test('all small files', () => {
    for (const { size, blockSize, hashLengths: expected } of zsync.bodies) {
      expect(formatHashLengths(hashLengths(size, blockSize)), `${size}/${blockSize}`).toBe(expected);
    }
  });
});

describe('as text', () => {
  test('both ways', () => {
    expect(formatHashLengths({ sequence: 2, rsum: 3, checksum: 16 })).toBe('2,3,16');
    expect(parseHashLengths('2,3,16')).toEqual({ sequence: 2, rsum: 3, checksum: 16 });
    expect(parseHashLengths('1,2,3')).toEqual({ sequence: 1, rsum: 2, checksum: 3 });
  });

  test.each([
    '',
    '2,2',
    '2,2,4,1',
    '2, 2, 4',
    ' 2,2,4',
    '2,2,4\n',
    '02,2,4',
    '0,2,4',
    '3,2,4',
    '2,0,4',
    '2,5,4',
    '2,2,2',
    '2,2,17',
    '2,2,-4',
  ])('%j is none', (text) => {
    expect(() => parseHashLengths(text)).toThrow(SyntaxError);
  });
});
