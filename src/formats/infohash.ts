/**
 * The `info` dictionary of a single-file torrent (BEP 3) as MirrorBrain serves it, and its SHA-1, the infohash.
 *
 * MirrorBrain's module puts its own dictionary around the sums that it finds in the database, with the keys
 * `md5sum`, `sha1` and `sha256` beside the standard ones. The keys decide the infohash: one more or one less is
 * another swarm. torrent.ts puts the torrent around it.
 */

import { hash } from 'node:crypto';
import type { Digests, Pieces } from '../model.js';
import { hex } from './hex.js';

/** What an infohash is made of. */
export interface InfohashSource {
  /** the file's own name, without directories */
  readonly name: string;
  /** bytes */
  readonly size: number;
  readonly sums: Digests & { readonly pieces: Pieces };
}

const keySha1 = Buffer.from('4:sha120:');
const keySha256 = Buffer.from('6:sha25632:');
const end = Buffer.from('e');

/** BitTorrent infohash (v1), 20 bytes. */
export function infohash(source: InfohashSource): Uint8Array {
  return hash('sha1', infoDictionary(source), 'buffer');
}

/**
 * The bencoded dictionary, as it stands in a torrent.
 *
 * It is written down here, key by key, because to have it encoded costs more than any digest of a small file. A test
 * holds it against the encoder.
 */
export function infoDictionary({ name, size, sums }: InfohashSource): Uint8Array {
  const { md5, sha1, sha256, pieces } = sums;
  const head =
    `d6:lengthi${size}e6:md5sum32:${hex(md5)}4:name${Buffer.byteLength(name)}:${name}` +
    `12:piece lengthi${pieces.length}e6:pieces${pieces.sha1.length}:`;
  return Buffer.concat([Buffer.from(head), pieces.sha1, keySha1, sha1, keySha256, sha256, end]);
}
