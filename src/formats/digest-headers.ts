/**
 * Header fields of downloads: digests (RFC 3230, RFC 9530) and links to mirrors and metadata (RFC 6249, RFC 8288).
 *
 * URLs come percent-encoded (url.ts), so no value can hold a line break or a `>`.
 */
import type { Digests } from '../model.js';
import type { Source } from './distribution.js';
import { base64 } from './hex.js';

/** `Digest`, for answers that are not the file itself. Base64 of the raw bytes: the examples in RFC 6249 are wrong. */
export function digest({ sha256 }: Pick<Digests, 'sha256'>): string {
  return `SHA-256=${base64(sha256)}`;
}

/** `Repr-Digest`, for answers with the file or a range of it. */
export function reprDigest({ sha256 }: Pick<Digests, 'sha256'>): string {
  return `sha-256=:${base64(sha256)}:`;
}

/** What describes a file, beside it. */
const descriptions = {
  meta4: 'application/metalink4+xml',
  torrent: 'application/x-bittorrent',
  asc: 'application/pgp-signature',
} as const;

export type Description = keyof typeof descriptions;

/** One value of `Link`: where else the file is, the best first. @param priority from 1 */
export function duplicateLink({ url, country }: Source, priority: number): string {
  const geo = country === null ? '' : `; geo=${country}`;
  return `<${url}>; rel=duplicate; pri=${priority}${geo}`;
}

/** One value of `Link`. @param self URL of the file */
export function describedByLink(self: string, suffix: Description): string {
  return `<${self}.${suffix}>; rel=describedby; type="${descriptions[suffix]}"`;
}
