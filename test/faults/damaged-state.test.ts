/**
 * Databases of a state that are damaged at rest: every command works, or refuses in clear words; nothing impossible is
 * passed on, `verify` finds what no longer is as the files are, and doing what the hints say puts all right.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Ended, site } from '../support/e2e.js';
import { contents } from '../support/exporting.js';
import { serving } from '../support/serving.js';
import { wrongInCache, wrongInRedirector } from './aftermath.js';
import { Dice } from './dice.js';
import { differences, type Expected, inSeconds, redirectorFacts } from './oracle.js';
import { complaints, unclear } from './plain.js';
import { announce, type Length, seed, tell, timeoutFor } from './plan.js';
import { Spoiler } from './spoiling.js';
import { StillTree } from './still-tree.js';

const databases = { 'cache.db': 5, 'redirector.db': 3, 'exports.db': 2 } as const;
const commands = {
  hash: 4,
  'hash --force': 1,
  sync: 3,
  'sync --full': 1,
  verify: 3,
  status: 2,
  show: 2,
  serve: 2,
  export: 3,
  forget: 2,
} as const;
const length: Length = { share: 0.05, short: 8 };
/** Seconds: nothing waits for anybody here. */
const atOnce = 20;

class Damage {
  readonly counts: Record<string, number> = { rounds: 0, refused: 0, 'noticed by verify': 0, unnoticed: 0 };
  private readonly place = site();
  private readonly spoiler: Spoiler;
  private readonly tree: StillTree;
  private readonly kept = join(this.place.directory, 'kept');
  private readonly out = join(this.place.directory, 'out');
  private expected: Expected = new Map();
  private step = '';

  constructor(private readonly dice: Dice) {
    this.spoiler = new Spoiler(dice);
    const size = { directories: 4, filesInEach: 10, largest: 900_000 };
    this.tree = new StillTree(this.place.tree, join(this.place.directory, 'scratch'), dice, size);
  }

  /** A state at rest whose logs hold something: nobody was the last to close the databases. */
  async begin(): Promise<void> {
    this.expected = await this.tree.expected();
    await this.well(this.args('hash', '--exclude', 'd0/**'));
    await this.well(this.args('export'));
    const open = Object.keys(databases).map((name) => new Database(join(this.place.state, name)));
    for (const database of open) database.prepare('SELECT count(*) FROM sqlite_schema').get();
    await this.well(this.args('hash'));
    await this.well(this.args('export'));
    for (const name of ['state', 'out']) this.copy(join(this.place.directory, name), join(this.kept, name));
    for (const database of open) database.close();
  }

  async round(number: number): Promise<void> {
    this.restore();
    const name = this.dice.weighted(databases);
    const way = this.spoiler.choose();
    const other = name === 'cache.db' ? 'redirector.db' : 'cache.db';
    this.step = `seed ${seed}, round ${number}: ${name}: ${way}`;
    this.spoiler.spoil(join(this.place.state, name), way, join(this.place.state, other));
    for (let count = this.dice.between(1, 2); count > 0; count--) {
      const command = this.dice.weighted(commands);
      await this.command(command);
      if (name !== 'redirector.db') this.expectNone(this.wrongRows());
    }
    await this.putRight(name);
    this.counts.rounds = (this.counts.rounds ?? 0) + 1;
  }

  private restore(): void {
    for (const name of ['state', 'out']) {
      rmSync(join(this.place.directory, name), { recursive: true, force: true });
      this.copy(join(this.kept, name), join(this.place.directory, name));
    }
  }

  private copy(from: string, to: string): void {
    cpSync(from, to, { recursive: true, preserveTimestamps: true });
  }

  private async command(command: keyof typeof commands): Promise<void> {
    this.step += `, ${command}`;
    if (command === 'serve') await this.serve();
    else await this.run(this.args(...command.split(' ')));
  }

  private args(command = '', ...more: readonly string[]): readonly string[] {
    const { tree, state } = this.place;
    const file = join(tree, [...this.tree.files][0] ?? '');
    const what = command === 'show' || command === 'forget' ? file : tree;
    const to =
      command === 'export'
        ? ['--to', this.out, '--formats', 'sha256sums,torrent,zsync', '--base-url', 'https://d.example/']
        : [];
    return [command, what, '--state', state, ...to, ...more];
  }

