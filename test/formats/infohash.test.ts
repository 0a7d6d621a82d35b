import { createHash } from 'node:crypto';
import bencode from 'bencode';
import { describe, expect, test } from 'vitest';
import { type InfohashSource, infohash } from '../../src/formats/infohash.js';
import { contents, hex, vectors } from '../hash/content.js';

const pieceLength = 262_144;

/** MirrorBrain's dictionary written down byte by byte, without any bencode library. */
function infoBytes(name: Buffer, bytes: Uint8Array): Buffer {
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest();
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) {
    pieces.push(
      createHash('sha1')
        .update(bytes.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const string = (value: Buffer) => Buffer.concat([Buffer.from(`${value.length}:`, 'latin1'), value]);
  return Buffer.concat([
    Buffer.from(`d6:lengthi${bytes.length}e6:md5sum32:${digest('md5').toString('hex')}4:name`, 'latin1'),
    string(name),
    Buffer.from(`12:piece lengthi${pieceLength}e6:pieces`, 'latin1'),
    string(Buffer.concat(pieces)),
    Buffer.from('4:sha120:', 'latin1'),
    digest('sha1'),
    Buffer.from('6:sha25632:', 'latin1'),
    digest('sha256'),
    Buffer.from('e', 'latin1'),
  ]);
}

function source(name: string, bytes: Uint8Array) {
  const digest = (algorithm: string) => new Uint8Array(createHash(algorithm).update(bytes).digest());
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) {
    pieces.push(
      createHash('sha1')
        .update(bytes.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  const sha1 = new Uint8Array(Buffer.concat(pieces));
  return {
    name,
    size: bytes.length,
    sums: {
      md5: digest('md5'),
      sha1: digest('sha1'),
      sha256: digest('sha256'),
      pieces: { length: pieceLength, sha1 },
    },
  };
}

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
const small = vectors.filter(({ size }) => size <= 3_500_000);

test.each(small)("the infohash of $name is the one that MirrorBrain's module serves", (vector) => {
  const bytes = contents.mod251(vector.size);
  expect(hex(infohash(source(vector.name, bytes)))).toBe(vector.btihMirrorBrain);
  // The other bencoder has to be right before it may judge anything below.
  expect(sha1(infoBytes(Buffer.from(vector.name), bytes))).toBe(vector.btihMirrorBrain);
});

describe('names', () => {
  const bytes = contents.mod251(262_145);

  test.each([
    ['ü b.iso', Buffer.from('c3bc20622e69736f', 'hex')],
    // the same letter in two code points: another name on disk, another infohash
    ['u\u0308 b.iso', Buffer.from('75cc8820622e69736f', 'hex')],
    ['日本.iso', Buffer.from('e697a5e69cac2e69736f', 'hex')],
    ['\u{1f4bf}.iso', Buffer.from('f09f92bf2e69736f', 'hex')],
    ['a\nb"\\.iso', Buffer.from('610a62225c2e69736f', 'hex')],
    ['10:x', Buffer.from('31303a78', 'hex')],
  ])('%j counts in bytes', (name, utf8) => {
    const own = infohash(source(name, bytes));
    expect(own).toHaveLength(20);
    expect(hex(own)).toBe(sha1(infoBytes(utf8, bytes)));
  });
});

test('a size above 2³¹ and 2⁵² is written as it is', () => {
  const { sums } = source('x', contents.mod251(1));
  for (const size of [2 ** 31, 2 ** 32 + 1, 2 ** 52 + 1]) {
    const bytes = infoBytes(Buffer.from('x'), contents.mod251(1));
    const text = bytes.toString('latin1').replace('lengthi1e', `lengthi${size}e`);
    expect(hex(infohash({ name: 'x', size, sums }))).toBe(sha1(Buffer.from(text, 'latin1')));
  }
});

/** Texts are bytes already: bencode counts bytes, and a name may be outside of ASCII. */
function infoDictionary({ name, size, sums }: InfohashSource) {
  return {
    length: size,
    md5sum: Buffer.from(hex(sums.md5)),
    name: Buffer.from(name),
    'piece length': sums.pieces.length,
    pieces: sums.pieces.sha1,
    sha1: sums.sha1,
    sha256: sums.sha256,
  };
}

test('the dictionary that bencode writes has this infohash', () => {
  for (const size of [0, 1, 262_145]) {
    const from = source('ü b.iso', contents.mod251(size));
    expect(hex(infohash(from))).toBe(sha1(bencode.encode(infoDictionary(from))));
  }
});
