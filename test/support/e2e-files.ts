/**
 * Files for end-to-end tests: made, listed, and summed up by programs that are not ours.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

/** Long ago: a file of this time is not racy. */
export const longAgo = new Date('2024-02-29T12:34:56.789Z');

export interface Made {
  readonly mtime?: Date;
}

/** Writes a file, its directories too; old unless told otherwise. */
export function write(file: string, content: string | Uint8Array, { mtime = longAgo }: Made = {}): void {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  try {
    writeAll(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
  } finally {
    closeSync(descriptor);
  }
  utimesSync(file, mtime, mtime);
}

/** Byte i of the file is `i % 251`, as in test/golden/vectors.json. */
export function writeCounting(file: string, size: number): void {
  mkdirSync(dirname(file), { recursive: true });
  const period = Uint8Array.from({ length: 251 * 4096 }, (_, i) => i % 251);
  const descriptor = openSync(file, 'w');
  try {
    for (let at = 0; at < size; at += period.length)
      writeAll(descriptor, period.subarray(0, Math.min(period.length, size - at)));
  } finally {
    closeSync(descriptor);
  }
  utimesSync(file, longAgo, longAgo);
}

/** A file of zeros, but for its first bytes, that takes next to no room on the disk. */
export function writeSparse(file: string, size: number, head = ''): void {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'w');
  try {
    writeAll(descriptor, Buffer.from(head));
    ftruncateSync(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
  utimesSync(file, longAgo, longAgo);
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

/** What coreutils say of files: hex by path. */
export function coreutils(
  tool: 'md5sum' | 'sha1sum' | 'sha256sum',
  files: readonly string[],
): ReadonlyMap<string, string> {
  const output = execFileSync(tool, ['--zero', '--', ...files], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const lines = output.split('\0').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf('  ') + 2), line.slice(0, line.indexOf(' '))]));
}

/** Every entry below a directory with all that must not change: type, size, times, permissions, content. */
export function listing(directory: string): readonly string[] {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) {
      lines.push(`${path} absent`);
      return;
    }
    const { size, mtimeNs, ctimeNs, ino, mode } = stat;
    const content = stat.isFile() ? readFileSync(path).toString('base64') : '';
    lines.push(`${path} ${mode} ${ino} ${stat.isFile() ? size : ''} ${mtimeNs} ${ctimeNs} ${content}`);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  visit(directory);
  return lines;
}

export interface Row {
  readonly path: string;
  readonly mirrors: string;
  readonly mtime: number;
  readonly size: number;
  readonly md5: Buffer;
  readonly sha1: Buffer;
  readonly sha256: Buffer;
  readonly sha1piecesize: number;
  readonly sha1pieces: Buffer;
  readonly btih: Buffer;
  readonly pgp: string;
  readonly zblocksize: number;
  readonly zhashlens: string;
  readonly zsums: Buffer;
}

/** The rows that a redirector would find, by path and in its order. */
export function redirectorRows(state: string, file = join(state, 'redirector.db')): ReadonlyMap<string, Row> {
  return new Map(
    select<Row>(
      file,
      `SELECT path, mirrors, mtime, size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih, pgp, zblocksize,
        zhashlens, zsums FROM filearr JOIN hash ON file_id = id ORDER BY path`,
    ).map((row) => [row.path, row]),
  );
}

/** All paths in `filearr`, also those whose file is gone. */
export function knownPaths(state: string): readonly string[] {
  const rows = select<{ path: string }>(
    join(state, 'redirector.db'),
    'SELECT path FROM filearr ORDER BY path',
  );
  return rows.map(({ path }) => path);
}

export function select<T>(file: string, sql: string): readonly T[] {
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 200 });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}
