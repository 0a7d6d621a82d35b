/**
 * The embedded redirector database for those who answer clients by it: read-only, a file at a time, as fast as can be.
 *
 * A question reads only the columns that its answer is made of: the sums of pieces and blocks may take megabytes. Rows
 * that are not whole, in a database of another program, are taken for none.
 */
import { type Stats, statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { Mirror, Published, TreePath } from '../model.js';
import { type Connection, openForReading } from './open.js';
import { toPublished } from './redirector.js';
import { hasMirrors, mirrorColumns, redirectorSchema, toMirror } from './redirector-schema.js';

/** How much of a row is wanted. */
export type ServedDetail = 'digests' | 'pieces' | 'zsums';

/** Bytes of the digests, by column. */
const digestLengths = { md5: 16, sha1: 20, sha256: 32, btih: 20 } as const;

export type DigestColumn = keyof typeof digestLengths;

/** Which version of a file a row describes. */
export interface Glance {
  /** bytes */
  readonly size: number;
  /** whole seconds since 1970 */
  readonly mtime: number;
  readonly sha256: Uint8Array;
  /** ids of the mirrors that have the file, as they stand in the database: a JSON array */
  readonly mirrors: string;
}

/** A digest of one version of a file. */
export interface ServedDigest {
  /** bytes */
  readonly size: number;
  /** whole seconds since 1970 */
  readonly mtime: number;
  readonly digest: Uint8Array;
}

export interface ServedRow {
  readonly file: Published;
  /** as of `Glance` */
  readonly mirrors: string;
}

type GlanceTuple = [number, number, Uint8Array, string];
type RowTuple = [
  ...[number, number, Uint8Array, Uint8Array, Uint8Array, Uint8Array, number, string, number, string, string],
  ...[Uint8Array?, Uint8Array?],
];

const from = 'FROM filearr JOIN hash ON file_id = id WHERE path = ?';
const facts = 'mtime, size, md5, sha1, sha256, btih, sha1piecesize, pgp, zblocksize, zhashlens, mirrors';

/** Milliseconds: no reader of a file in WAL mode waits, but for the moments when it is made anew or mended. */
const busyTimeout = 1000;
/** KiB of pages kept in memory. */
const cacheSize = 32 * 1024;

const nothing = new Uint8Array(0);

export class ServedDatabase {
  private readonly statements: Readonly<Record<Question | 'begin' | 'commit', Statement>>;
  private readonly version: Statement;
  private isReading = false;

  private constructor(
    private readonly connection: Connection,
    /** which file it is, whatever lies at its path by now */
    readonly identity: string,
  ) {
    connection.pragma(`busy_timeout = ${busyTimeout}`);
    connection.pragma(`cache_size = -${cacheSize}`);
    const select = (columns: string) => connection.prepare(`SELECT ${columns} ${from}`).raw();
    this.statements = {
      glance: select('mtime, size, sha256, mirrors'),
      md5: select('mtime, size, md5'),
      sha1: select('mtime, size, sha1'),
      sha256: select('mtime, size, sha256'),
      btih: select('mtime, size, btih'),
      digests: select(facts),
      pieces: select(`${facts}, sha1pieces`),
      zsums: select(`${facts}, sha1pieces, zsums`),
      begin: connection.prepare('BEGIN'),
      commit: connection.prepare('COMMIT'),
    };
    this.version = connection.prepare('PRAGMA data_version').pluck();
  }

  /** @throws MirrorhashError when the file is missing, something else, or cannot be read */
  static open(file: string): ServedDatabase {
    const connection = openForReading(file, redirectorSchema);
    return new ServedDatabase(connection, identityOf(statSync(file)));
  }

  close(): void {
    this.connection.close();
  }

  glance(path: TreePath): Glance | null {
    const row = this.read('glance', path) as GlanceTuple | undefined;
    if (row === undefined) return null;
    const [mtime, size, sha256, mirrors] = row;
    return hasLength(sha256, 32) ? { mtime, size, sha256, mirrors } : null;
  }

  digest(path: TreePath, column: DigestColumn): ServedDigest | null {
    const row = this.read(column, path) as [number, number, Uint8Array] | undefined;
    if (row === undefined) return null;
    const [mtime, size, digest] = row;
    return hasLength(digest, digestLengths[column]) ? { mtime, size, digest } : null;
  }

  /** The row of a path; what `detail` does not ask for is empty. */
  row(path: TreePath, detail: ServedDetail): ServedRow | null {
    const row = this.read(detail, path) as RowTuple | undefined;
    if (row === undefined) return null;
    const [mtime, size, md5, sha1, sha256, btih, sha1piecesize, pgp, zblocksize, zhashlens, mirrors] = row;
    const [sha1pieces = nothing, zsums = nothing] = row.slice(11) as readonly Uint8Array[];
    const isWhole = hasLength(md5, 16) && hasLength(sha1, 20) && hasLength(sha256, 32) && hasLength(btih, 20);
    if (!isWhole || (detail !== 'digests' && !hasLength(sha1pieces, 20 * Math.ceil(size / sha1piecesize)))) {
      return null;
    }
    const hasBlocks = hasZsync(zblocksize, zhashlens, zsums);
    const file = toPublished({
      ...{ path, mtime, size, md5, sha1, sha256, btih, sha1piecesize, sha1pieces },
      pgp: typeof pgp === 'string' ? pgp : '',
      ...(hasBlocks ? { zblocksize, zhashlens, zsums } : { zblocksize: 0, zhashlens: '', zsums: nothing }),
    });
    return { file, mirrors };
  }

  /** All mirrors, in no order. */
  mirrors(): readonly Mirror[] {
    if (!hasMirrors(this.connection)) return [];
    const rows = this.connection.prepare(`SELECT ${mirrorColumns.join(', ')} FROM server`).all();
    return (rows as Parameters<typeof toMirror>[0][]).map(toMirror);
  }

  /** Another number whenever somebody has written. */
  dataVersion(): number {
    return this.version.get() as number;
  }

  /**
   * Counts rows, some at a time: all at once would take as long as reading the whole table.
   *
   * @param after the last row that was counted
   */
  countRows(after: number, most: number): { readonly rows: number; readonly last: number | null } {
    const [rows, last] = this.connection
      .prepare(
        'SELECT count(*), max(file_id) FROM (SELECT file_id FROM hash WHERE file_id > ? ORDER BY file_id LIMIT ?)',
      )
      .raw()
      .get(after, most) as [number, number | null];
    return { rows, last };
  }

  /** What is asked in one turn of the event loop is read in one transaction: that spares most of the locking. */
  private read(statement: Question, path: TreePath): unknown {
    if (!this.isReading) {
      this.statements.begin.run();
      this.isReading = true;
      setImmediate(() => this.endReading());
    }
    return this.statements[statement].get(path);
  }

  private endReading(): void {
    this.isReading = false;
    if (this.connection.open && this.connection.inTransaction) this.statements.commit.run();
  }
}

type Question = ServedDetail | DigestColumn | 'glance';
type Statement = Database.Statement<unknown[]>;

/** Tells one file from another that comes to lie at its path. */
export function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev} ${ino} ${birthtimeMs}`;
}

/** SQLite keeps text in a column of bytes, and bytes in one of text, when another program puts them there. */
function hasLength(value: unknown, length: number): boolean {
  return value instanceof Uint8Array && value.length === length;
}

/** What stands in the header of a zsync file must be what it should be; a row may well have none of it. */
function hasZsync(blockSize: unknown, hashLengths: unknown, sums: unknown): boolean {
  const isHeader = typeof hashLengths === 'string' && /^[12],[1-4],\d{1,2}$/.test(hashLengths);
  return Number.isSafeInteger(blockSize) && isHeader && sums instanceof Uint8Array;
}
