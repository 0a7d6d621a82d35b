/**
 * What the exports into one root wrote: the tables of `exports.db` as questions and changes.
 */
import type { ExportedDirectory, ExportMemory, SettledDirectory, WrittenOutput } from '../export-manifest.js';
import type { TreePath } from '../model.js';
import { joinTime, splitTime } from './cache-rows.js';
import { manifestSchema } from './manifest-schema.js';
import { type Connection, explained, openForReading, openForWriting } from './open.js';

interface DirectoryRow {
  readonly files: number;
  readonly outputs: number;
  readonly left_alone: number;
  readonly fingerprint: string | null;
  readonly mtime_s: number | null;
  readonly mtime_ns: number | null;
}

interface OutputRow {
  readonly name: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly made_of: string;
}

/** What belongs to no directory stands under this, which is no path of a tree. */
const noDirectory: TreePath = '/';
const outdate = 'UPDATE directory SET fingerprint = NULL WHERE root = @root AND path = @noDirectory';

/** Of a directory and all below it; `''` has no name to begin with. */
const withinPath = "(@below = '' OR path = @below OR path > @below || '/' AND path < @below || '0')";

export class Manifest implements ExportMemory {
  private readonly statements = new Map<string, ReturnType<Connection['prepare']>>();

  private constructor(
    private readonly connection: Connection,
    private readonly file: string,
    /** null: nothing was ever exported there */
    private readonly root: number | null,
  ) {}

  /** @param out absolute path of the root */
  static openForReading(file: string, out: string): Manifest {
    const connection = openForReading(file, manifestSchema);
    return new Manifest(connection, file, rootOf(connection, out));
  }

  /** Opens it, or makes it. @param out absolute path of the root */
  static openForWriting(file: string, out: string): Manifest {
    const connection = openForWriting(file, manifestSchema);
    // A file that outlives its claim in a power failure would be nobody's for ever.
    connection.pragma('synchronous = FULL');
    return explained(file, manifestSchema, () => {
      if (rootOf(connection, out) === null) {
        connection.prepare('INSERT INTO root (path) VALUES (?) ON CONFLICT DO NOTHING').run(out);
      }
      return new Manifest(connection, file, rootOf(connection, out));
    });
  }

  close(): void {
    this.connection.close();
  }

  directory(path: TreePath): ExportedDirectory | null {
    const sql = `SELECT files, outputs, left_alone, fingerprint, mtime_s, mtime_ns FROM directory
      WHERE root = @root AND path = @path`;
    const row = this.ask(sql, (statement) => statement.get({ root: this.root, path })) as
      | DirectoryRow
      | undefined;
    if (row === undefined) return null;
    const { files, outputs, left_alone: leftAlone, fingerprint, mtime_s: s, mtime_ns: ns } = row;
    return {
      ...{ files, outputs, leftAlone, fingerprint },
      mtimeNs: s === null || ns === null ? null : joinTime(s, ns),
    };
  }

  outputs(path: TreePath): ReadonlyMap<string, readonly WrittenOutput[]> {
    const sql = `SELECT name, size, output.mtime_s, output.mtime_ns, made_of
      FROM output JOIN directory ON directory.id = directory WHERE root = @root AND path = @path`;
    const rows = this.ask(sql, (statement) => statement.all({ root: this.root, path })) as OutputRow[];
    const outputs = new Map<string, WrittenOutput[]>();
    for (const { name, size, mtime_s: s, mtime_ns: ns, made_of: madeOf } of rows) {
      const output = { name, size, mtimeNs: joinTime(s, ns), madeOf };
      const known = outputs.get(name);
      if (known === undefined) outputs.set(name, [output]);
      else known.push(output);
    }
    return outputs;
  }

  begin(path: TreePath): void {
    this.exclusively(() => {
      const directory = this.directoryId(path);
      this.run('UPDATE directory SET fingerprint = NULL WHERE id = @directory', { directory });
    });
  }

  claim(path: TreePath, outputs: readonly WrittenOutput[]): void {
    this.exclusively(() => {
      this.insert(this.directoryId(path), outputs);
    });
  }

  claimDirectory(path: TreePath): void {
    this.exclusively(() => {
      this.run('UPDATE directory SET made = 1 WHERE id = @directory', { directory: this.directoryId(path) });
    });
  }

