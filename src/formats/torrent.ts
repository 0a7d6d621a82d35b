/**
 * A torrent for one file (BEP 3), with web seeds (BEP 19), tiers of trackers (BEP 12) and nodes (BEP 5).
 *
 * Its `info` is MirrorBrain's (infohash.ts). The creation date is the file's mtime: nothing depends on when or where a
 * torrent was made.
 */
import bencode, { type BencodeValue } from 'bencode';
import type { Published } from '../model.js';
import type { Distribution } from './distribution.js';
import { infoDictionary } from './infohash.js';
import { nameOf } from './names.js';

export function torrent(file: Published, distribution: Distribution): Uint8Array {
  const { sources, trackers, dhtNodes } = distribution;
  const name = nameOf(file.path);
  const seeds = sources.map(({ url }) => url);
  const [announce] = trackers.flat();
  // Without any tracker, BEP 5 wants no `announce` at all.
  const beforeInfo = dictionary({
    ...(announce === undefined ? {} : { announce, 'announce-list': trackers }),
    comment: name,
    'created by': 'mirrorhash',
    'creation date': file.mtime,
  });
  const afterInfo = dictionary({
    ...(dhtNodes.length === 0 ? {} : { nodes: dhtNodes.map(({ host, port }) => [host, port]) }),
    ...(seeds.length === 0 ? {} : { sources: seeds, 'url-list': seeds }),
  });
  // All keys before `info` sort before it, all behind it after it. Its own bytes are those of the infohash.
  return Buffer.concat([
    beforeInfo.subarray(0, -1),
    infoKey,
    infoDictionary({ name, size: file.size, sums: file }),
    afterInfo.subarray(1),
  ]);
}

const infoKey = Buffer.from('4:info');

/** `d…e`; keys and texts are written as UTF-8. */
function dictionary(entries: { readonly [key: string]: BencodeValue }): Uint8Array {
  return bencode.encode(entries);
}
