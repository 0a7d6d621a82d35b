import { createHash } from 'node:crypto';
import bencode from 'bencode';
import { describe, expect, it } from 'vitest';
import { adopt, expectedWeight, isSameVersion } from '../../src/pipeline/adopt.js';
import type { RedirectorRow } from '../../src/store/redirector.js';
import { longAgoNs, statOf } from '../support/records.js';

const KiB = 1024;
const size = 700_000;
const blockSize = 4 * KiB;
const content = Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));
const digest = (algorithm: string, bytes: Uint8Array = content) =>
  createHash(algorithm).update(bytes).digest();
const stat = statOf({ size });

function piecesOf(length: number): Buffer {
  const count = Math.ceil(size / length);
  const piece = (index: number) => digest('sha1', content.subarray(index * length, (index + 1) * length));
  return Buffer.concat(Array.from({ length: count }, (_, index) => piece(index)));
}

/** MirrorBrain's dictionary, encoded by a library that is not ours. */
function btihOf(name: string, pieceLength: number, pieces: Uint8Array): Buffer {
  const info = {
    length: size,
    md5sum: digest('md5').toString('hex'),
    name,
    'piece length': pieceLength,
    pieces,
    sha1: digest('sha1'),
    sha256: digest('sha256'),
  };
  return digest('sha1', bencode.encode(info));
}

function rowOf(changed: Partial<RedirectorRow> = {}, pieceLength = 512 * KiB): RedirectorRow {
  const sha1pieces = piecesOf(pieceLength);
  return {
    path: 'iso/a.iso',
    mtime: Number(longAgoNs / 1_000_000_000n),
    size,
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    sha1piecesize: pieceLength,
    sha1pieces,
    btih: btihOf('a.iso', pieceLength, sha1pieces),
    pgp: '',
    zblocksize: blockSize,
    // As zsyncmake 0.6.2 has them for this size and block size.
    zhashlens: '2,2,4',
    zsums: Buffer.alloc(6 * Math.ceil(size / blockSize), 'z'),
    ...changed,
  };
}