  settle(path: TreePath, settled: SettledDirectory): void {
    const { files, outputs, leftAlone, fingerprint, mtimeNs, infohashes, written } = settled;
    const mtime = mtimeNs === null ? { s: null, ns: null } : splitTime(mtimeNs);
    this.exclusively(() => {
      const directory = this.directoryId(path);
      this.run('DELETE FROM output WHERE directory = @directory', { directory });
      this.insert(directory, written);
      const sql = `UPDATE directory SET files = @files, outputs = @outputs, left_alone = @leftAlone,
        fingerprint = @fingerprint, mtime_s = @s, mtime_ns = @ns, infohashes = @infohashes WHERE id = @directory`;
      this.run(sql, { directory, files, outputs, leftAlone, fingerprint, infohashes, ...mtime });
      // What is made of all directories is as it should be no more, even if this run ends before it is made anew.
      if (path !== noDirectory) this.run(outdate, { root: this.root, noDirectory });
    });
  }

  /** Directories at and below one that have outputs, or had some; in order. */
  directories(below: TreePath): readonly TreePath[] {
    const sql = `SELECT path FROM directory WHERE root = @root AND path <> '/' AND ${withinPath} ORDER BY path`;
    return this.ask(sql, (statement) => statement.pluck().all({ root: this.root, below })) as TreePath[];
  }

  /** How many files at and below a directory have outputs. */
  fileCount(below: TreePath): number {
    const sql = `SELECT coalesce(sum(files), 0) FROM directory WHERE root = @root AND ${withinPath}`;
    return this.ask(sql, (statement) => statement.pluck().get({ root: this.root, below })) as number;
  }

  infohashes(): ReadonlyMap<TreePath, Uint8Array> {
    const sql = 'SELECT path, infohashes FROM directory WHERE root = @root AND infohashes IS NOT NULL';
    const rows = this.ask(sql, (statement) => statement.raw().all({ root: this.root }));
    return new Map(rows as [TreePath, Uint8Array][]);
  }

  /** Directories without outputs that we made, the deepest first. */
  emptyDirectories(): readonly TreePath[] {
    const sql = `SELECT path FROM directory WHERE root = @root AND made = 1 AND path NOT IN ('', '/')
      AND NOT EXISTS (SELECT 1 FROM output WHERE directory = directory.id) ORDER BY path DESC`;
    return this.ask(sql, (statement) => statement.pluck().all({ root: this.root })) as TreePath[];
  }

  /** Forgets directories about which there is nothing to remember. @param paths those that are gone */
  forget(paths: readonly TreePath[]): void {
    this.exclusively(() => {
      for (const path of paths) {
        this.run('DELETE FROM directory WHERE root = @root AND path = @path', { root: this.root, path });
      }
      const nothing = `made = 0 AND files = 0 AND left_alone = 0
        AND NOT EXISTS (SELECT 1 FROM output WHERE directory = directory.id)`;
      this.run(`DELETE FROM directory WHERE root = @root AND ${nothing}`, { root: this.root });
    });
  }

  private directoryId(path: TreePath): number {
    const sql = `INSERT INTO directory (root, path) VALUES (@root, @path)
      ON CONFLICT (root, path) DO UPDATE SET path = path RETURNING id`;
    return this.ask(sql, (statement) => statement.pluck().get({ root: this.root, path })) as number;
  }

  private insert(directory: number, outputs: readonly WrittenOutput[]): void {
    const sql = `INSERT INTO output VALUES (@directory, @name, @size, @s, @ns, @madeOf)
      ON CONFLICT DO UPDATE SET made_of = @madeOf`;
    for (const { name, size, mtimeNs, madeOf } of outputs) {
      this.run(sql, { directory, name, size, madeOf, ...splitTime(mtimeNs) });
    }
  }

  private run(sql: string, parameters: object): void {
    this.ask(sql, (statement) => statement.run(parameters));
  }

  private exclusively(work: () => void): void {
    explained(this.file, manifestSchema, () => this.connection.transaction(work).immediate());
  }

  private ask<T>(sql: string, work: (statement: ReturnType<Connection['prepare']>) => T): T {
    return explained(this.file, manifestSchema, () => {
      let statement = this.statements.get(sql);
      if (statement === undefined) {
        statement = this.connection.prepare(sql);
        this.statements.set(sql, statement);
      }
      return work(statement);
    });
  }
}

function rootOf(connection: Connection, out: string): number | null {
  const found = connection.prepare('SELECT id FROM root WHERE path = ?').pluck().get(out);
  return (found as number | undefined) ?? null;
}
