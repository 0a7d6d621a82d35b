/**
 * MirrorBrain's database in PostgreSQL, as its Apache module reads it.
 *
 * Rows stream through COPY into a temporary table, and a statement or two bring them to their place: a batch is one
 * short transaction. Everything happens in the session that holds the lock; when that is lost, so is the lock, and
 * whoever syncs must begin again.
 */

import { MirrorhashError, messageOf } from '../../errors.js';
import type { Refusal, TreePath } from '../../model.js';
import type { Redirector, RedirectorRow, Upserted } from '../redirector.js';
import type { ConnectionSettings } from './connection-settings.js';
import { copyBinary, copyColumns } from './copy-binary.js';
import { blamesData, explained, sqlState } from './failures.js';
import { type Recognised, recognise } from './recognise.js';
import { Session } from './session.js';

/** "mirrhash": the key of the lock, which is one of the database. */
const lockKey = '7883960345206780776';

/** Rows of one batch that may be refused by the server before the database itself is thought to be at fault. */
const mostRefusals = 100;

const makeTable = `CREATE TEMPORARY TABLE IF NOT EXISTS mirrorhash_rows
  (${copyColumns.map(([name, type]) => `${name} ${type}`).join(', ')}) ON COMMIT DELETE ROWS;
ALTER TABLE pg_temp.mirrorhash_rows ALTER sha1pieces SET STORAGE EXTERNAL, ALTER zsums SET STORAGE EXTERNAL`;
const copyRows = `COPY pg_temp.mirrorhash_rows (${copyColumns.map(([name]) => name).join(', ')}) FROM STDIN (FORMAT binary)`;

interface Connected extends Recognised {
  readonly session: Session;
  /** whether its temporary table was made */
  hasTable: boolean;
}

export class MirrorbrainRedirector implements Redirector {
  readonly name: string;
  readonly batch = { rows: 5_000, bytes: 16 * 1024 * 1024 };
  private connected: Connected | null = null;

  /** @param signal aborted: what is under way is cut off after a moment */
  constructor(
    private readonly settings: ConnectionSettings,
    private readonly signal: AbortSignal,
  ) {
    this.name = settings.name;
  }

  /**
   * Connects where that is needed, and takes the lock of the database. It ends with the connection.
   *
   * @returns false while another sync holds it
   */
  async lock(): Promise<boolean> {
    return this.explaining(async () => {
      const { session } = await this.connection();
      const [row] = await session.query<{ held: boolean }>(
        'SELECT pg_catalog.pg_try_advisory_lock($1::bigint) AS held',
        [lockKey],
      );
      return row?.held === true;
    });
  }

  async unlock(): Promise<void> {
    const session = this.connected?.session;
    if (!session?.isOpen) return;
    // Where it fails, the connection is lost, and the lock with it.
    await session
      .query('SELECT pg_catalog.pg_advisory_unlock($1::bigint)', [lockKey])
      .catch(() => session.end());
  }

  identity(): Promise<string> {
    return this.explaining(async () => {
      const { session } = this.present();
      // Tables may be exchanged while the session lives.
      return (await recognise(session, this.name)).identity;
    });
  }

  upsert(rows: readonly RedirectorRow[]): Promise<Upserted> {
    return this.explaining(async () => {
      const refusals: Refusal[] = [];
      const fitting = new Map<TreePath, RedirectorRow>();
      const { schema, longestPath } = this.present();
      for (const row of rows) {
        const refusal = schema.refusal(row, longestPath);
        if (refusal === null) fitting.set(row.path, row);
        else refusals.push(refusal);
      }
      const byServer: Refusal[] = [];
      const written = await this.write([...fitting.values()], byServer);
      return { written, refusals: [...refusals, ...byServer] };
    });
  }

  remove(paths: readonly TreePath[]): Promise<number> {
    return this.explaining(() => {
      const { session, schema } = this.present();
      return session.change(schema.remove, [paths]);
    });
  }

  fetch(paths: readonly TreePath[], detail: 'all' | 'glance'): Promise<ReadonlyMap<TreePath, RedirectorRow>> {
    return this.explaining(async () => {
      const { session, schema } = this.present();
      const rows = await session.query<StoredRow>(schema.fetch, [paths, detail === 'all']);
      return new Map(rows.map((row) => [row.path, toRedirectorRow(row)]));
    });
  }

