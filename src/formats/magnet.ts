/**
 * A magnet link (BEP 9 and the conventions of clients): infohash, name, length, trackers, web seeds, torrent.
 *
 * Values are percent-encoded and joined by a plain `&`: MirrorBrain writes `&amp;` outside of HTML, which breaks clients.
 */
import type { Published } from '../model.js';
import type { Distribution } from './distribution.js';
import { hex } from './hex.js';
import { nameOf } from './names.js';
import { encodeText } from './url.js';

/** More than enough for a client to begin, and a link that every program takes. */
const mostSeeds = 10;

/** The link, without a line break. */
export function magnet(file: Published, { sources, self, trackers }: Distribution): string {
  const parameters: readonly (readonly [string, string])[] = [
    ['dn', nameOf(file.path)],
    ['xl', String(file.size)],
    ...trackers.flat().map((tracker) => ['tr', tracker] as const),
    ...sources.slice(0, mostSeeds).map(({ url }) => ['ws', url] as const),
    ...(self === null ? [] : [['xs', `${self}.torrent`] as const]),
  ];
  const values = parameters.map(([key, value]) => `&${key}=${encodeText(value)}`);
  return `magnet:?xt=urn:btih:${hex(file.btih)}${values.join('')}`;
}
