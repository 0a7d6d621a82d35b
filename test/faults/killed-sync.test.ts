/**
 * kill -9 of `sync`, and of a `hash` that syncs MirrorBrain's database: the next sync waits for nobody and brings all
 * rows to what they must be.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { cleanRows, rowsOf } from '../support/mirrorbrain/faults.js';
import { wrongInCache, wrongInRedirector } from './aftermath.js';
import { Campaign, wage } from './campaign.js';
import type { Dice } from './dice.js';
import { grows, holds } from './killing.js';
import { StillTree } from './still-tree.js';

const kinds = { first: 4, changed: 5, thinned: 3, full: 4 } as const;
const weights = { pwrite64: 6, open: 1, link: 2, unlink: 4, flush: 2, truncate: 1, mkdir: 1 };

class SyncCampaign extends Campaign {
  private readonly tree: StillTree;

  constructor(dice: Dice) {
    super(dice);
    const size = { directories: 8, filesInEach: 20, largest: 600_000 };
    this.tree = new StillTree(this.place.tree, join(this.place.directory, 'scratch'), dice, size);
  }

  async round(number: number): Promise<void> {
    const kind = number === 0 ? 'first' : this.dice.weighted(kinds);
    this.startRound(number, kind);
    if (kind === 'thinned') this.tree.thin();
    else this.tree.change();
    if (kind === 'changed') this.tree.grow();
    await this.runWell(this.place.hashArguments('--no-sync'));
    if (kind === 'first') this.forgetRedirector();
    if (kind === 'full') this.spoilRedirector();
    const { tree, state } = this.place;
    const full = kind === 'full' ? ['--full', '--max-delete', '100%'] : [];
    const args = ['sync', tree, '--state', state, '--quiet', ...full];
    const seen = {
      'the redirector grew': grows(join(state, 'redirector.db-wal')),
      'the cache grew': grows(join(state, 'cache.db-wal')),
      'a lock was taken': holds(state, /\.lock$/),
      'a database was drafted': holds(state, /\.db\.new-/),
    };
    for (let kills = this.someKills(); kills > 0; kills--) await this.kill({ kind, args, seen, weights });
    await this.recover(kind, args);
    const expected = await this.tree.expected();
    this.expectNone(wrongInRedirector(state, expected));
    this.expectNone(wrongInCache(state, expected));
  }

  private forgetRedirector(): void {
    const { state } = this.place;
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(state, `redirector.db${suffix}`), { force: true });
  }

  /** Rows are lost, come from nowhere, and say what is not so: what only a full sync finds. */
  private spoilRedirector(): void {
    const file = join(this.place.state, 'redirector.db');
    if (!existsSync(file)) return;
    const database = new Database(file);
    database.exec(`
      DELETE FROM hash WHERE file_id % 7 = 0;
      UPDATE hash SET size = size + 1, md5 = x'00' WHERE file_id % 5 = 0;
      INSERT OR IGNORE INTO filearr (path) VALUES ('gone/from/everywhere');
      INSERT OR REPLACE INTO hash SELECT id, 1, 1, x'', x'', x'', 0, x'', x'', '', 0, '', x'' FROM filearr
        WHERE path = 'gone/from/everywhere'`);
    database.close();
  }
}

class MirrorbrainCampaign extends Campaign {
  private readonly tree: StillTree;
  private readonly made = makeDatabase('classic');

  constructor(dice: Dice) {
    super(dice);
    const size = { directories: 6, filesInEach: 15, largest: 400_000 };
    this.tree = new StillTree(this.place.tree, join(this.place.directory, 'scratch'), dice, size);
  }

  async round(number: number): Promise<void> {
    const database = await this.made;
    const isCold = number === 0 || this.dice.chance(0.3);
    const kind = isCold ? 'cold' : 'changed';
    this.startRound(number, kind);
    if (isCold) await this.empty(database);
    else this.tree.change();
    const { state } = this.place;
    const seen = {
      'the cache grew': grows(join(state, 'cache.db-wal')),
      'a lock was taken': holds(state, /\.lock$/),
    };
    const weights = { write: 4, pwrite64: 2, unlink: 2 };
    const args = this.place.hashArguments('--redirector', database.url);
    for (let kills = this.someKills(); kills > 0; kills--) await this.kill({ kind, args, seen, weights });
    await this.recover(kind, args);
    const expected = await this.tree.expected();
    this.expectNone(wrongInCache(state, expected));
    const rows = await rowsOf(database, 'classic');
    expect(rows, this.step).toHaveLength(expected.size);
    expect(rows, this.step).toEqual(await cleanRows(this.place, 'classic'));
  }

  private async empty(database: TestDatabase): Promise<void> {
    rmSync(this.place.state, { recursive: true, force: true });
    await database.query('TRUNCATE filearr, hash');
  }
}

wage('kill -9 of sync', { share: 0.05, short: 5 }, (dice) => new SyncCampaign(dice));
wage('kill -9 of hash with MirrorBrain', { share: 0.03, short: 3 }, (dice) => new MirrorbrainCampaign(dice));
