/**
 * A disk that is full, fills up, has no room for one more file, or refuses a write: of the state, of a redirector
 * database elsewhere, of what is exported. It is said once in words, nothing is half there, and once there is room the
 * next run ends as the oracle says.
 */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Ended, site } from '../support/e2e.js';
import { contents } from '../support/exporting.js';
import { damage, leftovers, stored, wrongInCache } from './aftermath.js';
import { Dice } from './dice.js';
import { canTrace } from './killing.js';
import { differences, type Expected, inSeconds, redirectorFacts } from './oracle.js';
import { complaints, unclear } from './plain.js';
import { announce, type Length, seed, tell, timeoutFor } from './plan.js';
import { SmallDisk } from './small-disk.js';
import { StillTree } from './still-tree.js';

const length: Length = { share: 0.05, short: 8 };
const kinds = { state: 5, redirector: 3, outputs: 4 } as const;
const ways = { full: 5, filling: 3, 'no file more': 2, limited: 2, refused: canTrace ? 5 : 0 } as const;
/** Calls that make a file, or make it longer. `write` is left out: the program's own signals to itself are writes. */
const calls = [
  'pwrite64',
  '?mkdir,mkdirat',
  '?link,linkat',
  'ftruncate',
  'fsync,fdatasync',
  '?rename,?renameat,?renameat2',
];
const inWords =
  /disk is full|cannot be (read or )?written|no room|quota|input\/output error|too large|cannot make|whether the disk has room/;

class FullDisk {
  readonly counts: Record<string, number> = { rounds: 0, failed: 0 };
  private readonly place = site();
  private readonly tree: StillTree;
  private readonly scratch = join(this.place.directory, 'scratch');
  private readonly clean = join(this.place.directory, 'clean');
  private expected: Expected = new Map();
  private step = '';
  private kind: keyof typeof kinds = 'state';

  constructor(
    private readonly dice: Dice,
    private readonly disk: SmallDisk,
  ) {
    const size = { directories: 5, filesInEach: 10, largest: 500_000 };
    this.tree = new StillTree(this.place.tree, this.scratch, dice, size);
  }

  private get state(): string {
    return this.kind === 'state' ? join(this.disk.directory, 'state') : this.place.state;
  }

  private get redirector(): string {
    return this.kind === 'redirector' ? join(this.disk.directory, 'r.db') : join(this.state, 'redirector.db');
  }

  private get out(): string {
    return join(this.kind === 'outputs' ? this.disk.directory : this.place.directory, 'out');
  }

  async round(number: number): Promise<void> {
    this.kind = this.dice.weighted(kinds);
    const way = this.dice.weighted(ways);
    this.step = `seed ${seed}, round ${number}: ${this.kind}, ${way}`;
    await this.prepare();
    const mayExport = existsSync(this.state);
    const isExport = this.kind === 'outputs' || (mayExport && this.dice.chance(0.2));
    const command = isExport ? 'export' : 'hash';
    await this.meet(way, command);
    // Also who only reads a database needs some bytes beside it.
    this.disk.makeRoom();
    await this.checkRows();
    await this.recover();
    this.counts.rounds = (this.counts.rounds ?? 0) + 1;
  }

  /** A state that may or may not be there yet, and work for a run. */
  private async prepare(): Promise<void> {
    this.disk.empty();
    for (const path of [this.place.state, join(this.place.directory, 'out')])
      rmSync(path, { recursive: true, force: true });
    const isNew = this.kind !== 'outputs' && this.dice.chance(0.4);
    this.step += isNew ? ', from nothing' : '';
    if (!isNew) await this.well('hash');
    if (!isNew && this.dice.chance(0.5)) await this.well('export');
    if (this.dice.chance(0.7)) this.tree.change();
    if (this.kind === 'outputs') await this.well('hash');
    this.expected = await this.tree.expected();
  }

  private async meet(way: keyof typeof ways, command: 'hash' | 'export'): Promise<void> {
    const left = this.dice.pick([0, 4_096, this.dice.between(0, 300_000), this.dice.between(0, 2_000_000)]);
    if (way === 'full') this.disk.fill(left);
    if (way === 'no file more') this.disk.limitFiles(this.dice.between(0, 12));
    const running = this.place.start(this.args(command), { prefix: this.prefix(way) });
    if (way === 'filling') {
      await sleep(this.dice.between(200, 1_200));
      this.disk.fill(0);
    }
    const ended = await running.ended;
    this.step += `, ${command}: ${ended.status} ${ended.stderr}`;
    this.check(ended);
    if (ended.status !== 0) this.counts.failed = (this.counts.failed ?? 0) + 1;
    const status = await this.place.run(['status', this.place.tree, '--state', this.state]);
    expect(unclear(status), `${this.step}, status: ${status.stderr}`).toEqual([]);
  }

