/**
 * Questions to the cache. Every method answers from one statement and changes nothing, so workers and dry runs
 * can ask them over a read-only connection.
 */
import type { MirrorhashError } from '../errors.js';
import type { CachedDirectory } from '../examine.js';
import type { CachedFile } from '../freshness.js';
import type { VanishedFile } from '../jobs.js';
import type { FileRecord, TreePath } from '../model.js';
import { join, split } from '../paths.js';
import {
  type DigestsRow,
  type FileTuple,
  fileColumns,
  glanceSource,
  type RecordRow,
  recordSource,
  selectDigests,
  toCachedFile,
  toFileDigests,
  toRecord,
} from './cache-rows.js';
import { cacheSchema } from './cache-schema.js';
import type {
  Change,
  FileDigests,
  StoredProblem,
  StoredRefusal,
  TargetPosition,
  Tombstone,
} from './cached-facts.js';
import { type Connection, damagedIn, explained, openForReading } from './open.js';
import { belongTogether, isSoundDigests, isSoundRow, isSoundTuple } from './sound-rows.js';

export type { Change, FileDigests, StoredProblem, StoredRefusal, TargetPosition, Tombstone };

/** The directories at and below a path, as a table `below`. */
const below = `WITH RECURSIVE below(id) AS (
  SELECT id FROM directory WHERE path = @path
  UNION ALL SELECT directory.id FROM directory JOIN below ON directory.parent = below.id)`;

export class CacheReader {
  /** Statements by their text: compiled once. */
  private readonly statements = new Map<string, ReturnType<Connection['prepare']>>();
  /** All that is read of a directory is of one moment. */
  private readonly inOneState: (path: TreePath) => CachedDirectory;

  constructor(
    protected readonly connection: Connection,
    protected readonly file: string,
  ) {
    this.inOneState = connection.transaction((path: TreePath) => this.readDirectory(path));
  }

  static open(file: string): CacheReader {
    return new CacheReader(openForReading(file, cacheSchema), file);
  }

  close(): void {
    this.connection.close();
  }

  /** What is known of the files of one directory, not of those below it. */
  directory(path: TreePath): CachedDirectory {
    return this.inOneState(path);
  }

  private readDirectory(path: TreePath): CachedDirectory {
    const files = new Map<string, CachedFile & VanishedFile>();
    const id = this.value('SELECT id FROM directory WHERE path = @path', { path });
    if (id === undefined) return { files, subdirectories: [] };
    // A warm run does little else than this: rows as arrays cost less than half of rows as objects.
    const sql = `SELECT ${fileColumns} FROM file WHERE directory = @id`;
    const rows = this.explained(() => this.statement(sql).raw().all({ id }) as FileTuple[]);
    for (const row of rows) {
      if (!isSoundTuple(row)) throw this.damaged(join(path, String(row[1])));
      files.set(row[1], toCachedFile(row));
    }
    const children = this.rows<{ path: string }>('SELECT path FROM directory WHERE parent = @id', { id });
    return { files, subdirectories: children.map((child) => split(child.path).name) };
  }

  /** A record whose sums may be those of nothing: only reading the file tells. */
  unprovenRecord(path: TreePath): FileRecord | null {
    const { directory, name } = split(path);
    const [row] = this.rows<RecordRow>(
      `SELECT ${recordSource} WHERE directory.path = @directory AND file.name = @name`,
      { directory, name },
    );
    return row === undefined ? null : this.sound(row, 'all');
  }

  record(path: TreePath): FileRecord | null {
    const record = this.unprovenRecord(path);
    return record === null ? null : this.proven(record);
  }

  /** A record while it is still that version. @param detail `glance`: without the sums of its pieces and blocks */
  recordOf(path: TreePath, sequence: number, detail: 'all' | 'glance'): FileRecord | null {
    const { directory, name } = split(path);
    const [row] = this.rows<RecordRow>(
      `SELECT ${detail === 'all' ? recordSource : glanceSource}
        WHERE directory.path = @directory AND file.name = @name AND sequence = @sequence`,
      { directory, name, sequence },
    );
    if (row === undefined) return null;
    const record = this.sound(row, detail);
    if (detail === 'all') return this.proven(record);
    const sha1 = this.value('SELECT pieces FROM sums WHERE file = @id', { id: row.id }) as Uint8Array;
    return this.proven({ ...record, pieces: { ...record.pieces, sha1 } }, record);
  }

