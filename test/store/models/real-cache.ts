/**
 * A cache on the disk with all who use one: two that write, as two runs do, one that reads now and then, a thread that
 * asks for directories, and another program that holds on to what it saw.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TreePath } from '../../../src/model.js';
import { Cache } from '../../../src/store/cache.js';
import { CacheReader } from '../../../src/store/cache-reader.js';
import { cachedDirectories } from '../../../src/store/cached-directories.js';
import { modelView } from './cache-answers.js';
import { CacheModel } from './cache-model.js';
import { cacheView, directoryView, type Questions } from './cache-view.js';
import { around } from './paths.js';
import { Scratch } from './scratch.js';

export const target = 'sqlite:/a';

export class RealCache {
  readonly model = new CacheModel();
  /** what a redirector was told, by path */
  readonly replica = new Map<TreePath, string>();
  private readonly scratch = new Scratch();
  private readonly file = join(this.scratch.directory, 'cache.db');
  private readonly writers = [Cache.open(this.file), Cache.open(this.file)];
  private readonly directory = cachedDirectories(this.file);
  private checks = 0;
  private reader: CacheReader | null = null;
  private held: { readonly connection: Database.Database; readonly rows: unknown } | null = null;
  private readonly paths = new Set<TreePath>(['a', 'never']);
  private readonly directories = new Set<TreePath>(['', 'a', 'never']);

  /** One of the two that write. */
  writer(number: number): Cache {
    return this.writers[number] as Cache;
  }

  /** From now on it is asked for these, too. */
  note(paths: readonly TreePath[]): void {
    for (const path of paths) {
      this.paths.add(path);
      for (const directory of [path, ...around(path)]) this.directories.add(directory);
    }
  }

  reopen(number: number): void {
    this.writer(number).close();
    this.writers[number] = Cache.open(this.file);
  }

  /** Both end, and the last one takes the log with it. */
  reopenAll(): void {
    for (const writer of this.writers) writer.close();
    for (const number of this.writers.keys()) this.writers[number] = Cache.open(this.file);
  }

  /** Somebody begins to read, or ends. */
  toggleReader(): void {
    this.reader?.close();
    this.reader = this.reader === null ? CacheReader.open(this.file) : null;
  }

  /** Another program begins to read in one transaction, which keeps nobody from writing, or ends. */
  toggleHold(): void {
    if (this.held === null) {
      const connection = new Database(this.file, { readonly: true });
      connection.exec('BEGIN');
      this.held = { connection, rows: everything(connection) };
    } else {
      deepStrictEqual(everything(this.held.connection), this.held.rows);
      this.held.connection.close();
      this.held = null;
    }
  }

  /** What lies on the disk at this moment is what a run that is killed leaves. */
  copyAsKilled(): void {
    const cache = Cache.open(this.scratch.copyOf(this.file));
    this.compare(cache);
    cache.close();
  }

  /** Who is asked changes from deed to deed. */
  check(): void {
    const all = [...this.writers, ...(this.reader === null ? [] : [this.reader])];
    this.compare(all[this.checks++ % all.length] as CacheReader);
    for (const path of this.directories)
      deepStrictEqual(directoryView(this.directory(path)), directoryView(this.writer(0).directory(path)));
  }

  end(): void {
    for (const each of [...this.writers, this.reader, this.held?.connection]) each?.close();
    this.scratch.end();
  }

  private compare(cache: CacheReader): void {
    const questions: Questions = { paths: this.paths, directories: this.directories, target };
    deepStrictEqual(cacheView(cache, questions), modelView(this.model, questions));
  }
}

/** Rows of all tables, as SQLite itself has them. */
function everything(connection: Database.Database): unknown {
  const tables = connection
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all() as string[];
  return tables.map((table) => connection.prepare(`SELECT * FROM ${table}`).raw().all());
}