  private prefix(way: keyof typeof ways): readonly string[] {
    if (way === 'limited') return ['prlimit', `--fsize=${this.dice.between(0, 1_500_000)}`, '--'];
    if (way !== 'refused') return [];
    const call = this.dice.pick(calls);
    const error = this.dice.pick(['ENOSPC', 'ENOSPC', 'EDQUOT', 'EIO']);
    const when = `${this.dice.between(1, 25)}${this.dice.pick(['', '+'])}`;
    this.step += `: ${call} ${error} ${when}`;
    return [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:error=${error}:when=${when}`,
    ];
  }

  private check(ended: Ended): void {
    expect(unclear(ended), this.step).toEqual([]);
    expect([0, 1, 3], this.step).toContain(ended.status);
    if (ended.status !== 0) {
      expect(inWords.test(ended.stderr), this.step).toBe(true);
      // Directories that were in work are named one by one.
      const others = complaints(ended).filter((line) => !line.includes(': failed: '));
      expect(others.length, this.step).toBeLessThanOrEqual(2);
    }
  }

  private async checkRows(): Promise<void> {
    if (!existsSync(this.state)) return;
    this.expectNone(await damage(this.state));
    this.expectNone(stored(this.state, this.expected).wrong);
    this.expectNone(this.wrongRows());
  }

  private wrongRows(): readonly string[] {
    if (!existsSync(this.redirector)) return [];
    const expected = inSeconds(this.expected);
    const rows = redirectorFacts(this.redirector).filter(
      (row) => expected.get(row.path)?.mtime === row.mtime,
    );
    const paths = new Set(rows.map(({ path }) => path));
    return differences(new Map([...expected].filter(([path]) => paths.has(path))), rows).filter(
      (line) => !line.includes(': pgp is'),
    );
  }

  private async recover(): Promise<void> {
    await this.well('hash');
    expect([...leftovers(this.state)], this.step).toEqual([]);
    this.expectNone(wrongInCache(this.state, this.expected));
    this.expectNone(differences(inSeconds(this.expected), redirectorFacts(this.redirector)));
    if (!existsSync(this.out)) return;
    await this.well('export');
    rmSync(this.clean, { recursive: true, force: true });
    mkdirSync(join(this.clean, 'state'), { recursive: true });
    for (const name of ['cache.db', 'cache.db-wal'])
      if (existsSync(join(this.state, name))) cpSync(join(this.state, name), join(this.clean, 'state', name));
    const ended = await this.place.run(
      this.args('export', join(this.clean, 'state'), join(this.clean, 'out')),
    );
    expect([ended.status, ended.stderr], this.step).toEqual([0, '']);
    expect(contents(this.out), this.step).toEqual(contents(join(this.clean, 'out')));
  }

  private async well(command: 'hash' | 'export'): Promise<void> {
    const ended = await this.place.run(this.args(command));
    expect([ended.status, ended.stderr], `${this.step}, then ${command}`).toEqual([0, '']);
  }

  private args(command: 'hash' | 'export', state = this.state, out = this.out): readonly string[] {
    const { tree } = this.place;
    if (command === 'hash')
      return [
        'hash',
        tree,
        '--state',
        state,
        '--redirector',
        `sqlite:${this.redirector}`,
        '--max-delete',
        '100%',
        '--json',
      ];
    const formats = ['--formats', 'sha256sums,torrent,zsync,meta4', '--base-url', 'https://d.example/'];
    return ['export', tree, '--state', state, '--to', out, ...formats, '--max-delete', '100%', '--json'];
  }

  private expectNone(wrong: readonly unknown[]): void {
    expect(wrong, this.step).toEqual([]);
  }
}

test(
  'full disks',
  async (context) => {
    const disk = SmallDisk.mount(join(site().directory, 'disk'));
    if (disk === null) return context.skip();
    try {
      const end = performance.now() + 1_000 * announce('full disks', length);
      const attack = new FullDisk(new Dice(seed), disk);
      for (let number = 0; number === 0 || performance.now() < end; number++) await attack.round(number);
      tell('full disks', attack.counts);
      expect(attack.counts.rounds).toBeGreaterThan(0);
    } finally {
      disk.unmount();
    }
  },
  timeoutFor(length),
);
