/**
 * What is known of the files that are served: the redirector's database, whatever becomes of it meanwhile.
 *
 * A file that replaces it (the state was made anew, a backup was restored) is opened within a second. While there is
 * none that can be read, nothing is known of any file: files are delivered, and their metadata wait.
 */
import { statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { MirrorhashError, messageOf, systemCode } from '../errors.js';
import type { Mirror, TreePath } from '../model.js';
import {
  type DigestColumn,
  type Glance,
  identityOf,
  ServedDatabase,
  type ServedDetail,
  type ServedRow,
} from '../store/served-database.js';
import { usableMirrors } from './places.js';

/** Milliseconds for which what was found out about the database stands. */
const staleAfter = 1000;
/** Milliseconds for which a count of all rows stands, whoever writes. */
const countStaleAfter = 60_000;
/** A few milliseconds of counting. */
const rowsAtOnce = 10_000;

/** What tells one version of a file from another, as far as records do. */
export interface FileVersion {
  /** bytes */
  readonly size: number;
  /** whole seconds since 1970, truncated towards zero */
  readonly mtime: number;
}

export class Records {
  private database: ServedDatabase | null;
  private checkedAt = performance.now();
  /** what people were told last of the database */
  private problem: string | null = null;
  private known: { readonly version: number; readonly mirrors: ReadonlyMap<number, Mirror> } | null = null;
  private counted: { readonly at: number; readonly rows: Promise<number> } | null = null;

  /**
   * @param file the database
   * @param warn tells people that it cannot be read any more, and when it can again
   * @throws MirrorhashError when it cannot be read now
   */
  constructor(
    private readonly file: string,
    private readonly warn: (message: string) => void,
  ) {
    this.database = ServedDatabase.open(file);
  }

  /** Whether the database can be read. */
  get isUsable(): boolean {
    return this.current() !== null;
  }

  /** The glance at the record of this version of the file; null when there is none. */
  glance(path: TreePath, version: FileVersion): Glance | null {
    const found = this.asked((database) => database.glance(path)) ?? null;
    return found !== null && isOf(found, version) ? found : null;
  }

  /** One digest of this version of the file; null when there is no record. */
  digest(path: TreePath, version: FileVersion, column: DigestColumn): Uint8Array | null {
    const found = this.asked((database) => database.digest(path, column)) ?? null;
    return found !== null && isOf(found, version) ? found.digest : null;
  }

  /** The record of this version of the file; null when there is none. */
  row(path: TreePath, version: FileVersion, detail: ServedDetail): ServedRow | null {
    const found = this.asked((database) => database.row(path, detail)) ?? null;
    return found !== null && isOf(found.file, version) ? found : null;
  }

  /** Another number whenever somebody has written; null while there is no database that can be read. */
  dataVersion(): number | null {
    return this.asked((database) => database.dataVersion());
  }

  /** All mirrors, by id; what changed shows within a second. */
  mirrors(): ReadonlyMap<number, Mirror> {
    this.current();
    this.known ??= this.asked((database) => ({
      version: database.dataVersion(),
      mirrors: usableMirrors(database.mirrors()),
    }));
    return this.known?.mirrors ?? new Map();
  }

  /** How many files have a record, as of a minute ago at most; null when nobody knows. */
  async count(): Promise<number | null> {
    const now = performance.now();
    if (this.counted === null || now - this.counted.at > countStaleAfter) {
      this.counted = { at: now, rows: this.countAll() };
    }
    const rows = await this.counted.rows;
    return this.isUsable ? rows : null;
  }

  close(): void {
    this.database?.close();
    this.database = null;
  }

  private async countAll(): Promise<number> {
    let sum = 0;
    for (let after: number | null = Number.MIN_SAFE_INTEGER; after !== null; ) {
      const from: number = after;
      const found = this.asked((database) => database.countRows(from, rowsAtOnce));
      sum += found?.rows ?? 0;
      after = found?.last ?? null;
      await turn();
    }
    return sum;
  }

  private asked<T>(ask: (database: ServedDatabase) => T): T | null {
    const database = this.current();
    if (database === null) return null;
    try {
      return ask(database);
    } catch (error) {
      if (!(systemCode(error) ?? '').startsWith('SQLITE')) throw error;
      // Opened anew with the next look: it may have been mended, or replaced.
      this.forget(`cannot be read: ${messageOf(error)}`);
      return null;
    }
  }

  /** The open database, looked after once a second. */
  private current(): ServedDatabase | null {
    const now = performance.now();
    if (now - this.checkedAt < staleAfter) return this.database;
    this.checkedAt = now;
    try {
      this.refresh();
    } catch (error) {
      if (error instanceof MirrorhashError) this.forget(error.message);
      else if (systemCode(error) === 'ENOENT') this.forget(`${this.file} is gone`);
      else if (systemCode(error) !== null) this.forget(`${this.file} cannot be read: ${messageOf(error)}`);
      else throw error;
    }
    return this.database;
  }

  private refresh(): void {
    const before = this.database;
    if (before?.identity === identityOf(statSync(this.file))) {
      if (this.known !== null && this.known.version !== before.dataVersion()) this.known = null;
      return;
    }
    this.database = ServedDatabase.open(this.file);
    before?.close();
    this.known = null;
    this.counted = null;
    if (this.problem !== null) this.warn(`${this.file} is used again`);
    this.problem = null;
  }

  private forget(problem: string): void {
    this.database?.close();
    this.database = null;
    this.known = null;
    if (this.problem !== problem) this.warn(`${problem}: files are served without what is known of them`);
    this.problem = problem;
  }
}

/** Never a stale record: it describes the file as it is on the disk now. */
function isOf(record: FileVersion, version: FileVersion): boolean {
  return record.size === version.size && record.mtime === version.mtime;
}
