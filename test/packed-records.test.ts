import { describe, expect, it } from 'vitest';
import type { FileRecord, Signature } from '../src/model.js';
import { type HashedFile, packRecords, unpackRecords } from '../src/packed-records.js';
import { hostileNames } from './support/names.js';
import { recordOf } from './support/records.js';

type Shape = Partial<FileRecord>;

const noBytes = new Uint8Array(0);
const signature: Signature = { size: 5, mtimeNs: 6n, text: '-----BEGIN PGP SIGNATURE-----\n' };
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) % 256);

const shapes: readonly [string, Shape][] = [
  ['as most are', {}],
  ['without zsync sums', { zsync: null }],
  ['of an empty file', { size: 0, pieces: { length: 262_144, sha1: noBytes }, zsync: null }],
  [
    'with zsync sums of nothing',
    { zsync: { blockSize: 2048, hashLengths: { sequence: 1, rsum: 2, checksum: 3 }, sums: noBytes } },
  ],
  [
    'with many sums',
    {
      size: 2 ** 53 - 1,
      pieces: { length: 16_777_216, sha1: bytes(20 * 500) },
      zsync: {
        blockSize: 65_536,
        hashLengths: { sequence: 2, rsum: 4, checksum: 16 },
        sums: bytes(20 * 700),
      },
    },
  ],
  ['with a signature', { signature }],
  ['with something that is no signature', { signature: { ...signature, text: null } }],
  ['of long before 1970', { mtimeNs: -1n * 2n ** 62n - 1n }],
  ['of times and inodes that 64 bits do not hold', { mtimeNs: 2n ** 63n + 1n, inode: 2n ** 64n + 1n }],
  ['of an inode that a number does not hold', { inode: 2n ** 53n + 1n }],
];

function fileOf(name: string, shape: Shape): HashedFile {
  const { path: _, signature, size, mtimeNs, inode, ...sums } = recordOf(name, shape);
  return { name, size, mtimeNs, inode, reason: 'mtime', sums, signature };
}

/** Across a thread, as far as that can be without one. */
const sent = (files: readonly HashedFile[], directory = 'd') =>
  unpackRecords(directory, structuredClone(packRecords(files)));

const expected = (name: string, shape: Shape) => ({
  record: { ...recordOf(name, shape), path: `d/${name}` },
  reason: 'mtime',
});

describe('a record arrives as it was sent', () => {
  it.each(shapes)('%s', (_, shape) => {
    expect(sent([fileOf('x', shape)])).toEqual([expected('x', shape)]);
  });

  it('all of them in one job, in their order', () => {
    const names = shapes.map((_, index) => `file ${index}`);
    const files = shapes.map(([, shape], index) => fileOf(names[index] as string, shape));
    const arrived = shapes.map(([, shape], index) => expected(names[index] as string, shape));
    expect(sent(files)).toEqual(arrived);
    expect(sent([...files].reverse())).toEqual([...arrived].reverse());
  });

  it('under any name', () => {
    const files = hostileNames.map((name) => fileOf(name, {}));
    expect(sent(files)).toEqual(hostileNames.map((name) => expected(name, {})));
  });

  it('in the base', () => {
    expect(sent([fileOf('x', {})], '').map(({ record }) => record.path)).toEqual(['x']);
  });

  it('with its reason', () => {
    const files = (['new', 'forced', 'zsync wanted'] as const).map((reason) => ({
      ...fileOf('x', {}),
      reason,
    }));
    expect(sent(files).map(({ reason }) => reason)).toEqual(['new', 'forced', 'zsync wanted']);
  });
});

it('no files are no records', () => {
  expect(sent([])).toEqual([]);
  expect(packRecords([]).bytes).toHaveLength(0);
});

it('what was packed has all bytes once, in memory of its own', () => {
  const { sums } = fileOf('x', {});
  const packed = packRecords([fileOf('x', {}), fileOf('x', {})]);
  const one = 16 + 20 + 32 + 20 + sums.pieces.sha1.length + (sums.zsync?.sums.length ?? 0);
  expect([packed.bytes.length, packed.bytes.buffer.byteLength]).toEqual([2 * one, 2 * one]);
});