describe('a row', () => {
  it('becomes a record with the facts of the disk and its own sums', () => {
    const signature = { size: 5, mtimeNs: 6n, text: 'text' };
    const row = rowOf({ pgp: 'of long ago' });
    expect(adopt(row, stat, signature)).toEqual({
      path: 'iso/a.iso',
      size,
      mtimeNs: longAgoNs,
      inode: 7n,
      md5: row.md5,
      sha1: row.sha1,
      sha256: row.sha256,
      btih: row.btih,
      pieces: { length: 512 * KiB, sha1: row.sha1pieces },
      zsync: { blockSize, hashLengths: { sequence: 2, rsum: 2, checksum: 4 }, sums: row.zsums },
      signature,
    });
  });

  it.each([16 * KiB, 256 * KiB, 64 * 1024 * KiB])('may have pieces of %d bytes', (length) => {
    expect(adopt(rowOf({}, length), stat, null)?.pieces.length).toBe(length);
  });

  it.each([8 * KiB, 128 * 1024 * KiB, 300_000, 700_000])('with pieces of %d bytes is left out', (length) => {
    expect(adopt(rowOf({}, length), stat, null)).toBeNull();
    expect(expectedWeight(rowOf({}, length))).toBeNull();
  });

  it('of an empty file has no pieces', () => {
    const none = Buffer.alloc(0);
    const empty = digest('md5', none);
    const info = {
      length: 0,
      md5sum: empty.toString('hex'),
      name: 'a.iso',
      'piece length': 256 * KiB,
      pieces: none,
      sha1: digest('sha1', none),
      sha256: digest('sha256', none),
    };
    const row = rowOf({
      size: 0,
      md5: empty,
      sha1: digest('sha1', none),
      sha256: digest('sha256', none),
      sha1piecesize: 256 * KiB,
      sha1pieces: none,
      btih: digest('sha1', bencode.encode(info)),
      zsums: none,
    });
    expect(adopt(row, statOf({ size: 0 }), null)).toMatchObject({ size: 0, zsync: null });
  });

  const flipped = (bytes: Uint8Array) =>
    Buffer.from(bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte)));
  it.each<[string, Partial<RedirectorRow>]>([
    ['another size', { size: size + 1 }],
    ['another mtime', { mtime: rowOf().mtime + 1 }],
    ['no MD5', { md5: Buffer.alloc(0) }],
    ['half an MD5', { md5: rowOf().md5.subarray(0, 8) }],
    ['an MD5 in hex', { md5: Buffer.from(Buffer.from(rowOf().md5).toString('hex')) }],
    ['a text for an MD5', { md5: 'sixteen letters.' as unknown as Uint8Array }],
    ['another MD5', { md5: flipped(rowOf().md5) }],
    ['no SHA-1', { sha1: Buffer.alloc(0) }],
    ['another SHA-1', { sha1: flipped(rowOf().sha1) }],
    ['no SHA-256', { sha256: Buffer.alloc(0) }],
    ['another SHA-256', { sha256: flipped(rowOf().sha256) }],
    ['no infohash', { btih: Buffer.alloc(0) }],
    ['another infohash', { btih: flipped(rowOf().btih) }],
    ['the infohash of another name', { btih: btihOf('b.iso', 512 * KiB, piecesOf(512 * KiB)) }],
    ['no piece length', { sha1piecesize: 0 }],
    ['another piece length', { sha1piecesize: 256 * KiB }],
    ['a piece length below zero', { sha1piecesize: -512 * KiB }],
    ['a piece length that is no number', { sha1piecesize: Number.NaN }],
    ['no pieces', { sha1pieces: Buffer.alloc(0) }],
    ['a piece too few', { sha1pieces: piecesOf(512 * KiB).subarray(20) }],
    ['other pieces', { sha1pieces: flipped(piecesOf(512 * KiB)) }],
  ])('with %s is left out', (_, changed) => {
    expect(adopt(rowOf(changed), stat, null)).toBeNull();
  });

  it.each<[string, Partial<RedirectorRow>]>([
    ['no block size', { zblocksize: 0 }],
    ['a block size that clients refuse', { zblocksize: 1000 }],
    ['a block size that no column holds', { zblocksize: 32 * KiB }],
    ['another block size', { zblocksize: 2 * KiB }],
    ['no hash lengths', { zhashlens: '' }],
    ['other hash lengths', { zhashlens: '2,2,5' }],
    ['something else for hash lengths', { zhashlens: 'x' }],
    ['no zsums', { zsums: Buffer.alloc(0) }],
    ['zsums without their end', { zsums: rowOf().zsums.subarray(1) }],
  ])('with %s becomes a record without zsync sums', (_, changed) => {
    const row = rowOf(changed);
    expect(adopt(row, stat, null)).toMatchObject({ zsync: null, btih: row.btih });
  });
});

describe('the version of a file', () => {
  const row = rowOf();
  it.each<[string, Partial<RedirectorRow>, bigint, boolean]>([
    ['with a fraction of a second', {}, longAgoNs, true],
    ['with none', {}, 1_600_000_000_000_000_000n, true],
    ['with nearly a second more', {}, 1_600_000_000_999_999_999n, true],
    ['a second later', {}, 1_600_000_001_000_000_000n, false],
    ['a second before', {}, 1_599_999_999_999_999_999n, false],
    ['half a second before 1970, which is the second 0', { mtime: 0 }, -500_000_000n, true],
    ['a second and a half before 1970', { mtime: -1 }, -1_500_000_000n, true],
    ['of a database that keeps fractions', { mtime: 1_600_000_000.123457 }, longAgoNs, true],
    ['of another size', { size: size + 1 }, longAgoNs, false],
  ])('%s', (_, changed, mtimeNs, expected) => {
    expect(isSameVersion({ ...row, ...changed }, statOf({ size, mtimeNs }))).toBe(expected);
  });
});
