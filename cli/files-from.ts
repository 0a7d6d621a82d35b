/**
 * Lists of paths, as `--files-from` takes them: NUL-separated, or lines as rsync's `--out-format=%n` writes them.
 *
 * PURE. rsync ends directories with `/` and means the directory itself, not what is below it; it writes bytes that it
 * does not print as `\#ooo` (octal), and `deleting PATH` for what it removed. A list is bytes, and each character here is
 * one, until a path is known: not every name is UTF-8.
 */
import { isUtf8 } from 'node:buffer';

export interface ListedPath {
  readonly path: string;
  /** the list says that it is a directory, and means its own files only */
  readonly directoryOnly: boolean;
  /** one of two readings of a line: it need not be there */
  readonly perhaps: boolean;
  /** in this reading, the line says that it was removed */
  readonly removed: boolean;
}

const deleting = 'deleting ';

export function parsePathList(content: Buffer): readonly ListedPath[] {
  const bytes = content.toString('latin1');
  if (bytes.includes('\0'))
    return bytes
      .split('\0')
      .filter(Boolean)
      .map((path) => listed(path, 'sure'));
  return bytes.split('\n').filter(Boolean).flatMap(readLine);
}

/** `deleting a` tells that `a` was removed; but a file may be called so. */
function readLine(line: string): readonly ListedPath[] {
  const path = unescapeRsync(line);
  if (!path.startsWith(deleting)) return [listed(path, 'sure')];
  return [listed(path, 'perhaps'), listed(path.slice(deleting.length), 'removed')];
}

function listed(bytes: string, reading: 'sure' | 'perhaps' | 'removed'): ListedPath {
  const path = decoded(bytes);
  const removed = reading === 'removed';
  // Who looks at the directory says of each such name that it is skipped.
  if (path === null) return { path: aboveOf(bytes), directoryOnly: true, perhaps: true, removed };
  return { path, directoryOnly: path.endsWith('/'), perhaps: reading !== 'sure', removed };
}

/** The nearest directory above whose path is UTF-8, with `/` at its end. */
function aboveOf(bytes: string): string {
  const above = bytes.replace(/\/+$/, '').replace(/[^/]+$/, '');
  return above === '' ? './' : (decoded(above) ?? aboveOf(above));
}

function decoded(bytes: string): string | null {
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : null;
}

function unescapeRsync(line: string): string {
  return line.replace(/\\#([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
