/**
 * URLs of the tree (RFC 3986): those that somebody configured, checked, and paths of the tree as their ends. Query
 * values of magnet links are encoded in the same way.
 *
 * All URLs in artifacts, header fields and pages come from here: they hold none but the characters of RFC 3986, so no
 * quote, `<`, `>`, blank or line break.
 */
import { MirrorhashError } from '../errors.js';
import type { TreePath } from '../model.js';

/** encodeURIComponent leaves these alone; some clients, and every shell, do not. */
const leftAlone = /[!'()*]/g;

/** Encodes everything but the unreserved characters `A-Z a-z 0-9 - _ . ~`. */
export function encodeText(text: string): string {
  return encodeURIComponent(text).replace(
    leftAlone,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A path as the path of a URL, without a leading `/`; the bytes of names are their UTF-8. */
export function encodePath(path: TreePath): string {
  return path.split('/').map(encodeText).join('/');
}

/** @param prefix absolute URL of the base, as `httpUrl` returns it */
export function urlOf(prefix: string, path: TreePath): string {
  return prefix + encodePath(path);
}

/**
 * The URL of a directory, such as the tree's base: absolute, http or https, without user name, query and fragment.
 *
 * @returns normalised, with `/` at its end: `HTTP://Example.org:80/a b` → `http://example.org/a%20b/`
 * @throws MirrorhashError USAGE
 */
export function httpUrl(text: string): string {
  const url = absoluteUrl(text, ['http', 'https']);
  if (/[?#]/.test(url)) {
    throw refused(text, 'has a query or a fragment: paths are appended to it', 'write ? as %3F and # as %23');
  }
  return url.endsWith('/') ? url : `${url}/`;
}

/** A host as DNS and URLs know it: what URL makes of `[::1]`, `127.1` and `grün.example`, and no sign of any syntax. */
const plainHost = /^([\w.-]+|\[[\da-f:.]+\])$/i;

/** All that a URL consists of: reserved and unreserved characters, and escapes. */
const urlCharacters = /^([\w.~:/?#[\]@!$&'()*+,;=-]|%[\da-f]{2})*$/i;

/**
 * A URL that is for everybody's eyes.
 *
 * @param schemes those that it may have, in lower case
 * @returns normalised
 * @throws MirrorhashError USAGE: of another scheme, relative, with user name or password, with what no URL may hold
 */
export function absoluteUrl(text: string, schemes: readonly string[]): string {
  const scheme = /^([a-z]+):\/\/[^/\\]/i.exec(text)?.[1]?.toLowerCase() ?? '';
  // URL drops line breaks and tabs without a word: nobody means such a text.
  if (!schemes.includes(scheme) || /\p{Cc}/u.test(text) || !URL.canParse(text)) {
    throw refused(text, `is no absolute ${schemes.join(' or ')} URL`);
  }
  const { href, hostname, pathname, search, hash, username, password } = new URL(text);
  if (username !== '' || password !== '') throw refused(text, 'has a user name or a password, and is public');
  if (!plainHost.test(hostname)) throw refused(text, 'has no host that DNS could know');
  // Brackets are for the host alone.
  if (!urlCharacters.test(href) || /[[\]]/.test(pathname + search + hash)) {
    throw refused(text, 'holds characters that a URL cannot', 'write them percent-encoded, a % as %25');
  }
  return href;
}

/** A usage error about a text, which is not repeated where it may hold a password. */
export function refused(text: string, problem: string, hint?: string): MirrorhashError {
  const shown = text.includes('@') ? 'this text' : JSON.stringify(text);
  return new MirrorhashError('USAGE', `${shown} ${problem}`, hint === undefined ? {} : { hint });
}
