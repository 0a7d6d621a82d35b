/**
 * Lines of checksum files, as coreutils 9 writes and checks them (`sha256sum`, `sha256sum --tag`).
 *
 * A name may hold any byte but `/` and NUL. Where a backslash, LF or CR would break the line, they are escaped and the
 * line begins with a backslash: a name cannot add a line of its own that a checker would believe. A file named `-` is
 * `./-`: the bare name would make a checker read its standard input.
 */
import { hex } from './hex.js';

/** As a BSD line names it. */
export type ChecksumName = 'MD5' | 'SHA1' | 'SHA256';

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };

function escaped(name: string): { readonly mark: string; readonly text: string } {
  const text = name.replace(/[\\\n\r]/g, (character) => escapes[character] ?? character);
  return { mark: text === name ? '' : '\\', text: text === '-' ? './-' : text };
}

/** `<hex>  <name>`, with LF. */
export function gnuLine(digest: Uint8Array, name: string): string {
  const { mark, text } = escaped(name);
  return `${mark}${hex(digest)}  ${text}\n`;
}

/** `SHA256 (<name>) = <hex>`, with LF. */
export function bsdLine(algorithm: ChecksumName, digest: Uint8Array, name: string): string {
  const { mark, text } = escaped(name);
  return `${mark}${algorithm} (${text}) = ${hex(digest)}\n`;
}
