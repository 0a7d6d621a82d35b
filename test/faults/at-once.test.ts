/**
 * Two to four runs at once on one tree and one state, on parts that overlap, each with options of its own, and other
 * commands among them: all end as they should, and one more run brings all databases to what the oracle says.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join as joined } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Ended, site, told } from '../support/e2e.js';
import { outOf } from '../support/exporting.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { damage, leftovers, wrongInCache, wrongInRedirector } from './aftermath.js';
import { crowd, exporting, join, type Member, serveMeanwhile, type Wishes } from './crowd.js';
import { Dice } from './dice.js';
import { differences, facts, inSeconds, type RawFacts, redirectorQuery } from './oracle.js';
import { announce, seed, tell, timeoutFor } from './plan.js';
import { StillTree } from './still-tree.js';

const usual = ['--zsync', '--piece-length', 'auto', '--max-delete', '100%'];
const run = promisify(execFile);

class Crowds {
  readonly counts = { rounds: 0, commands: 0, 'files read': 0, 'read twice': 0, 'questions to serve': 0 };
  private readonly place = site();
  private readonly dice = new Dice(seed);
  private readonly tree: StillTree;
  private step = '';

  constructor(private readonly database: TestDatabase) {
    const { tree, directory } = this.place;
    const size = { directories: 5, filesInEach: 12, largest: 900_000 };
    this.tree = new StillTree(tree, joined(directory, 'scratch'), this.dice, size);
  }

  async round(number: number): Promise<void> {
    const isCold = number === 0 || this.dice.chance(0.2);
    const kind: Wishes['kind'] = number % 2 === 0 ? 'same' : 'different';
    this.step = `seed ${seed}, round ${number}: ${isCold ? 'cold, ' : ''}${kind}`;
    if (isCold) await this.forgetAll();
    this.change();
    const files = [...this.tree.files];
    const wishes = { kind, isCold, files, mirrorbrain: this.database.url };
    await this.letIn(crowd(this.place, this.dice, wishes), kind, isCold ? [] : files);
    await this.putRight();
    this.counts.rounds++;
  }

  private async forgetAll(): Promise<void> {
    for (const gone of [this.place.state, outOf(this.place)]) rmSync(gone, { recursive: true, force: true });
    await this.database.query('TRUNCATE filearr, hash');
  }

  private change(): void {
    const deed = this.dice.weighted({ change: 5, thin: 2, grow: 2 });
    if (deed === 'thin') this.tree.thin();
    else this.tree.change();
    if (deed !== 'thin') this.tree.grow();
  }

  /** @param served files that a server is asked for meanwhile; none: there is no server */
  private async letIn(members: readonly Member[], kind: string, served: readonly string[]): Promise<void> {
    const over = new AbortController();
    const isServed = served.length > 0 && this.dice.chance(0.5);
    const asking = isServed ? serveMeanwhile(this.place, served, over.signal) : Promise.resolve(0);
    // It is waited for later, and may fail before.
    asking.catch(() => {});
    const ends = await Promise.allSettled(members.map((member) => join(this.place, member, this.step)));
    over.abort();
    this.counts['questions to serve'] += await asking;
    const read = ends.flatMap((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
    const twice = read.filter((path, index) => read.indexOf(path) !== index);
    if (kind === 'same') expect(twice, this.step).toEqual([]);
    this.counts.commands += members.length;
    this.counts['files read'] += read.length;
    this.counts['read twice'] += twice.length;
  }

  /** One run for each redirector, and one export: nobody is left who is in the way. */
  private async putRight(): Promise<void> {
    const { place } = this;
    for (const redirector of [[], ['--redirector', this.database.url]]) {
      const ended = await this.runWell(place.hashArguments(...usual, ...redirector));
      const { files, directories } = told(ended).summary;
      expect({ ...files, ...directories }, this.step).toMatchObject({ deferred: 0, failed: 0, locked: 0 });
    }
    await this.runWell([...exporting(place, null), '--state', place.state, '--quiet', '--strict']);
    const expected = await this.tree.expected();
    expect(wrongInCache(place.state, expected), this.step).toEqual([]);
    expect(wrongInRedirector(place.state, expected), this.step).toEqual([]);
    const rows = (await this.database.query(redirectorQuery)) as unknown as RawFacts[];
    expect(differences(inSeconds(expected), rows.map(facts)), this.step).toEqual([]);
    expect(leftovers(place.state), this.step).toEqual([]);
    expect(await damage(place.state), this.step).toEqual([]);
    await this.judgeOutputs();
  }

  private async runWell(args: readonly string[]): Promise<Ended> {
    const ended = await this.place.run(args);
    expect([ended.status, ended.stderr], `${this.step}: ${args.join(' ')}`).toEqual([0, '']);
    return ended;
  }

  /** A list in each directory that has files, of all of them, which coreutils find right; and nothing half done. */
  private async judgeOutputs(): Promise<void> {
    const out = outOf(this.place);
    const { tree } = this.place;
    const directories = new Set([...this.tree.files].map((path) => path.slice(0, path.lastIndexOf('/'))));
    for (const directory of directories) {
      const list = joined(out, directory, 'SHA256SUMS');
      const cwd = joined(tree, directory);
      await run('sha256sum', ['--check', '--quiet', '--strict', list], { cwd });
    }
    const found = readdirSync(out, { recursive: true, encoding: 'utf8' });
    const torrents = [...this.tree.files].map((path) => `${path}.torrent`);
    const lists = [...directories].map((path) => `${path}/SHA256SUMS`);
    const files = found.filter((path) => !existsSync(joined(tree, path)));
    expect(files.sort(), this.step).toEqual([...torrents, ...lists, 'tracker-allowlist.txt'].sort());
  }
}

const length = { share: 0.05, short: 10 };
test('many commands at once on one tree and one state', { timeout: timeoutFor(length) }, async () => {
  const end = performance.now() + 1_000 * announce('many at once', length);
  const crowds = new Crowds(await makeDatabase('classic'));
  for (let number = 0; performance.now() < end; number++) await crowds.round(number);
  tell('many at once', crowds.counts);
  // An attack that met nothing proves nothing.
  expect(Math.min(crowds.counts.rounds, crowds.counts['files read'])).toBeGreaterThan(0);
});
