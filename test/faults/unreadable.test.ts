/**
 * Files and directories that cannot be read for a while: the disk fails (strace makes calls fail), or permissions are
 * missing. All others are hashed, these are named, nothing of them is forgotten, and once they can be read again the next
 * run ends as the oracle says.
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Site, site, type Told, told, withoutPrivileges } from '../support/e2e.js';
import { wrongInCache, wrongInRedirector } from './aftermath.js';
import { Dice } from './dice.js';
import { canTrace } from './killing.js';
import { cacheFacts, differences, type Expected, type Facts } from './oracle.js';
import { unclear } from './plain.js';
import { announce, type Length, seed, tell, timeoutFor } from './plan.js';
import { StillTree } from './still-tree.js';

const script = fileURLToPath(new URL('failing.py', import.meta.url));
const nobody = 65_534;
const asNobody = withoutPrivileges();
const length: Length = { share: 0.05, short: 8 };

/** System calls that fail, of files and of directories. */
const ofFiles = { read: 'read,pread64', open: '?open,openat', look: '?lstat,?stat,?newfstatat,?statx' };
const ofDirectories = { list: 'getdents64', open: '?open,openat' };
/** Permissions that are missing; that a directory cannot be entered is worse than that it cannot be listed. */
const fileModes = [0, 0o200];
const directoryModes = [0, 0o200, 0o400, 0o100];

class Unreadable {
  readonly counts: Record<string, number> = { rounds: 0, 'files failed': 0, 'directories failed': 0 };
  private readonly place: Site = site();
  private readonly tree: StillTree;
  private step = '';
  /** rows before the run that could not read all */
  private before = new Map<string, Facts>();

  constructor(private readonly dice: Dice) {
    const size = { directories: 5, filesInEach: 8, largest: 1_500_000 };
    this.tree = new StillTree(this.place.tree, join(this.place.directory, 'scratch'), dice, size);
    mkdirSync(this.place.state, { mode: 0o700 });
    if (asNobody !== null && asNobody.length > 0) chownSync(this.place.state, nobody, nobody);
  }

  async round(number: number): Promise<void> {
    const isDisk = canTrace && (asNobody === null || this.dice.chance(0.6));
    this.step = `seed ${seed}, round ${number}`;
    if (number > 0) this.tree.change();
    const { files, directories } = this.victims();
    this.before = this.rows();
    const affected = (path: string): boolean =>
      files.some((file) => path === file || `${path}.asc` === file) ||
      directories.some((directory) => path.startsWith(`${directory}/`));
    const run = isDisk
      ? await this.onBadDisk(files, directories)
      : await this.withoutPermission(files, directories);
    this.check(run, affected, await this.tree.expected());
    await this.recover();
    this.counts.rounds = (this.counts.rounds ?? 0) + 1;
  }

  /** Some files, or a directory or two. */
  private victims(): { readonly files: readonly string[]; readonly directories: readonly string[] } {
    const paths = [...this.tree.files];
    const some = Array.from({ length: this.dice.between(1, 3) }, () => this.dice.pick(paths));
    const isFiles = this.dice.chance(0.6);
    const files = isFiles ? [...new Set(some)] : [];
    const directories = isFiles ? [] : [...new Set(some.slice(0, 2).map((path) => dirname(path)))];
    this.step += `: ${JSON.stringify([...files, ...directories])}`;
    return { files, directories };
  }

  private async onBadDisk(files: readonly string[], directories: readonly string[]): Promise<Told> {
    const calls = files.length > 0 ? ofFiles : ofDirectories;
    const call = this.dice.pick(Object.keys(calls)) as keyof typeof calls;
    const victims = [...files, ...directories].map((path) => join(this.place.tree, path));
    this.step += ` ${call} EIO`;
    return this.hash(['python3', script, calls[call], 'EIO', JSON.stringify(victims)]);
  }

  private async withoutPermission(files: readonly string[], directories: readonly string[]): Promise<Told> {
    const modes = [
      ...files.map((path) => [path, this.dice.pick(fileModes), 0o644] as const),
      ...directories.map((path) => [path, this.dice.pick(directoryModes), 0o755] as const),
    ];
    this.step += ` modes ${modes.map(([, mode]) => mode.toString(8)).join(' ')}`;
    // The deepest first: where there is no way in, root alone finds it, and we may not be root.
    const deepest = [...modes].sort(([one], [other]) => other.length - one.length);
    for (const [path, mode] of deepest) chmodSync(join(this.place.tree, path), mode);
    try {
      return await this.hash([]);
    } finally {
      for (const [path, , mode] of deepest.reverse()) chmodSync(join(this.place.tree, path), mode);
    }
  }