  paths(after: TreePath, limit: number): Promise<readonly TreePath[]> {
    return this.explaining(async () => {
      const { session, schema } = this.present();
      return (await session.query<{ path: string }>(schema.paths, [after, limit])).map(({ path }) => path);
    });
  }

  listed(paths: readonly TreePath[]): Promise<ReadonlySet<TreePath>> {
    return this.explaining(async () => {
      const { session, schema } = this.present();
      return new Set((await session.query<{ path: string }>(schema.listed, [paths])).map(({ path }) => path));
    });
  }

  listedCount(most: number): Promise<number> {
    return this.explaining(async () => {
      const { session, schema } = this.present();
      const [row] = await session.query<{ count: string }>(schema.listedCount, [most]);
      return Number(row?.count);
    });
  }

  async close(): Promise<void> {
    await this.connected?.session.end();
    this.connected = null;
  }

  private async connection(): Promise<Connected> {
    if (this.connected?.session.isOpen) return this.connected;
    this.connected = null;
    const session = await Session.connect(this.settings, this.signal);
    try {
      const recognised = await recognise(session, this.name);
      this.connected = { session, ...recognised, hasTable: false };
      return this.connected;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** The connection of the lock: another one would be without it. */
  private present(): Connected {
    if (this.connected?.session.isOpen) return this.connected;
    throw new MirrorhashError('REDIRECTOR_AWAY', `${this.name}: the connection was lost`);
  }

  /** With the first rows, and not before: who only reads, an import from a standby say, needs no right to it. */
  private async makeTable(): Promise<void> {
    const connected = this.present();
    if (connected.hasTable) return;
    await connected.session.query(makeTable);
    connected.hasTable = true;
  }

  /** Rows that the server will not take are found by halves. */
  private async write(rows: readonly RedirectorRow[], refusals: Refusal[]): Promise<number> {
    const [first] = rows;
    if (first === undefined) return 0;
    const { session, schema } = this.present();
    try {
      await this.makeTable();
      return await session.transaction(async () => {
        await session.copyIn(copyRows, copyBinary(rows));
        if (schema.listPaths !== null) await session.query(schema.listPaths);
        let written = 0;
        for (const statement of schema.upsert) written += await session.change(statement);
        if (schema.missed !== null) await this.refuseMissed(session, schema.missed);
        return written;
      });
    } catch (error) {
      if (!blamesData(error) || refusals.length >= mostRefusals) throw error;
      if (rows.length === 1) {
        refusals.push({ path: first.path, ...reasonOf(error) });
        return 0;
      }
      const half = Math.ceil(rows.length / 2);
      const written = await this.write(rows.slice(0, half), refusals);
      return written + (await this.write(rows.slice(half), refusals));
    }
  }

  /** Undoes the batch, which is tried again. */
  private async refuseMissed(session: Session, sql: string): Promise<void> {
    const [row] = await session.query<{ count: string }>(sql);
    const missed = Number(row?.count);
    if (missed === 0) return;
    throw new MirrorhashError(
      'REDIRECTOR_AWAY',
      `${this.name}: ${missed} rows were gone right after they were written (does a trigger or another program take them?)`,
    );
  }

  private async explaining<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explained(this.name, error);
    }
  }
}

function reasonOf(error: unknown): Pick<Refusal, 'code' | 'message'> {
  // A string too long for its column, or an entry too long for its index.
  const isTooLong = ['22001', '54000'].includes(sqlState(error) ?? '');
  return {
    code: isTooLong ? 'PATH_TOO_LONG' : 'ROW_REFUSED',
    message: `the database refuses it: ${messageOf(error)}`,
  };
}

/** NULL is as good as empty to the module. */
type StoredRow = { readonly path: string } & {
  readonly [Column in keyof Omit<RedirectorRow, 'path'>]: RedirectorRow[Column] | string | null;
};

function toRedirectorRow(row: StoredRow): RedirectorRow {
  const bytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array(0));
  return {
    path: row.path,
    mtime: Number(row.mtime),
    size: Number(row.size),
    md5: bytes(row.md5),
    sha1: bytes(row.sha1),
    sha256: bytes(row.sha256),
    sha1piecesize: Number(row.sha1piecesize),
    sha1pieces: bytes(row.sha1pieces),
    btih: bytes(row.btih),
    pgp: row.pgp ?? '',
    zblocksize: Number(row.zblocksize),
    zhashlens: row.zhashlens ?? '',
    zsums: bytes(row.zsums),
  };
}
