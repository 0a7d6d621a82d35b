/**
 * Pure: where a file of the tree can be had, by the mirrors that have it, as an answer tells it to one client.
 */
import type { Distribution, Source } from '../formats/distribution.js';
import { encodePath } from '../formats/url.js';
import { type RankedMirror, rankMirrors } from '../mirror-choice.js';
import type { Mirror, TreePath } from '../model.js';
import type { Client } from './client.js';

/** What every artifact says, whoever asks for it. */
export type Publication = Pick<Distribution, 'trackers' | 'dhtNodes' | 'publisher'>;

/** Mirrors of one file, nearest first. @param ids JSON array, as it stands in the database */
export function mirrorsOf(
  ids: string,
  mirrors: ReadonlyMap<number, Mirror>,
  client: Client,
): readonly RankedMirror[] {
  if (ids === '[]' || mirrors.size === 0) return [];
  return rankMirrors(
    idsIn(ids).flatMap((id) => mirrors.get(id) ?? []),
    client.place,
  );
}

/**
 * Mirrors by id, as they can be used: a database that another program fills may hold anything, and a URL with a line
 * break in it must not reach a header.
 */
export function usableMirrors(rows: readonly Mirror[]): ReadonlyMap<number, Mirror> {
  const usable = rows.filter(({ baseurl }) => absoluteUrl.test(baseurl));
  return new Map(
    usable.map((mirror) => [
      mirror.id,
      {
        ...mirror,
        baseurl: mirror.baseurl.endsWith('/') ? mirror.baseurl : `${mirror.baseurl}/`,
        country: code.test(mirror.country) ? mirror.country : '',
      },
    ]),
  );
}

const absoluteUrl = /^https?:\/\/[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]+$/;
const code = /^[a-z]{2}$/;

/** The file at a mirror. */
export function urlAt({ baseurl }: Mirror, path: TreePath): string {
  return baseurl + encodePath(path);
}

/**
 * @param path the file's own, without links
 * @param ranked mirrors that have the file; without any, it is had here
 */
export function distributionOf(
  path: TreePath,
  ranked: readonly RankedMirror[],
  { root }: Client,
  publication: Publication,
): Distribution {
  const encoded = encodePath(path);
  const self = root === null ? null : root + encoded;
  const elsewhere = ranked.map(
    ({ mirror: { baseurl, country } }): Source => ({
      url: baseurl + encoded,
      country: country === '' ? null : country,
    }),
  );
  const here: readonly Source[] = self === null ? [] : [{ url: self, country: null }];
  return { ...publication, self, sources: elsewhere.length > 0 ? elsewhere : here };
}

const signs = new Set(['asc', 'sig', 'sign', 'gpg', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']);
const metadata = new Set(['btih', 'torrent', 'zsync', 'magnet', 'metalink', 'meta4']);
const sumsName =
  /^(?:(?:md5|sha-?\d{0,3}|b[23])sums?|(?:.*[-_.])?checksums?)(?:\.(?:txt|asc|sig|sign|gpg))?$/i;

/**
 * Signatures, checksums and what else tells clients which bytes are right: they are never left to mirrors, or a mirror
 * could vouch for itself.
 */
export function isProof(name: string): boolean {
  const suffix = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return signs.has(suffix) || metadata.has(suffix) || sumsName.test(name);
}

/** Nothing in it is believed: another program may have written it. */
function idsIn(json: string): readonly number[] {
  try {
    const ids: unknown = JSON.parse(json);
    return Array.isArray(ids) ? [...new Set(ids.filter((id) => typeof id === 'number'))] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
