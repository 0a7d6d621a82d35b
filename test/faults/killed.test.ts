/**
 * kill -9 of `hash`, again and again: the next run needs no hand, reads exactly what was not stored, and all ends as
 * the oracle says. The other verbs have files of their own: killed-sync.test.ts, killed-export.test.ts.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { cacheSchema } from '../../src/store/cache-schema.js';
import { type Ended, type FileLine, told } from '../support/e2e.js';
import { stored, wrongInCache, wrongInRedirector } from './aftermath.js';
import { Campaign, wage } from './campaign.js';
import type { Dice } from './dice.js';
import { grows, holds } from './killing.js';
import { StillTree } from './still-tree.js';

const kinds = { cold: 5, changed: 6, forced: 3, thinned: 3, recipe: 2, migrated: 1, young: 1 } as const;
type Kind = keyof typeof kinds;
const otherRecipe = ['--piece-length', '512K', '--no-zsync'];
const usualRecipe = ['--piece-length', 'auto', '--zsync'];
const weights = { pwrite64: 6, open: 2, link: 3, unlink: 4, flush: 2, truncate: 1, mkdir: 1, write: 1 };

class HashCampaign extends Campaign {
  private readonly tree: StillTree;

  constructor(dice: Dice) {
    super(dice);
    const size = { directories: 6, filesInEach: 10, largest: 1_200_000 };
    this.tree = new StillTree(this.place.tree, join(this.place.directory, 'scratch'), dice, size);
  }

  async round(number: number): Promise<void> {
    const kind = number === 0 ? 'cold' : this.dice.weighted(kinds);
    this.startRound(number, kind);
    await this.prepare(kind);
    const recipe = kind === 'recipe' ? usualRecipe : [];
    for (let kills = this.someKills(); kills > 0; kills--) await this.killHash(kind, recipe);
    await this.putRight(kind, recipe);
  }

  private async prepare(kind: Kind): Promise<void> {
    const { place, tree } = this;
    if (kind === 'cold' || kind === 'migrated') rmSync(place.state, { recursive: true, force: true });
    if (kind === 'migrated') await this.makeOld();
    if (kind === 'thinned') tree.thin();
    else if (kind !== 'cold' || this.dice.chance(0.5)) tree.change();
    if (kind === 'young') tree.writeYoung();
    if (kind === 'changed') tree.grow();
    if (kind === 'recipe') await this.runWell(place.hashArguments(...otherRecipe));
  }

  /** A state as the first version left it, with nothing in it. */
  private async makeOld(): Promise<void> {
    await this.runWell(this.place.hashArguments('--exclude', '**'));
    const file = join(this.place.state, 'cache.db');
    rmSync(file);
    const old = new Database(file);
    old.pragma('journal_mode = WAL');
    old.exec(cacheSchema.migrations[0] ?? '');
    old.pragma('user_version = 1');
    old.pragma(`application_id = ${cacheSchema.applicationId}`);
    old.close();
  }

  private async killHash(kind: Kind, recipe: readonly string[]): Promise<void> {
    const { state } = this.place;
    const expected = await this.tree.expected();
    const before = stored(state, expected).right;
    const speed = this.dice.chance(0.5) ? ['--read-limit', this.dice.pick(['5M', '20M'])] : [];
    const force = kind === 'forced' ? ['--force'] : [];
    const seen = {
      'the cache grew': grows(join(state, 'cache.db-wal')),
      'the redirector grew': grows(join(state, 'redirector.db-wal')),
      'a lock was taken': holds(state, /\.lock$/),
      'a database was drafted': holds(state, /\.db\.new-/),
    };
    const args = this.place.hashArguments(...recipe, ...speed, ...force);
    const hashed = hashedBy(await this.kill({ kind: kind + speed, args, seen, weights }));
    const { right, wrong } = stored(state, expected);
    this.expectNone(wrong);
    // What a run told is stored, and what was stored stays.
    this.expectNone(hashed.filter((path) => !right.has(path)));
    this.expectNone([...before].filter((path) => !right.has(path)));
    if (kind !== 'forced') this.expectNone(hashed.filter((path) => before.has(path)));
  }

  private async putRight(kind: Kind, recipe: readonly string[]): Promise<void> {
    const { state } = this.place;
    const expected = await this.tree.expected();
    const { right } = stored(state, expected);
    const hashed = hashedBy(await this.recover(kind, this.place.hashArguments(...recipe)));
    const missing = [...expected.keys()].filter((path) => !right.has(path));
    expect([...hashed].sort(), this.step).toEqual(missing.sort());
    this.expectNone(wrongInCache(state, expected));
    this.expectNone(wrongInRedirector(state, expected));
    this.count('files that were stored', right.size);
    this.count('files read after it', hashed.length);
    this.count('files read again though they were stored', hashed.filter((path) => right.has(path)).length);
  }
}

/** Paths that a run told to be hashed, whether it came to an end or not. */
function hashedBy(ended: Ended): readonly string[] {
  // The last line of a killed run may be a part of one.
  const lines = ended.signal === null ? told(ended).files : wholeLines(ended.stdout);
  return lines.filter(({ outcome }) => outcome === 'hashed').map(({ path }) => path);
}

function wholeLines(stdout: string): readonly FileLine[] {
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1).split('\n');
  const lines = whole.filter((line) => line !== '').map((line) => JSON.parse(line) as FileLine);
  return lines.filter(({ event }) => event === 'file');
}

wage('kill -9 of hash', { share: 0.14, short: 11 }, (dice) => new HashCampaign(dice));
