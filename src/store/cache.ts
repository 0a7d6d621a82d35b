/**
 * The cache: our SQLite file of records, with everything that changes it.
 *
 * Each method is one transaction; what it changed is committed when it returns. It knows nothing of locks on
 * directories: whoever writes for a directory holds its lock.
 */
import type { VanishedFile } from '../jobs.js';
import type { FileRecord, Signature, TreePath } from '../model.js';
import { isWithin, split } from '../paths.js';
import { CacheReader, type StoredProblem, type TargetPosition } from './cache-reader.js';
import { fileValueColumns, fileValues, signatureValues, sumsValueColumns, sumsValues } from './cache-rows.js';
import { cacheSchema } from './cache-schema.js';
import { openForWriting } from './open.js';
import { closeForReaders } from './readers.js';

export type CacheChange =
  /** a file was read; or, adopted, its record came from a redirector */
  | { readonly kind: 'put'; readonly record: FileRecord; readonly adopted?: boolean }
  /** the sums stand, something beside them changed */
  | {
      readonly kind: 'amend';
      readonly path: TreePath;
      readonly dropZsync: boolean;
      /** undefined: as it was */
      readonly signature: Signature | null | undefined;
    };

/** Bytes that a change holds, roughly. */
export function weightOf(change: CacheChange): number {
  const perRecord = 500;
  const signature = change.kind === 'put' ? change.record.signature : change.signature;
  const text = signature?.text?.length ?? 0;
  if (change.kind === 'amend') return perRecord + text;
  const { pieces, zsync } = change.record;
  return perRecord + text + pieces.sha1.length + (zsync?.sums.length ?? 0);
}

/** How many tombstones are kept; a redirector that has not seen older ones is compared in full. */
const keptTombstones = 100_000;

const horizonSetting = 'tombstone horizon';

// Values by position, not by name: a first run spends much of its time on these two statements.
const putColumns = ['directory', 'name', 'sequence', 'adopted', ...fileValueColumns];
// An adopted record that was read again stays one, until the file is another version. (The old row is what has no prefix.)
const staysAdopted = `excluded.adopted OR adopted AND size = excluded.size
  AND mtime_s = excluded.mtime_s AND mtime_ns = excluded.mtime_ns`;
const putFile = `INSERT INTO file (${putColumns.join(', ')}) VALUES (${placeholders(putColumns)})
  ON CONFLICT (directory, name) DO UPDATE SET adopted = ${staysAdopted},
  ${['sequence', ...fileValueColumns].map((column) => `${column} = excluded.${column}`).join(', ')}
  RETURNING id`;
const putSums = `INSERT OR REPLACE INTO sums (file, ${sumsValueColumns.join(', ')})
  VALUES (?, ${placeholders(sumsValueColumns)})`;

export class Cache extends CacheReader {
  static override open(file: string): Cache {
    return new Cache(openForWriting(file, cacheSchema), file);
  }

  override close(): void {
    closeForReaders(this.connection, this.file);
  }

  /** Runs work while no other process is in its own; a killed process leaves the way free. */
  exclusively<T>(work: () => T): T {
    return this.explained(() => this.connection.transaction(work).immediate());
  }

  /** @returns the number of the newest change before these, which take the numbers after it */
  apply(changes: readonly CacheChange[]): number {
    const directories = new DirectoryIds((path) => this.directoryId(path));
    return this.changing((next) => {
      // Rarely is there one, and looking once is cheaper than a delete for each record.
      const hasTombstones = this.value('SELECT 1 FROM tombstone LIMIT 1', {}) !== undefined;
      for (const change of changes) {
        if (change.kind === 'amend') this.amend(change, next);
        else {
          this.put(change, directories, next());
          if (hasTombstones)
            this.run('DELETE FROM tombstone WHERE path = @path', { path: change.record.path });
        }
      }
    });
  }

  /**
   * Forgets records, leaving tombstones; those that changed meanwhile stay.
   *
   * @returns how many were forgotten
   */
  remove(files: readonly VanishedFile[]): number {
    let removed = 0;
    this.changing((next) => {
      for (const file of files) {
        const located = this.located(file);
        if (located === null) continue;
        this.run('DELETE FROM file WHERE id = @id', { id: file.id });
        this.run('INSERT OR REPLACE INTO tombstone (path, sequence) VALUES (@path, @sequence)', {
          path: located.path,
          sequence: next(),
        });
        this.dropEmptyDirectories(split(located.path).directory);
        removed++;
      }
      this.expireTombstones();
    });
    return removed;
  }

  /** The number up to which tombstones may be missing. */
  horizon(): number {
    return Number(this.setting(horizonSetting) ?? 0);
  }

  set(name: string, value: string): void {
    this.exclusively(() => this.remember(name, value));
  }

  /** Writes a setting; for use inside `exclusively`. */
  remember(name: string, value: string): void {
    this.run('INSERT OR REPLACE INTO setting (name, value) VALUES (@name, @value)', { name, value });
  }

  setTarget(target: TargetPosition): void {
    this.exclusively(() =>
      this.run(
        `INSERT INTO target (name, identity, sequence) VALUES (@name, @identity, @sequence)
          ON CONFLICT (name) DO UPDATE SET identity = excluded.identity, sequence = excluded.sequence`,
        { ...target },
      ),
    );
  }

