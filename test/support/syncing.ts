import { mkdirSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { Locks } from '../../src/files/lock.js';
import { lockWith, type Release } from '../../src/pipeline/open-redirector.js';
import type { RecentChanges } from '../../src/pipeline/recent-changes.js';
import { Sync } from '../../src/pipeline/sync.js';
import type { Cache } from '../../src/store/cache.js';
import type { Redirector, RedirectorRow } from '../../src/store/redirector.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { openCache, put, removePaths } from './caching.js';
import { recordOf } from './records.js';

/** So many paths, in order. */
export function numbered(count: number, directory = 'f'): string[] {
  return Array.from({ length: count }, (_, index) => `${directory}/${String(index).padStart(5, '0')}`);
}

/** A cache with its locks and a redirector database, both real, and what a test asks of them. */
export class Pair {
  readonly cache: Cache;
  private readonly locks: Locks;
  private current: SqliteRedirector;

  constructor(readonly home: string) {
    this.cache = openCache(`${home}/cache.db`);
    this.locks = new Locks(`${home}/locks`, (work) => this.cache.exclusively(work));
    // A tree without any file is taken for one that is not mounted.
    mkdirSync(`${home}/base`, { recursive: true });
    writeFileSync(`${home}/base/something`, '');
    this.current = SqliteRedirector.open(this.file);
    onTestFinished(() => this.current.close());
  }

  get file(): string {
    return `${this.home}/redirector.db`;
  }

  get target(): SqliteRedirector {
    return this.current;
  }

  /** Closes the target, lets something happen to its file, and opens it again. */
  async whileClosed(happens: () => void): Promise<void> {
    await this.current.close();
    happens();
    this.current = SqliteRedirector.open(this.file);
  }

  /** @param recent changes that need not be read from the cache */
  sync(
    signal: AbortSignal = new AbortController().signal,
    target: Redirector = this.current,
    recent?: RecentChanges,
    isWhole = true,
  ): Sync {
    const { cache } = this;
    const lock = async (): Promise<Release | null> => this.occupy();
    const parts = {
      cache,
      base: `${this.home}/base`,
      signal,
      isWhole: () => isWhole,
      ...(recent && { recent }),
    };
    return new Sync({ ...parts, target: { redirector: target, lock } });
  }

  /** Syncs as a run of its own does. @returns how many rows it wrote and removed */
  async run(): Promise<readonly [number, number] | null> {
    const sync = this.sync();
    await sync.run();
    return sync.result === null ? null : [sync.result.upserted, sync.result.deleted];
  }

  put(...paths: readonly string[]): void {
    this.putAs('', ...paths);
  }

  /** Records with sums that follow from `seed`. */
  putAs(seed: string, ...paths: readonly string[]): void {
    put(this.cache, ...paths.map((path) => recordOf(path, { seed: `${seed} ${path}` })));
  }

  remove(...paths: readonly string[]): void {
    removePaths(this.cache, ...paths);
  }

  /** As another sync does that is at work. */
  occupy(): Release | null {
    return lockWith(this.locks, `redirector ${this.current.name}`);
  }

  position(): number | undefined {
    return this.cache.targets()[0]?.sequence;
  }

  /** Asks or changes the target as another program does. */
  meddle(sql: string): readonly unknown[] {
    const connection = new Database(this.file);
    try {
      const statement = connection.prepare(sql);
      return statement.reader ? statement.pluck().all() : [statement.run().changes];
    } finally {
      connection.close();
    }
  }

  /** Counts the rows that are written to the target from now on, by the database itself. */
  countWrites(): () => number {
    this.meddle('CREATE TABLE IF NOT EXISTS written (n)');
    this.meddle('DELETE FROM written');
    for (const what of ['INSERT', 'UPDATE', 'DELETE']) {
      const name = `on_${what}`;
      this.meddle(
        `CREATE TRIGGER IF NOT EXISTS ${name} AFTER ${what} ON hash BEGIN INSERT INTO written VALUES (1); END`,
      );
    }
    return () => this.meddle('SELECT count(*) FROM written')[0] as number;
  }

  /** Paths that have a hash in the target. */
  paths(): Promise<readonly string[]> {
    return this.current.paths('', 100_000);
  }

  /** Paths whose rows in the target are not those of the cache. */
  async wrong(): Promise<readonly string[]> {
    const records = this.cache.changesAfter(0, 100_000, 1e12).map(({ record }) => record);
    const rows = await this.current.fetch(
      records.map(({ path }) => path),
      'all',
    );
    return records
      .filter(({ path, md5 }) => Buffer.compare(md5, rows.get(path)?.md5 ?? new Uint8Array(0)) !== 0)
      .map(({ path }) => path);
  }
}

/** A target that lets `before` happen ahead of each batch that it writes, `removed` after the first that it removes. */
export function watched(
  target: Redirector,
  before: (batch: number) => void,
  removed: () => void = () => {},
): Redirector {
  let removals = 0;
  let batches = 0;
  return new Proxy(target, {
    get(_, name) {
      if (name === 'upsert') {
        return (rows: readonly RedirectorRow[]) => {
          before(++batches);
          return target.upsert(rows);
        };
      }
      if (name === 'remove') {
        return async (paths: readonly string[]) => {
          const count = await target.remove(paths);
          if (++removals === 1) removed();
          return count;
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
