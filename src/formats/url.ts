/**
 * Paths of the tree in URLs (RFC 3986). Query values of magnet links are encoded in the same way.
 */
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

/** @param prefix absolute URL of the base, with `/` at its end */
export function urlOf(prefix: string, path: TreePath): string {
  return prefix + encodePath(path);
}