  /**
   * Remembers which of some records a target could not take, and forgets what was remembered of the others.
   *
   * @param tried the records that were sent, of which version
   */
  setRefusals(
    target: string,
    tried: ReadonlyMap<TreePath, number>,
    refusals: readonly { readonly path: TreePath; readonly code: string; readonly message: string }[],
  ): void {
    const hasSome =
      this.value('SELECT 1 FROM refused WHERE target = @target LIMIT 1', { target }) !== undefined;
    if (!hasSome && refusals.length === 0) return;
    this.exclusively(() => {
      for (const path of hasSome ? tried.keys() : [])
        this.run('DELETE FROM refused WHERE target = @target AND path = @path', { target, path });
      for (const { path, code, message } of refusals) {
        this.run('INSERT OR REPLACE INTO refused VALUES (@target, @path, @sequence, @code, @message)', {
          ...{ target, path, code, message },
          sequence: tried.get(path) ?? 0,
        });
      }
    });
  }

  /** Replaces what is remembered of the paths in `scopes`. */
  replaceProblems(scopes: readonly TreePath[], problems: readonly StoredProblem[]): void {
    this.exclusively(() => {
      for (const { path } of this.problems()) {
        if (scopes.some((scope) => isWithin(path, scope)))
          this.run('DELETE FROM problem WHERE path = @path', { path });
      }
      for (const problem of problems) {
        this.run('INSERT OR REPLACE INTO problem VALUES (@path, @outcome, @code, @message)', { ...problem });
      }
    });
  }

  /**
   * One transaction whose changes take consecutive numbers of the sequence.
   *
   * @returns the number before them
   */
  private changing(work: (next: () => number) => void): number {
    return this.exclusively(() => {
      const before = this.lastSequence();
      let last = before;
      work(() => ++last);
      if (last !== before) this.run('UPDATE sequence SET last = @last', { last });
      return before;
    });
  }

  private put(change: CacheChange & { kind: 'put' }, directories: DirectoryIds, sequence: number): void {
    const { record, adopted } = change;
    const { directory, name } = split(record.path);
    const values = [directories.of(directory), name, sequence, adopted ? 1 : 0, ...fileValues(record)];
    const file = this.statement(putFile).pluck().get(values);
    this.statement(putSums).run([file, ...sumsValues(record)]);
  }

  private amend(change: CacheChange & { kind: 'amend' }, next: () => number): void {
    const id = this.fileAt(change.path)?.id;
    if (id === undefined) return;
    if (change.dropZsync) {
      this.run('UPDATE file SET zsync_block_size = NULL WHERE id = @id', { id });
      this.run('UPDATE sums SET zsync_hash_lengths = NULL, zsync_sums = NULL WHERE file = @id', { id });
    }
    if (change.signature !== undefined) {
      this.statement(
        'UPDATE file SET signature_size = ?, signature_mtime_s = ?, signature_mtime_ns = ? WHERE id = ?',
      ).run([...signatureValues(change.signature), id]);
      this.run('UPDATE sums SET signature = @text WHERE file = @id', {
        text: change.signature?.text ?? null,
        id,
      });
    }
    this.run('UPDATE file SET sequence = @sequence WHERE id = @id', { sequence: next(), id });
  }

  private directoryId(path: TreePath): number {
    const known = this.value('SELECT id FROM directory WHERE path = @path', { path });
    if (known !== undefined) return known as number;
    const parent = path === '' ? null : this.directoryId(split(path).directory);
    return this.value('INSERT INTO directory (parent, path) VALUES (@parent, @path) RETURNING id', {
      parent,
      path,
    }) as number;
  }

  private dropEmptyDirectories(path: TreePath): void {
    const removed = this.run(
      `DELETE FROM directory WHERE path = @path
        AND NOT EXISTS (SELECT 1 FROM file WHERE directory = directory.id)
        AND NOT EXISTS (SELECT 1 FROM directory AS child WHERE child.parent = directory.id)`,
      { path },
    );
    if (removed > 0 && path !== '') this.dropEmptyDirectories(split(path).directory);
  }

  private expireTombstones(): void {
    const expired = this.value('SELECT sequence FROM tombstone ORDER BY sequence DESC LIMIT 1 OFFSET @kept', {
      kept: keptTombstones,
    });
    if (expired === undefined) return;
    this.run('DELETE FROM tombstone WHERE sequence <= @expired', { expired });
    this.remember(horizonSetting, String(expired));
  }

  private run(sql: string, parameters: object): number {
    return this.statement(sql).run(parameters).changes;
  }
}

/** The identities of directories, each looked up once. */
class DirectoryIds {
  private readonly known = new Map<TreePath, number>();

  constructor(private readonly lookUp: (path: TreePath) => number) {}

  of(path: TreePath): number {
    const known = this.known.get(path);
    if (known !== undefined) return known;
    const id = this.lookUp(path);
    this.known.set(path, id);
    return id;
  }
}

function placeholders(columns: readonly string[]): string {
  return columns.map(() => '?').join(', ');
}
