/** What clients are told of a file, computed by node:crypto and by the slow reference of zsync's sums. */
import { createHash } from 'node:crypto';
import type { Distribution } from '../../src/formats/distribution.js';
import { hashLengths } from '../../src/hash/zsync-lengths.js';
import type { Published } from '../../src/model.js';
import { blockSums } from './zsync-reference.js';

const pieceLength = 262_144;

/** Nowhere, by nobody. */
export const noDistribution: Distribution = {
  sources: [],
  self: null,
  trackers: [],
  dhtNodes: [],
  publisher: null,
};

/** A file of this content, last changed on 2026-11-21 at 19:17:00 UTC, without a signature. */
export function publishedOf(path: string, content: Uint8Array, changed: Partial<Published> = {}): Published {
  const digest = (name: string, bytes = content) => createHash(name).update(bytes).digest();
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    pieces.push(digest('sha1', content.subarray(at, at + pieceLength)));
  }
  return {
    path,
    size: content.length,
    mtime: 1_795_288_620,
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    pieces: { length: pieceLength, sha1: Buffer.concat(pieces) },
    btih: digest('sha1', Buffer.from(`no infohash of ${path}`)),
    zsync: content.length === 0 ? null : zsyncOf(content, 2048),
    signature: null,
    ...changed,
  };
}

/** zsync's sums, for a small content. @param blockSize bytes */
export function zsyncOf(content: Uint8Array, blockSize: number): NonNullable<Published['zsync']> {
  const lengths = hashLengths(content.length, blockSize);
  const whole = Buffer.alloc(Math.ceil(content.length / blockSize) * blockSize);
  whole.set(content);
  const { sequence, rsum, checksum } = lengths;
  return {
    blockSize,
    hashLengths: `${sequence},${rsum},${checksum}`,
    sums: blockSums(whole, blockSize, lengths),
  };
}
