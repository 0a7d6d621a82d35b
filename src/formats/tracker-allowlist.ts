/**
 * The torrents that a closed tracker serves, as opentracker's whitelist and its like have them: one infohash a line.
 */
import { hex } from './hex.js';

/** bytes of an infohash (BEP 3) */
export const infohashLength = 20;

/**
 * @param packed infohashes, one after the other, in any order
 * @returns lines of 40 lower-case hex digits, each once, in order
 */
export function trackerAllowlist(packed: readonly Uint8Array[]): string {
  const infohashes = new Set<string>();
  for (const bytes of packed) {
    const digits = hex(bytes);
    for (let at = 0; at < digits.length; at += 2 * infohashLength) {
      infohashes.add(digits.slice(at, at + 2 * infohashLength));
    }
  }
  return [...infohashes]
    .sort()
    .map((infohash) => `${infohash}\n`)
    .join('');
}
