/**
 * A `.zsync` file in the dialect of zsync 0.6.2: header lines, an empty line, the sums.
 *
 * Exactly these eight headers: some client refuses the file at any other. There is none of an empty file (no client
 * can use it), and none where a header cannot hold the name.
 */
import type { Published } from '../model.js';
import { rfc822 } from './dates.js';
import type { Distribution } from './distribution.js';
import { hex } from './hex.js';
import { nameOf } from './names.js';

/** Clients read a header into 1,024 bytes, the line's end and a NUL included. */
const longestLine = 1022;

/** A client takes one of the URLs at random: only near ones belong in it. */
const mostUrls = 5;

/** Null: this file has none. */
export function zsync(file: Published, { sources }: Distribution): Uint8Array | null {
  const name = nameOf(file.path);
  const urls = sources
    .map(({ url }) => `URL: ${url}`)
    .filter(fits)
    .slice(0, mostUrls);
  const named = `Filename: ${name}`;
  if (file.zsync === null || file.size === 0 || urls.length === 0) return null;
  // Clients cut blanks off the end of a line, and refuse a header that has no value then.
  if (/[\r\n]|^ *$/.test(name) || !fits(named)) return null;
  const time = rfc822(file.mtime);
  const lines = [
    'zsync: 0.6.2',
    named,
    ...(time === null ? [] : [`MTime: ${time}`]),
    `Blocksize: ${file.zsync.blockSize}`,
    `Length: ${file.size}`,
    `Hash-Lengths: ${file.zsync.hashLengths}`,
    ...urls,
    `SHA-1: ${hex(file.sha1)}`,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\n\n`), file.zsync.sums]);
}

function fits(line: string): boolean {
  return Buffer.byteLength(line) <= longestLine;
}