  private async hash(prefix: readonly string[]): Promise<Told> {
    const args = this.place.hashArguments('--max-delete', '100%');
    return told(await this.place.run(args, { prefix: [...prefix, ...(asNobody ?? [])] }));
  }

  private check(run: Told, affected: (path: string) => boolean, expected: Expected): void {
    const said = `${this.step}: ${run.status} ${run.stderr}`;
    expect(unclear(run), said).toEqual([]);
    const failed = run.files.filter(({ outcome }) => outcome === 'failed');
    const directories = run.directories.filter(({ outcome }) => outcome === 'failed');
    expect(run.status, said).toBe(failed.length + directories.length > 0 ? 3 : 0);
    expect(
      failed.filter(({ code, path }) => code !== 'FILE_UNREADABLE' || !affected(path)),
      said,
    ).toEqual([]);
    expect(
      directories.filter(({ code }) => code !== 'DIRECTORY_UNREADABLE'),
      said,
    ).toEqual([]);
    this.counts['files failed'] = (this.counts['files failed'] ?? 0) + failed.length;
    this.counts['directories failed'] = (this.counts['directories failed'] ?? 0) + directories.length;
    const rows = this.rows();
    // What cannot be read and was to be read is named; what is known of it stays.
    const named = (path: string): boolean =>
      // A new signature that fails is named itself.
      failed.some((line) => line.path === path || line.path === `${path}.asc`) ||
      directories.some((line) => line.path === '' || path.startsWith(`${line.path}/`));
    const silent = [...expected.values()].filter(
      (file) => affected(file.path) && !isRight(rows.get(file.path), file) && !named(file.path),
    );
    expect(silent, said).toEqual([]);
    expect(
      [...this.before.keys()].filter((path) => affected(path) && expected.has(path) && !rows.has(path)),
      said,
    ).toEqual([]);
    const others = new Map([...expected].filter(([path]) => !affected(path)));
    const found = [...rows.values()].filter(({ path }) => !affected(path));
    expect(differences(others, found), said).toEqual([]);
  }

  private async recover(): Promise<void> {
    const run = await this.hash([]);
    expect([run.status, run.stderr], this.step).toEqual([0, '']);
    const expected = await this.tree.expected();
    expect(wrongInCache(this.place.state, expected), this.step).toEqual([]);
    expect(wrongInRedirector(this.place.state, expected), this.step).toEqual([]);
  }

  private rows(): Map<string, Facts> {
    const file = join(this.place.state, 'cache.db');
    if (!readdirSync(this.place.state).includes('cache.db')) return new Map();
    return new Map(cacheFacts(file).map((row) => [row.path, row]));
  }
}

function isRight(row: Facts | undefined, wanted: Facts): boolean {
  return row !== undefined && differences(new Map([[wanted.path, wanted]]), [row]).length === 0;
}

test(
  'files and directories that cannot be read',
  async (context) => {
    if (!canTrace && asNobody === null) {
      process.stderr.write('faults: what cannot be read: skipped: neither strace nor setpriv may be used\n');
      return context.skip();
    }
    const end = performance.now() + 1_000 * announce('what cannot be read', length);
    const attack = new Unreadable(new Dice(seed));
    for (let number = 0; number === 0 || performance.now() < end; number++) await attack.round(number);
    tell('what cannot be read', attack.counts);
    expect(attack.counts.rounds).toBeGreaterThan(0);
  },
  timeoutFor(length),
);

/** A directory of one file that cannot be looked at, and what the run says of it. */
async function withOneBadFile(): Promise<{ readonly place: Site; readonly run: Told }> {
  const place = site();
  const tree = new StillTree(place.tree, join(place.directory, 'scratch'), new Dice(1), {
    directories: 1,
    filesInEach: 5,
    largest: 100,
  });
  await place.hash();
  const [bad = ''] = tree.files;
  rmSync(place.state, { recursive: true });
  const prefix = ['python3', script, ofFiles.look, 'EIO', JSON.stringify([join(place.tree, bad)])];
  return { place, run: told(await place.run(place.hashArguments(), { prefix })) };
}

test.skipIf(!canTrace)(
  'a file that could not be looked at kept its whole directory from being hashed',
  async () => {
    const { run } = await withOneBadFile();
    expect(run.status).toBe(3);
    expect(run.directories).toEqual([]);
    const { failed = 0, hashed = 0 } = run.summary.files;
    expect(failed).toBe(1);
    expect(hashed).toBeGreaterThan(2);
  },
);