  /** The digests of all records of a directory, by name. */
  digests(directory: TreePath): ReadonlyMap<string, FileDigests> {
    return this.explained(() => {
      const found = new Map<string, FileDigests>();
      // One after the other: the pieces of many large files are not held at once.
      for (const row of this.statement(selectDigests).iterate({ directory }) as Iterable<DigestsRow>) {
        if (!isSoundDigests(row)) throw this.damaged(join(directory, String(row.name)));
        found.set(row.name, toFileDigests(row));
      }
      return found;
    });
  }

  /** Records at and below a directory. */
  count(path: TreePath): { readonly files: number; readonly bytes: number } {
    const [row] = this.rows<{ files: number; bytes: number | null }>(
      `${below} SELECT count(*) AS files, sum(size) AS bytes FROM file WHERE directory IN below`,
      { path },
    );
    return { files: row?.files ?? 0, bytes: row?.bytes ?? 0 };
  }

  /** How many records are at and below a directory: from an index alone, which counting bytes is not. */
  countFiles(path: TreePath): number {
    return this.value(`${below} SELECT count(*) FROM file WHERE directory IN below`, { path }) as number;
  }

  /** Paths of the directories at and below a directory that hold records, in order. */
  directoriesBelow(path: TreePath): readonly TreePath[] {
    const sql = `${below} SELECT path FROM directory WHERE id IN below
      AND EXISTS (SELECT 1 FROM file WHERE directory = directory.id) ORDER BY path`;
    return this.rows<{ path: string }>(sql, { path }).map((row) => row.path);
  }

  /** Identities of all records at and below a directory. */
  filesBelow(path: TreePath): readonly VanishedFile[] {
    return this.rows<VanishedFile>(`${below} SELECT id, sequence FROM file WHERE directory IN below`, {
      path,
    });
  }

  /** Identity of one record. */
  fileAt(path: TreePath): VanishedFile | null {
    const { directory, name } = split(path);
    const [row] = this.rows<VanishedFile>(
      `SELECT file.id, sequence FROM file JOIN directory ON directory.id = file.directory
        WHERE directory.path = @directory AND name = @name`,
      { directory, name },
    );
    return row ?? null;
  }

  /** The path and size behind an identity, while the record is still that version. */
  located(file: VanishedFile): { readonly path: TreePath; readonly size: number } | null {
    const [row] = this.rows<{ path: string; name: string; size: number }>(
      `SELECT directory.path, name, size FROM file JOIN directory ON directory.id = file.directory
        WHERE file.id = @id AND sequence = @sequence`,
      { id: file.id, sequence: file.sequence },
    );
    return row === undefined ? null : { path: join(row.path, row.name), size: row.size };
  }

  /** The number of the newest change. */
  lastSequence(): number {
    return this.value('SELECT last FROM sequence', {}) as number;
  }

  /** Records changed after `sequence`, oldest change first: at most `limit`, and about `bytes` of sums. */
  changesAfter(sequence: number, limit: number, bytes: number): readonly Change[] {
    const sql = `SELECT ${recordSource} WHERE sequence > @sequence ORDER BY sequence LIMIT @limit`;
    const changes: Change[] = [];
    let held = 0;
    return this.explained(() => {
      for (const row of this.statement(sql).iterate({ sequence, limit }) as Iterable<RecordRow>) {
        changes.push({ sequence: row.sequence, record: this.proven(this.sound(row, 'all')) });
        held += row.all_sums.length;
        if (held >= bytes) break;
      }
      return changes;
    });
  }

