/**
 * Lists of paths, as `--files-from` takes them: NUL-separated, or lines as rsync's `--out-format=%n` writes them.
 *
 * PURE. rsync ends directories with `/` and means the directory itself, not what is below it; it writes bytes that it
 * does not print as `\#ooo` (octal), and `deleting PATH` for what it removed.
 */
import { MirrorhashError } from '../src/index.js';

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

/** @throws MirrorhashError USAGE when the list is not UTF-8 */
export function parsePathList(content: Buffer): readonly ListedPath[] {
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content)) {
    throw new MirrorhashError('USAGE', '--files-from: the list is not UTF-8');
  }
  if (text.includes('\0'))
    return text
      .split('\0')
      .filter(Boolean)
      .map((path) => listed(path, 'sure'));
  return text.split('\n').filter(Boolean).flatMap(readLine);
}

/** `deleting a` tells that `a` was removed; but a file may be called so. */
function readLine(line: string): readonly ListedPath[] {
  const path = unescapeRsync(line);
  if (!path.startsWith(deleting)) return [listed(path, 'sure')];
  return [listed(path, 'perhaps'), listed(path.slice(deleting.length), 'removed')];
}

function listed(path: string, reading: 'sure' | 'perhaps' | 'removed'): ListedPath {
  return {
    path,
    directoryOnly: path.endsWith('/'),
    perhaps: reading !== 'sure',
    removed: reading === 'removed',
  };
}

function unescapeRsync(line: string): string {
  if (!line.includes('\\#')) return line;
  const bytes = Buffer.from(line, 'utf8').toString('latin1');
  const unescaped = bytes.replace(/\\#([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(unescaped, 'latin1').toString('utf8');
}
