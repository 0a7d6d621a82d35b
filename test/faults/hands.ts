/**
 * What every change of a tree under attack needs: something to choose from, names and times that are new, and writing
 * that is noted in the ledger at once.
 */
import { futimesSync, lstatSync, readdirSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from './dice.js';
import { type Ledger, withOpen } from './ledger.js';

const KiB = 1024;

export class Hands {
  private names = 0;
  private times = 0;

  constructor(
    readonly tree: string,
    readonly dice: Dice,
    readonly ledger: Ledger,
    /** files that are being read at this moment */
    private readonly inUse: () => Iterable<string>,
  ) {}

  /** A file of the tree, null where there is none: whenever one is being read, rather that one. */
  file(suffix = ''): string | null {
    const files = this.files().filter((file) => file.endsWith(suffix));
    const open = new Set(this.inUse());
    const hot = files.filter((file) => open.has(file));
    if (hot.length > 0 && this.dice.chance(0.8)) return this.dice.pick(hot);
    return files.length === 0 ? null : this.dice.pick(files);
  }

  directory(): string {
    return this.dice.pick(this.directories());
  }

  files(): readonly string[] {
    return listed(this.tree).files;
  }

  /** The tree's own comes first. */
  directories(): readonly string[] {
    return [this.tree, ...listed(this.tree).directories];
  }

  newName(): string {
    return `${this.dice.pick(['f', 'ü', 'g h', '-'])}${++this.names}`;
  }

  newFile(): string {
    return join(this.directory(), this.newName());
  }

  /** bytes: most files are small, some have several pieces */
  size(): number {
    const most = this.dice.weighted({ tiny: 3, small: 6, pieces: 2 });
    return this.dice.between(0, { tiny: 100, small: 40 * KiB, pieces: 1200 * KiB }[most]);
  }

  /** Opens a file, lets it be changed, and closes it. @returns its path; null where there is no file */
  change(
    flags: string,
    apply: (descriptor: number, size: number, file: string) => void,
    file = this.file(),
  ): string | null {
    if (file === null) return null;
    withOpen(file, flags, (descriptor) => apply(descriptor, lstatSync(file).size, file));
    return file;
  }

  /** @param at null: behind what was written last */
  write(descriptor: number, size: number, at: number | null = null): void {
    writeSync(descriptor, this.dice.bytes(size), 0, null, at);
    this.ledger.changed(descriptor);
  }

  /** An mtime of long ago that no other change has, in seconds. */
  newTime(): number {
    return 1_500_000_000 + ++this.times;
  }

  setTimeOf(descriptor: number, time = this.newTime()): void {
    futimesSync(descriptor, time, time);
    this.ledger.changed(descriptor);
  }

  setTime(file: string): void {
    const time = this.newTime();
    utimesSync(file, time, time);
  }
}

/** Sorted, because a seed must bring the same choices on every file system. */
function listed(directory: string): { readonly files: string[]; readonly directories: string[] } {
  const found = { files: [] as string[], directories: [] as string[] };
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isFile()) found.files.push(path);
    if (!entry.isDirectory()) continue;
    const below = listed(path);
    found.files.push(...below.files);
    found.directories.push(path, ...below.directories);
  }
  return found;
}
