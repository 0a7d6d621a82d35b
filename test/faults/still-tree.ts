/**
 * A tree that changes only between runs, and what databases must say of it.
 *
 * It remembers what the oracle said, and asks it again about what changed only.
 */
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { write } from '../support/e2e-files.js';
import type { Dice } from './dice.js';
import { type Expected, type Facts, oracle } from './oracle.js';

const names = [
  'a',
  'b.iso',
  'with space',
  'ü',
  "it's",
  '100%',
  '"q"',
  'line\nfeed',
  '.hidden',
  'back\\slash',
];
const armour = '-----BEGIN PGP SIGNATURE-----\n\nwsA=\n-----END PGP SIGNATURE-----\n';

export interface Size {
  readonly directories: number;
  readonly filesInEach: number;
  /** bytes of the largest file */
  readonly largest: number;
}

export class StillTree {
  private readonly paths = new Set<string>();
  private readonly known = new Map<string, Facts>();
  private readonly unknown = new Set<string>();
  private made = 0;

  /** @param scratch a directory on the same file system that nobody else uses */
  constructor(
    readonly directory: string,
    private readonly scratch: string,
    private readonly dice: Dice,
    private readonly size: Size,
  ) {
    mkdirSync(scratch, { recursive: true });
    const { directories, filesInEach } = size;
    for (let d = 0; d < directories; d++) for (let f = 0; f < filesInEach; f++) this.write(this.freePath(d));
    for (const path of this.some(0.1)) this.sign(path);
  }

  get files(): ReadonlySet<string> {
    return this.paths;
  }

  /** Some files are written, signed, moved, removed, or have another time. */
  change(): void {
    for (const path of this.some(0.15)) {
      const deed = this.dice.weighted({ rewrite: 4, touch: 2, sign: 2, unsign: 1, remove: 2, rename: 1 });
      if (!this.paths.has(path)) continue;
      if (deed === 'rewrite') this.write(path);
      if (deed === 'touch') this.touch(path);
      if (deed === 'sign') this.sign(path);
      if (deed === 'unsign') this.remove(`${path}.asc`);
      if (deed === 'remove') this.remove(path);
      if (deed === 'rename') this.rename(path);
    }
    for (let i = this.dice.between(1, 3); i > 0; i--) this.write(this.freePath(this.anyDirectory()));
  }

  /** Many files and whole directories go. At most half of all, or the guard would keep them. */
  thin(): void {
    const most = Math.floor(this.paths.size * 0.45);
    const gone = this.dice.between(0, this.size.directories - 1);
    const wanted = [...this.paths].filter((path) => path.startsWith(`d${gone}/`) || this.dice.chance(0.2));
    for (const path of wanted.slice(0, most)) this.remove(path);
    rmSync(join(this.directory, `d${gone}`, 'empty'), { recursive: true, force: true });
  }

  /** Fills it again after it was thinned. */
  grow(): void {
    const { directories, filesInEach } = this.size;
    while (this.paths.size < directories * filesInEach) this.write(this.freePath(this.anyDirectory()));
  }

  /** A file that was written this moment, which runs wait for. */
  writeYoung(): void {
    this.write(this.freePath(this.anyDirectory()), new Date());
  }

  async expected(): Promise<Expected> {
    if (this.unknown.size > 0) await this.ask();
    return new Map([...this.known].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Hands the oracle links to the files that it is to look at. */
  private async ask(): Promise<void> {
    const subset = mkdtempSync(join(this.scratch, 'subset-'));
    for (const path of this.unknown) {
      for (const name of [path, `${path}.asc`]) {
        if (this.paths.has(name)) linkInto(subset, this.directory, name);
      }
    }
    for (const [path, facts] of await oracle(subset)) this.known.set(path, facts);
    this.unknown.clear();
    rmSync(subset, { recursive: true });
  }

  private some(share: number): readonly string[] {
    return [...this.paths].filter(() => this.dice.chance(share));
  }

  private anyDirectory(): number {
    return this.dice.between(0, this.size.directories - 1);
  }

  private freePath(directory: number): string {
    const below = this.dice.weighted({ '': 6, '/deep': 1, '/deep/er': 1, '/ü': 1 });
    return `d${directory}${below}/${this.made++} ${this.dice.pick(names)}`;
  }

  private write(path: string, mtime = this.anotherTime()): void {
    const { largest } = this.size;
    const most = this.dice.pick([0, 100, 5_000, 5_000, 5_000, largest]);
    write(join(this.directory, path), this.dice.bytes(this.dice.between(Math.min(1, most), most)), { mtime });
    this.changed(path);
  }

  private touch(path: string): void {
    const time = this.anotherTime();
    utimesSync(join(this.directory, path), time, time);
    this.changed(path);
  }

  private sign(path: string): void {
    if (path.endsWith('.asc')) return;
    write(join(this.directory, `${path}.asc`), armour, { mtime: this.anotherTime() });
    this.changed(`${path}.asc`);
  }

  private remove(path: string): void {
    if (!this.paths.delete(path)) return;
    rmSync(join(this.directory, path));
    this.known.delete(path);
    this.unknown.delete(path);
    this.signatureChanged(path);
  }

  private rename(path: string): void {
    const to = this.freePath(this.anyDirectory());
    mkdirSync(dirname(join(this.directory, to)), { recursive: true });
    renameSync(join(this.directory, path), join(this.directory, to));
    this.paths.delete(path);
    this.known.delete(path);
    this.unknown.delete(path);
    this.signatureChanged(path);
    this.changed(to);
  }

  private changed(path: string): void {
    this.paths.add(path);
    this.unknown.add(path);
    this.signatureChanged(path);
  }

  private signatureChanged(path: string): void {
    const payload = path.slice(0, -'.asc'.length);
    if (path.endsWith('.asc') && this.paths.has(payload)) this.unknown.add(payload);
  }

  /** Long ago, and no two alike: a new content without a new time is no change that a run can see. */
  private anotherTime(): Date {
    return new Date(1_600_000_000_000 + this.made++ * 1_000 + this.dice.between(0, 999));
  }
}

function linkInto(directory: string, from: string, path: string): void {
  const target = join(directory, path);
  mkdirSync(dirname(target), { recursive: true });
  if (statSync(target, { throwIfNoEntry: false }) === undefined) linkSync(join(from, path), target);
}
