/**
 * kill -9 of `hash`, again and again: the next run needs no hand, reads nothing that was stored, and all ends as the
 * oracle says. What killed-sync.test.ts and killed-export.test.ts are for the other verbs.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { cacheSchema } from '../../src/store/cache-schema.js';
import { type Ended, type FileLine, type Site, site, told } from '../support/e2e.js';
import { damage, leftovers, stored, wrongInCache, wrongInRedirector } from './aftermath.js';
import { Dice } from './dice.js';
import { grows, holds, Killer } from './killing.js';
import { announce, seed, tell, timeoutFor } from './plan.js';
import { StillTree } from './still-tree.js';

const length = { share: 0.15, short: 14 };

const kinds = { cold: 5, changed: 6, forced: 3, thinned: 3, recipe: 2, migrated: 1, young: 1 } as const;
type Kind = keyof typeof kinds;
const otherRecipe = ['--piece-length', '512K', '--no-zsync'];
const usualRecipe = ['--piece-length', 'auto', '--zsync'];
const weights = { pwrite64: 6, open: 2, link: 3, unlink: 4, flush: 2, truncate: 1, mkdir: 1, write: 1 };

/** Seconds that a run takes at most that waits for no lock; an abandoned one is waited for 30. */
const atOnce = 20;

class Campaign {
  readonly done = {
    kills: 0,
    'too late': 0,
    recoveries: 0,
    'files stored before a kill': 0,
    'files read after it': 0,
  };
  private readonly dice: Dice;
  private readonly killer: Killer;
  private readonly place: Site = site();
  private readonly tree: StillTree;
  private step = '';

  constructor(dice: Dice) {
    this.dice = dice;
    this.killer = new Killer(dice);
    const scratch = join(this.place.directory, 'scratch');
    const size = { directories: 6, filesInEach: 10, largest: 1_200_000 };
    this.tree = new StillTree(this.place.tree, scratch, dice, size);
  }

  async round(number: number): Promise<void> {
    const kind = number === 0 ? 'cold' : this.dice.weighted(kinds);
    this.step = `seed ${seed}, round ${number}: ${kind}`;
    await this.prepare(kind);
    const recipe = kind === 'recipe' ? usualRecipe : [];
    for (let kills = this.dice.pick([1, 1, 1, 2, 3]); kills > 0; kills--) await this.kill(kind, recipe);
    await this.recover(kind, recipe);
  }

  private async prepare(kind: Kind): Promise<void> {
    const { place, tree } = this;
    if (kind === 'cold' || kind === 'migrated') rmSync(place.state, { recursive: true, force: true });
    if (kind === 'migrated') await this.makeOld();
    if (kind === 'thinned') tree.thin();
    else if (kind !== 'cold' || this.dice.chance(0.5)) tree.change();
    if (kind === 'young') tree.writeYoung();
    if (kind === 'changed') tree.grow();
    if (kind === 'recipe') this.expectWell(await place.run(place.hashArguments(...otherRecipe)));
  }

  /** A state as the first version left it, with nothing in it. */
  private async makeOld(): Promise<void> {
    const { place } = this;
    this.expectWell(await place.run(place.hashArguments('--exclude', '**')));
    const file = join(place.state, 'cache.db');
    rmSync(file);
    const old = new Database(file);
    old.pragma('journal_mode = WAL');
    old.exec(cacheSchema.migrations[0] ?? '');
    old.pragma('user_version = 1');
    old.pragma(`application_id = ${cacheSchema.applicationId}`);
    old.close();
  }

  private async kill(kind: Kind, recipe: readonly string[]): Promise<void> {
    const { place, dice } = this;
    const { state } = place;
    const expected = await this.tree.expected();
    const before = stored(state, expected).right;
    const speed = dice.chance(0.3) ? ['--read-limit', dice.pick(['8M', '30M'])] : [];
    const options = [...recipe, ...speed, ...(kind === 'forced' ? ['--force'] : [])];
    const seen = {
      'the cache grew': grows(join(state, 'cache.db-wal')),
      'the redirector grew': grows(join(state, 'redirector.db-wal')),
      'a lock was taken': holds(state, /\.lock$/),
      'a database was drafted': holds(state, /\.db\.new-/),
    };
    const strike = await this.killer.strike(place, place.hashArguments(...options), kind + speed, {
      seen,
      weights,
    });
    this.step += `, ${strike.moment}`;
    this.done[strike.landed ? 'kills' : 'too late']++;
    if (!strike.landed) this.expectWell(strike.ended);
    expect(await damage(state), this.step).toEqual([]);
    const { right, wrong } = stored(state, expected);
    expect(wrong, this.step).toEqual([]);
    const hashed = hashedBy(strike.ended);
    // What a run told is stored, and what was stored stays.
    expect(
      hashed.filter((path) => !right.has(path)),
      this.step,
    ).toEqual([]);
    expect(
      [...before].filter((path) => !right.has(path)),
      this.step,
    ).toEqual([]);
    if (kind !== 'forced')
      expect(
        hashed.filter((path) => before.has(path)),
        this.step,
      ).toEqual([]);
  }

  private async recover(kind: Kind, recipe: readonly string[]): Promise<void> {
    const { place, tree } = this;
    const expected = await tree.expected();
    const { right } = stored(place.state, expected);
    const ended = await place.run(place.hashArguments(...recipe));
    this.expectWell(ended);
    expect(ended.seconds, `${this.step}: waited`).toBeLessThan(atOnce);
    const hashed = hashedBy(ended);
    // Exactly what was missing.
    expect([...hashed].sort(), this.step).toEqual(
      [...expected.keys()].filter((path) => !right.has(path)).sort(),
    );
    expect(leftovers(place.state), this.step).toEqual([]);
    expect(await damage(place.state), this.step).toEqual([]);
    expect(wrongInCache(place.state, expected), this.step).toEqual([]);
    expect(wrongInRedirector(place.state, expected), this.step).toEqual([]);
    this.killer.learn(kind, ended.seconds * 1_000);
    this.done.recoveries++;
    this.done['files stored before a kill'] += right.size;
    this.done['files read after it'] += hashed.length;
  }

  private expectWell(ended: Ended): void {
    expect([ended.status, ended.stderr], this.step).toEqual([0, '']);
  }
}

/** Paths that a run told to be hashed, whether it came to an end or not. */
function hashedBy({ stdout, signal, ...ended }: Ended): readonly string[] {
  // The last line of a killed run may be a part of one.
  const lines = signal === null ? told({ stdout, signal, ...ended }).files : linesOf(stdout);
  return lines.filter(({ outcome }) => outcome === 'hashed').map(({ path }) => path);
}

function linesOf(stdout: string): readonly FileLine[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1).split('\n');
  const lines = whole.filter((line) => line !== '').map((line) => JSON.parse(line) as FileLine);
  return lines.filter(({ event }) => event === 'file');
}

test(
  'hash, killed at any moment, goes on where it was',
  async () => {
    const end = performance.now() + 1_000 * announce('kill -9 of hash', length);
    const campaign = new Campaign(new Dice(seed));
    for (let number = 0; performance.now() < end; number++) await campaign.round(number);
    tell('kill -9 of hash', campaign.done);
    expect(campaign.done.kills).toBeGreaterThan(0);
  },
  timeoutFor(length),
);
