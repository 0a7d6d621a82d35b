/**
 * The `info` dictionary of a single-file torrent (BEP 3) as MirrorBrain serves it, and its SHA-1, the infohash.
 *
 * MirrorBrain's module puts its own dictionary around the sums that it finds in the database, with the keys
 * `md5sum`, `sha1` and `sha256` beside the standard ones. The keys decide the infohash: one more or one less is
 * another swarm. The torrent around the dictionary is made elsewhere.
 */

import { createHash } from 'node:crypto';
import bencode from 'bencode';
import type { Digests, Pieces } from '../model.js';

/** What an infohash is made of. */
export interface InfohashSource {
  /** the file's own name, without directories */
  readonly name: string;
  /** bytes */
  readonly size: number;
  readonly sums: Digests & { readonly pieces: Pieces };
}

/** Ready for bencode. Texts are bytes already: bencode counts bytes, and a name may be outside of ASCII. */
export type InfoDictionary = {
  /** size in bytes */
  readonly length: number;
  /** 32 hex characters */
  readonly md5sum: Uint8Array;
  /** UTF-8 */
  readonly name: Uint8Array;
  /** bytes */
  readonly 'piece length': number;
  /** 20 bytes a piece */
  readonly pieces: Uint8Array;
  /** 20 bytes */
  readonly sha1: Uint8Array;
  /** 32 bytes */
  readonly sha256: Uint8Array;
};

export function infoDictionary({ name, size, sums }: InfohashSource): InfoDictionary {
  return {
    length: size,
    md5sum: Buffer.from(Buffer.from(sums.md5).toString('hex')),
    name: Buffer.from(name),
    'piece length': sums.pieces.length,
    pieces: sums.pieces.sha1,
    sha1: sums.sha1,
    sha256: sums.sha256,
  };
}

/** BitTorrent infohash (v1), 20 bytes. */
export function infohash(source: InfohashSource): Uint8Array {
  const info = bencode.encode(infoDictionary(source));
  return new Uint8Array(createHash('sha1').update(info).digest());
}