  /** It does its work, or says in words why not. */
  private async run(args: readonly string[]): Promise<Ended> {
    const ended = await this.place.run(args);
    const said = `${this.step}: ${ended.status} ${ended.stderr}`;
    expect(unclear(ended), said).toEqual([]);
    expect([0, 1, 2, 3, 4], said).toContain(ended.status);
    expect(ended.seconds, said).toBeLessThan(atOnce);
    if (ended.status === 1) {
      this.counts.refused = (this.counts.refused ?? 0) + 1;
      expect(complaints(ended).length, said).toBeGreaterThan(0);
      expect(ended.stderr, said).toMatch(/(cache|redirector|exports)\.db/);
    }
    return ended;
  }

  private async well(args: readonly string[]): Promise<void> {
    const ended = await this.place.run(args);
    expect([ended.status, unclear(ended)], ended.stderr).toEqual([0, []]);
  }

  private async serve(): Promise<void> {
    let said = '';
    const served = await serving(this.place).catch((error: Error) => {
      said = error.message;
      return null;
    });
    if (served === null) {
      expect(said, this.step).toMatch(/(cache|redirector)\.db/);
      return;
    }
    for (const path of [...this.tree.files].slice(0, 5)) {
      const url = `/${path.split('/').map(encodeURIComponent).join('/')}`;
      const sum = await ask(served.origin, `${url}.sha256`);
      if (sum.status === 200) expect(sum.text, this.step).toMatch(/^\\?[0-9a-f]{64} [ *]/);
      else expect(sum.status, this.step).toBe(404);
      const torrent = await ask(served.origin, `${url}.torrent`);
      expect([200, 404], this.step).toContain(torrent.status);
      expect((await ask(served.origin, url)).status, this.step).toBe(200);
    }
    const ended = await served.stop();
    expect(unclear(ended), this.step).toEqual([]);
  }

  /** Rows of the redirector that tell something else of a file with their size and mtime than what it is. */
  private wrongRows(): readonly string[] {
    const expected = inSeconds(this.expected);
    const rows = redirectorFacts(join(this.place.state, 'redirector.db')).filter((row) => {
      const wanted = expected.get(row.path);
      return wanted?.size === row.size && wanted.mtime === row.mtime;
    });
    return rows.flatMap((row) => {
      const wanted = expected.get(row.path);
      const there = { ...row, pgp: wanted?.pgp ?? '', zsync: wanted?.zsync ?? null };
      return wanted === undefined ? [] : differences(new Map([[row.path, wanted]]), [there]);
    });
  }

  /** Does what a user does: runs, and moves away what is named as damaged. */
  private async putRight(damaged: string): Promise<void> {
    const { state } = this.place;
    const exported = damaged === 'exports.db' ? [this.args('export', '--adopt')] : [];
    for (const args of [
      this.args('hash'),
      this.args('sync', '--full', '--max-delete', '100%'),
      this.args('verify'),
      ...exported,
    ]) {
      for (let tries = 0; ; tries++) {
        const ended = await this.run(args);
        this.step += `, ${args[0]} → ${ended.status}`;
        if (ended.status === 0) break;
        expect(tries, `${this.step}: ${ended.stderr}`).toBeLessThan(4);
        if (ended.status === 4) {
          this.counts['noticed by verify'] = (this.counts['noticed by verify'] ?? 0) + 1;
          await this.run(this.args('hash', '--force'));
        } else this.moveAway(ended.stderr);
        await this.run(this.args('hash'));
        await this.run(this.args('sync', '--full', '--max-delete', '100%'));
      }
    }
    this.expectNone(wrongInCache(state, this.expected));
    this.expectNone(wrongInRedirector(state, this.expected));
    if (exported.length > 0) expect(contents(this.out), this.step).toEqual(contents(join(this.kept, 'out')));
  }

  private moveAway(stderr: string): void {
    for (const name of Object.keys(databases)) {
      if (!stderr.includes(name)) continue;
      this.step += `, moved ${name} away`;
      for (const suffix of ['', '-wal', '-shm'])
        rmSync(join(this.place.state, name + suffix), { recursive: true, force: true });
    }
  }

  private expectNone(wrong: readonly unknown[]): void {
    expect(wrong, this.step).toEqual([]);
  }
}

test(
  'damaged databases',
  async () => {
    const end = performance.now() + 1_000 * announce('damaged databases', length);
    const damage = new Damage(new Dice(seed));
    await damage.begin();
    for (let number = 0; number === 0 || performance.now() < end; number++) await damage.round(number);
    tell('damaged databases', damage.counts);
    expect(damage.counts.rounds).toBeGreaterThan(0);
  },
  timeoutFor(length),
);
