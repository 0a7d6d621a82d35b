/**
 * What tests of faults need: trees that the built program syncs to a real server, a moment in the middle of a batch to
 * do harm at, and rows to compare with those of a clean sync.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { expect } from 'vitest';
import { type Ended, type Running, type Site, type StartOptions, site } from '../e2e.js';
import { write } from '../e2e-files.js';
import { makeDatabase, type Row, type SchemaName, type TestDatabase } from './databases.js';

export const bothSchemas = ['classic', 'opensuse'] as const satisfies readonly SchemaName[];

/** The table that holds the hashes. */
export const hashTable = { classic: 'hash', opensuse: 'files' } as const;
/** The table that holds the paths. */
export const pathTable = { classic: 'filearr', opensuse: 'files' } as const;

/** The key of the lock that `gate` waits for. */
const gateKey = 4711;

/** Writes files, the n-th of which is n bytes long, and a signature of the first. @returns their paths */
export function fill(place: Site, count: number, directory = 'd'): readonly string[] {
  const paths = Array.from(
    { length: count },
    (_, n) => `${directory}/${n % 10}/${String(n).padStart(5, '0')}`,
  );
  for (const [n, path] of paths.entries()) write(join(place.tree, path), `${path} `.repeat(n).slice(0, n));
  const signature = `${directory}/0/00000.asc`;
  write(join(place.tree, signature), '-----BEGIN PGP SIGNATURE-----\n\nwsA=\n-----END PGP SIGNATURE-----\n');
  return [...paths, signature];
}

/** A tree whose hashes are all cached, and were synced nowhere. */
export async function hashedSite(count: number): Promise<Site> {
  const place = site();
  fill(place, count);
  await hashTo(place, 'none');
  return place;
}

/** `hash` on the whole tree. */
export async function hashTo(place: Site, url: string, ...more: readonly string[]): Promise<Ended> {
  return place.run(place.hashArguments('--redirector', url, ...more));
}

export function startSync(
  place: Site,
  url: string,
  more: readonly string[] = [],
  options: StartOptions = {},
): Running {
  return place.start(['sync', place.tree, '--state', place.state, '--redirector', url, ...more], options);
}

/** `sync` to its end. */
export function syncTo(place: Site, url: string, ...more: readonly string[]): Promise<Ended> {
  return startSync(place, url, more).ended;
}

/** The same, which must end well. */
export async function syncWell(place: Site, url: string, ...more: readonly string[]): Promise<Ended> {
  const ended = await syncTo(place, url, ...more);
  expect([ended.status, ended.stderr]).toEqual([0, expect.any(String)]);
  return ended;
}

/** All columns of the rows that have hashes, but for numbers that the database draws and times of its own. */
export function rowsOf(database: TestDatabase, schema: SchemaName): Promise<readonly Row[]> {
  const sql = {
    classic: `SELECT f.path, f.mirrors::text AS mirrors, to_jsonb(h) - 'file_id' AS hash
      FROM filearr AS f JOIN hash AS h ON h.file_id = f.id ORDER BY f.path COLLATE "C"`,
    opensuse: `SELECT path, to_jsonb(f) - 'id' - 'created_at' - 'updated_at' AS hash FROM files AS f
      WHERE coalesce(md5, sha1, sha256) IS NOT NULL ORDER BY path COLLATE "C"`,
  };
  return database.query(sql[schema]);
}

/** The rows of a clean sync into a database made anew. */
export async function cleanRows(place: Site, schema: SchemaName): Promise<readonly Row[]> {
  const fresh = await makeDatabase(schema);
  await syncWell(place, fresh.url);
  return rowsOf(fresh, schema);
}

/** The rows are those of a clean sync, each with all its columns. @returns how many there are */
export async function expectClean(place: Site, database: TestDatabase, schema: SchemaName): Promise<number> {
  const rows = await rowsOf(database, schema);
  expect(rows).toEqual(await cleanRows(place, schema));
  return rows.length;
}

/** Waits until a query finds something. @returns what it found */
export async function untilFound(
  database: { readonly query: (sql: string) => Promise<readonly Row[]> },
  sql: string,
  milliseconds = 20_000,
): Promise<readonly Row[]> {
  for (const end = Date.now() + milliseconds; ; await sleep(25)) {
    const rows = await database.query(sql);
    if (rows.length > 0) return rows;
    if (Date.now() > end) throw new Error(`waited in vain: ${sql}`);
  }
}

/** Our sessions, as PostgreSQL lists them. */
export const ourSessions = `SELECT * FROM pg_stat_activity
  WHERE application_name = 'mirrorhash' AND datname = current_database()`;

/** Whoever writes the row of the file of this size waits there, with a part of the batch written, until it is opened. */
export class Gate {
  private constructor(
    private readonly holder: Client,
    private readonly database: TestDatabase,
  ) {}

  static async close(database: TestDatabase, schema: SchemaName, size: number): Promise<Gate> {
    await database.query(`
      CREATE OR REPLACE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${gateKey}); RETURN NEW; END $$;
      CREATE OR REPLACE TRIGGER gate BEFORE INSERT OR UPDATE ON ${hashTable[schema]}
        FOR EACH ROW WHEN (NEW.size = ${size}) EXECUTE FUNCTION gate()`);
    const holder = await database.connect();
    await holder.query(`SELECT pg_advisory_lock(${gateKey})`);
    return new Gate(holder, database);
  }

  /** Waits until our session stands there. @returns its process */
  async reached(): Promise<number> {
    const [row] = await untilFound(
      this.database,
      `${ourSessions} AND wait_event_type = 'Lock' AND wait_event = 'advisory'`,
    );
    return Number(row?.pid);
  }

  async open(): Promise<void> {
    await this.holder.query(`SELECT pg_advisory_unlock(${gateKey})`);
  }
}