  /** The last records that changed up to `sequence`, newest first, without the sums of their pieces and blocks. */
  changesUpTo(sequence: number, limit: number): readonly Change[] {
    const sql = `SELECT ${glanceSource} WHERE sequence <= @sequence ORDER BY sequence DESC LIMIT @limit`;
    return this.rows<RecordRow>(sql, { sequence, limit }).map((row) => ({
      sequence: row.sequence,
      record: this.sound(row, 'glance'),
    }));
  }

  /** Paths of at most `count` records, spread evenly over all changes. */
  spreadPaths(count: number): readonly TreePath[] {
    const sql = `SELECT directory.path AS directory, name FROM file JOIN directory ON directory.id = file.directory
      WHERE sequence > @after ORDER BY sequence LIMIT 1`;
    const last = this.lastSequence();
    const paths = new Set<TreePath>();
    for (let after = 0; after < last; after += Math.max(1, Math.ceil(last / count))) {
      const [row] = this.rows<{ directory: string; name: string }>(sql, { after });
      if (row !== undefined) paths.add(join(row.directory, row.name));
    }
    return [...paths];
  }

  tombstonesAfter(sequence: number, limit: number): readonly Tombstone[] {
    const sql =
      'SELECT path, sequence FROM tombstone WHERE sequence > @sequence ORDER BY sequence LIMIT @limit';
    return this.rows<Tombstone>(sql, { sequence, limit });
  }

  tombstonesUpTo(sequence: number, limit: number): readonly Tombstone[] {
    const sql =
      'SELECT path, sequence FROM tombstone WHERE sequence <= @sequence ORDER BY sequence DESC LIMIT @limit';
    return this.rows<Tombstone>(sql, { sequence, limit });
  }

  /** How many changes a redirector at `sequence` has not seen. */
  changesSince(sequence: number): number {
    const sql = `SELECT (SELECT count(*) FROM file WHERE sequence > @sequence)
      + (SELECT count(*) FROM tombstone WHERE sequence > @sequence)`;
    return this.value(sql, { sequence }) as number;
  }

  setting(name: string): string | null {
    return (
      (this.value('SELECT value FROM setting WHERE name = @name', { name }) as string | undefined) ?? null
    );
  }

  targets(): readonly TargetPosition[] {
    return this.rows<TargetPosition>('SELECT name, identity, sequence FROM target ORDER BY name', {});
  }

  /** Rows that a target could not take, by path. */
  refusals(target: string): readonly StoredRefusal[] {
    const sql = 'SELECT path, sequence, code, message FROM refused WHERE target = @target ORDER BY path';
    return this.rows<StoredRefusal>(sql, { target });
  }

  problems(): readonly StoredProblem[] {
    return this.rows<StoredProblem>('SELECT path, outcome, code, message FROM problem ORDER BY path', {});
  }

  /** Bytes of the file without its log. */
  fileSize(): number {
    const pages = this.connection.pragma('page_count', { simple: true }) as number;
    return pages * (this.connection.pragma('page_size', { simple: true }) as number);
  }

  /** @throws MirrorhashError when the row is none that was ever put */
  private sound(row: RecordRow, detail: 'all' | 'glance'): FileRecord {
    if (!isSoundRow(row, detail)) throw this.damaged(join(String(row.directory_path), String(row.name)));
    return toRecord(row);
  }

  /** @throws MirrorhashError when its sums do not belong together: some are not what was put */
  private proven(record: FileRecord, told = record): FileRecord {
    if (!belongTogether(record)) throw this.damaged(record.path);
    return told;
  }

  private damaged(path: TreePath): MirrorhashError {
    return damagedIn(this.file, cacheSchema, `the record of ${path} is not what was written`);
  }

  /** Says in words what went wrong with the file. */
  protected explained<T>(work: () => T): T {
    return explained(this.file, cacheSchema, work);
  }

  protected statement(sql: string): ReturnType<Connection['prepare']> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  protected rows<T>(sql: string, parameters: object): T[] {
    return this.explained(() => this.statement(sql).all(parameters) as T[]);
  }

  /** The first column of the first row. */
  protected value(sql: string, parameters: object): unknown {
    return this.explained(() => this.statement(sql).pluck().get(parameters));
  }
}
