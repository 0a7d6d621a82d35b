/**
 * All contents that the files of a tree ever had, each under the size and mtime that it had them: what a row may say.
 *
 * Whoever changes the tree notes it after each system call. It reads the files itself and asks nothing of mirrorhash.
 */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import type { Facts } from './oracle.js';

export class Ledger {
  /** of a path, a size and an mtime in nanoseconds */
  private readonly byNanoseconds = new Map<string, Set<string>>();
  /** the same in seconds, as redirectors keep them */
  private readonly bySeconds = new Map<string, Set<string>>();
  private readonly signatures = new Map<string, Set<string>>();
  /** what was read already: nothing changes without the inode's ctime, or without `changed` */
  private readonly seen = new Map<string, string>();

  constructor(private readonly tree: string) {}

  /** Takes down all files that came, or came under another path. */
  note(): void {
    this.walk(this.tree);
  }

  /** An open file was written or cut: takes it down under all its paths. */
  changed(descriptor: number): void {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    for (const [path, key] of this.seen) if (key.startsWith(`${dev} ${ino} `)) this.seen.delete(path);
    this.note();
  }

  /** Whether a row tells a content that the file had. @param precision that of the row's mtime */
  knows(row: Facts, precision: 'nanoseconds' | 'seconds'): boolean {
    const map = precision === 'seconds' ? this.bySeconds : this.byNanoseconds;
    const contents = map.get(keyOf(row.path, row.size, row.mtime));
    if (!contents?.has(`${row.md5} ${row.sha1} ${row.sha256}`)) return false;
    return row.pgp === '' || (this.signatures.get(`${row.path}.asc`)?.has(row.pgp) ?? false);
  }

  /** How many versions of files there were. */
  get versions(): number {
    return this.byNanoseconds.size;
  }

  private walk(directory: string): void {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const file = join(directory, entry.name);
      if (entry.isDirectory()) this.walk(file);
      else if (entry.isFile()) this.read(file);
    }
  }

  private read(file: string): void {
    const stat = lstatSync(file, { bigint: true });
    const key = inodeKey(stat);
    if (this.seen.get(file) === key) return;
    this.seen.set(file, key);
    const path = relative(this.tree, file);
    const content = readFileSync(file);
    const digests = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(content).digest('hex'));
    const size = content.length;
    add(this.byNanoseconds, keyOf(path, size, String(stat.mtimeNs)), digests.join(' '));
    add(this.bySeconds, keyOf(path, size, String(stat.mtimeNs / 1_000_000_000n)), digests.join(' '));
    if (path.endsWith('.asc')) add(this.signatures, path, content.toString('utf8'));
  }
}

function inodeKey({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function keyOf(path: string, size: number, mtime: string): string {
  return `${path}\0${size}\0${mtime}`;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key) ?? new Set();
  map.set(key, set.add(value));
}

/** Opens a file for one change, and gives it back to be closed. */
export function withOpen<T>(file: string, flags: string, change: (descriptor: number) => T): T {
  const descriptor = openSync(file, flags);
  try {
    return change(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
