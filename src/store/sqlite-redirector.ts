/**
 * The embedded redirector database: MirrorBrain's tables in an SQLite file, for one machine.
 *
 * Other programs may read it at any time. The tables are those of the contract; `filearr` rows stay when a
 * file vanishes, because mirrors may still carry it.
 */
import { statSync } from 'node:fs';
import type { TreePath } from '../model.js';
import { type Connection, explained, openForWriting } from './open.js';
import { closeForReaders } from './readers.js';
import { hashColumns as columns, type Redirector, type RedirectorRow, type Upserted } from './redirector.js';
import { redirectorSchema } from './redirector-schema.js';

const large: ReadonlySet<string> = new Set(['sha1pieces', 'zsums']);

export class SqliteRedirector implements Redirector {
  readonly name: string;
  readonly batch = { rows: 500, bytes: 16 * 1024 * 1024 };

  private constructor(
    private readonly connection: Connection,
    private readonly file: string,
  ) {
    this.name = `sqlite:${file}`;
  }

  /**
   * @param upTo `readable`: the tables of an older version stay as they are
   * @throws MirrorhashError when the file is something else or cannot be written
   */
  static open(file: string, upTo: 'newest' | 'readable' = 'newest'): SqliteRedirector {
    return new SqliteRedirector(openForWriting(file, redirectorSchema, upTo), file);
  }

  async identity(): Promise<string> {
    const { ino, birthtimeNs } = statSync(this.file, { bigint: true });
    return `${ino} ${birthtimeNs}`;
  }

  async upsert(rows: readonly RedirectorRow[]): Promise<Upserted> {
    const insertPath = this.connection.prepare(
      'INSERT INTO filearr (path) VALUES (?) ON CONFLICT DO NOTHING',
    );
    const findPath = this.connection.prepare('SELECT id FROM filearr WHERE path = ?').pluck();
    // Values by position, not by name: a first run spends much of its time here.
    const upsertHash = this.connection.prepare(
      `INSERT INTO hash (file_id, ${columns.join(', ')}) VALUES (?, ${columns.map(() => '?').join(', ')})
        ON CONFLICT (file_id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
        WHERE (${columns.join(', ')}) IS NOT (${columns.map((column) => `excluded.${column}`).join(', ')})`,
    );
    let written = 0;
    this.exclusively(() => {
      for (const row of rows) {
        const { changes, lastInsertRowid } = insertPath.run(row.path);
        const id = changes === 1 ? lastInsertRowid : findPath.get(row.path);
        written += upsertHash.run([id, ...columns.map((column) => row[column])]).changes;
      }
    });
    return { written, refusals: [] };
  }

  async remove(paths: readonly TreePath[]): Promise<number> {
    const remove = this.connection.prepare(
      'DELETE FROM hash WHERE file_id = (SELECT id FROM filearr WHERE path = @path)',
    );
    let removed = 0;
    this.exclusively(() => {
      for (const path of paths) removed += remove.run({ path }).changes;
    });
    return removed;
  }

  async fetch(
    paths: readonly TreePath[],
    detail: 'all' | 'glance',
  ): Promise<ReadonlyMap<TreePath, RedirectorRow>> {
    const wanted =
      detail === 'all' ? columns : columns.map((column) => (large.has(column) ? `x'' AS ${column}` : column));
    const select = this.connection.prepare(
      `SELECT path, ${wanted.join(', ')} FROM hash JOIN filearr ON id = file_id WHERE path = @path`,
    );
    const found = new Map<TreePath, RedirectorRow>();
    for (const path of paths) {
      const row = select.get({ path }) as RedirectorRow | undefined;
      if (row !== undefined) found.set(path, row);
    }
    return found;
  }

  async paths(after: TreePath, limit: number): Promise<readonly TreePath[]> {
    const select = this.connection.prepare(
      'SELECT path FROM filearr JOIN hash ON file_id = id WHERE path > @after ORDER BY path LIMIT @limit',
    );
    return select.pluck().all({ after, limit }) as TreePath[];
  }

  async listed(paths: readonly TreePath[]): Promise<ReadonlySet<TreePath>> {
    const select = this.connection.prepare('SELECT 1 FROM filearr WHERE path = @path');
    return new Set(paths.filter((path) => select.get({ path }) !== undefined));
  }

  async listedCount(most: number): Promise<number> {
    const select = this.connection.prepare('SELECT count(*) FROM (SELECT 1 FROM filearr LIMIT @most)');
    return select.pluck().get({ most }) as number;
  }

  async close(): Promise<void> {
    closeForReaders(this.connection, this.file);
  }

  /** Runs work in a transaction, while no other process is in its own. */
  exclusively<T>(work: () => T): T {
    return explained(this.file, redirectorSchema, () => this.connection.transaction(work).immediate());
  }
}
