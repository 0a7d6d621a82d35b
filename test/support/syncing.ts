import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { type Lock, Locks } from '../../src/files/lock.js';
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
  ): Sync {
    const { cache, locks } = this;
    return new Sync({ cache, locks, target, base: `${this.home}/base`, signal, ...(recent && { recent }) });
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
  occupy(): Lock | null {
    return this.locks.acquire(`redirector ${this.current.name}`);
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
    const rows = await this.current.fetch(records.map(({ path }) => path));
    return records
      .filter(({ path, md5 }) => Buffer.compare(md5, rows.get(path)?.md5 ?? new Uint8Array(0)) !== 0)
      .map(({ path }) => path);
  }
}

/** A target that lets `before` happen ahead of each batch that it writes. */
export function watched(target: Redirector, before: (batch: number) => void): Redirector {
  let batches = 0;
  return {
    name: target.name,
    identity: () => target.identity(),
    async upsert(rows: readonly RedirectorRow[]) {
      before(++batches);
      await target.upsert(rows);
    },
    remove: (paths) => target.remove(paths),
    fetch: (paths) => target.fetch(paths),
    paths: (after, limit) => target.paths(after, limit),
    close: () => target.close(),
  };
}
