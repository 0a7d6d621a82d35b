/**
 * What people write of a distribution on a command line (trackers, nodes, publisher) → its parts.
 *
 * It stands in this room because the parts do, and every URL of theirs ends in artifacts. Base URLs are `httpUrl`'s.
 */
import type { DhtNode, Distribution } from './distribution.js';
import { absoluteUrl, refused } from './url.js';
import { isXmlText } from './xml.js';

const trackerSchemes = ['udp', 'http', 'https'];

/**
 * One tier of trackers (BEP 12): announce URLs with commas between them.
 *
 * @returns the URLs, normalised, at least one
 * @throws MirrorhashError USAGE
 */
export function parseTrackerTier(text: string): readonly string[] {
  return text.split(',').map((part) => {
    const url = absoluteUrl(part.trim(), trackerSchemes);
    if (url.includes('#')) throw refused(part, 'is no tracker: announce URLs have no fragment');
    // BEP 15 knows no default port.
    if (url.startsWith('udp:') && new URL(url).port === '') {
      throw refused(part, 'has no port', 'write it as in udp://tracker.example.org:6969/announce');
    }
    return url;
  });
}

/**
 * A node of BitTorrent's distributed hash table: `dht.example.org:6881`, `192.0.2.1:6881`, `[2001:db8::1]:6881`.
 *
 * @returns the host as BEP 5 wants it: an IPv6 address without brackets
 * @throws MirrorhashError USAGE
 */
export function parseDhtNode(text: string): DhtNode {
  const [, host = '', digits = ''] = /^(\[[\da-f:.]+\]|[^\s:/?#@\\[\]]+):(\d+)$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host === '' || port < 1 || port > 65_535) {
    throw refused(text, 'is no HOST:PORT', 'an IPv6 address stands in brackets, as in [2001:db8::1]:6881');
  }
  const { hostname } = new URL(absoluteUrl(`http://${host}/`, ['http']));
  return { host: hostname.replace(/^\[|\]$/g, ''), port };
}

/**
 * Who publishes the files: `NAME` or `NAME <URL>`.
 *
 * @throws MirrorhashError USAGE
 */
export function parsePublisher(text: string): NonNullable<Distribution['publisher']> {
  const [, before, link] = /^([^<>]*)<([^<>]*)>\s*$/.exec(text) ?? [];
  const name = (before ?? text).trim();
  if (name === '' || /[<>\p{Cc}]/u.test(name) || !isXmlText(name)) {
    throw refused(
      text,
      'is neither NAME nor NAME <URL>',
      'write it as in "Example Project <https://example.org/>"',
    );
  }
  return { name, url: link === undefined ? null : absoluteUrl(link.trim(), ['http', 'https']) };
}
