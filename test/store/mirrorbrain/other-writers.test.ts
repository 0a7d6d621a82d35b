/** The rows and numbers of others in MirrorBrain's tables, and rows that others wrote. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MirrorbrainRedirector } from '../../../src/store/mirrorbrain/mirrorbrain-redirector.js';
import { differingColumns } from '../../../src/store/redirector.js';
import { makeDatabase, type TestDatabase } from '../../support/mirrorbrain/databases.js';
import { rowOf } from '../../support/records.js';
import { openMirrorbrain } from '../../support/redirector-kinds.js';

describe.each([
  ['classic', 'filearr_id_seq', 'filearr'],
  ['opensuse', 'files_id_seq', 'files'],
] as const)('in the %s schema', (schema, sequence, table) => {
  let database: TestDatabase;
  let target: MirrorbrainRedirector;
  beforeEach(async () => {
    database = await makeDatabase(schema);
    target = await openMirrorbrain(database);
  });

  const drawn = async (): Promise<unknown> =>
    (await database.query(`SELECT last_value, is_called FROM ${sequence}`))[0];

  it('a number is drawn for a new path, and never for a known one', async () => {
    await target.upsert([rowOf('a'), rowOf('b'), rowOf('a', 'again')]);
    expect(await drawn()).toEqual({ last_value: '2', is_called: true });
    await target.upsert([rowOf('a', 'new'), rowOf('b')]);
    await target.remove(['a']);
    await target.upsert([rowOf('a'), { ...rowOf('much later'), mtime: 2 ** 31 }]);
    expect(await drawn()).toEqual({ last_value: '2', is_called: true });
    await target.upsert([rowOf('c'), rowOf('a', 'third')]);
    expect(await drawn()).toEqual({ last_value: '3', is_called: true });
  });

  it('no line of a table is written anew for a row that is there as it is', async () => {
    await target.upsert([rowOf('a'), rowOf('b')]);
    const lines = `SELECT f.ctid, f.xmin, f.* FROM ${table} AS f ORDER BY path`;
    const before = await database.query(lines);
    await target.upsert([rowOf('a'), rowOf('b')]);
    await target.remove(['gone']);
    expect(await database.query(lines)).toEqual(before);
  });

  it('a path that another session has just listed is waited for, and used', async () => {
    const other = await database.connect();
    await other.query('BEGIN');
    await other.query(`INSERT INTO ${table} (path) VALUES ('a')`);
    const upserted = target.upsert([rowOf('a'), rowOf('b')]);
    // Without a lock that it waits for, it would be done by then.
    expect(await Promise.race([upserted.then(() => 'done'), waiting(database)])).toBe('waits');
    await other.query('COMMIT');
    expect(await upserted).toEqual({ written: 2, refusals: [] });
    expect(await database.query(`SELECT path FROM ${table} ORDER BY path`)).toEqual([
      { path: 'a' },
      { path: 'b' },
    ]);
    expect((await target.fetch(['a', 'b'], 'all')).size).toBe(2);
  });

  it('a path without hashes that another session removes meanwhile is never passed over', async () => {
    for (const isLate of schema === 'classic' ? [false, true] : [true]) {
      await database.query(`INSERT INTO ${table} (path) VALUES ('a')`);
      const scanner = await database.connect();
      const cleaner = await database.connect();
      await scanner.query('BEGIN');
      await cleaner.query('BEGIN');
      // Before the batch sees it is gone, or before its rows find their path.
      if (isLate) await cleaner.query(`DELETE FROM ${table} WHERE path = 'a'`);
      else await scanner.query(`INSERT INTO ${table} (path) VALUES ('z')`);
      const upserted = target.upsert([rowOf('a'), rowOf('z')]).catch(({ code }) => code as string);
      await waiting(database);
      if (!isLate) await cleaner.query(`DELETE FROM ${table} WHERE path = 'a'`);
      await cleaner.query('COMMIT');
      await scanner.query('COMMIT');
      // All or nothing, which is tried again.
      const result = await upserted;
      if (result !== 'REDIRECTOR_AWAY') expect(result).toEqual({ written: 2, refusals: [] });
      expect(await target.upsert([rowOf('a'), rowOf('z')])).toMatchObject({ refusals: [] });
      expect((await target.fetch(['a', 'z'], 'all')).size).toBe(2);
      await target.remove(['a', 'z']);
      await database.query(`DELETE FROM ${table}`);
    }
  });

  it('who reads never waits for rows that are being written, and nobody waits for who has read', async () => {
    await target.upsert([rowOf('a')]);
    const reader = await database.connect();
    await reader.query('BEGIN');
    await reader.query("SELECT * FROM hexhash WHERE md5hex <> ''");
    const scanner = await database.connect();
    await scanner.query('BEGIN');
    await scanner.query(`INSERT INTO ${table} (path) VALUES ('z')`);
    // In the middle of its transaction it waits for the scanner.
    const upserted = target.upsert([rowOf('a', 'new'), rowOf('z')]);
    await waiting(database);
    const locks = await database.query(
      `SELECT DISTINCT mode FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE relname IN ('filearr', 'hash', 'files') ORDER BY mode`,
    );
    expect(locks).toEqual([
      { mode: 'AccessShareLock' },
      ...(schema === 'opensuse' ? [{ mode: 'RowExclusiveLock' }, { mode: 'RowShareLock' }] : []),
      ...(schema === 'classic' ? [{ mode: 'RowExclusiveLock' }] : []),
    ]);
    expect(await database.query("SELECT mtime FROM hexhash WHERE md5hex <> ''")).toHaveLength(1);
    await scanner.query('ROLLBACK');
    expect((await upserted).written).toBe(2);
    expect(await target.remove(['a'])).toBe(1);
  });
});

describe('in the classic schema', () => {
  let database: TestDatabase;
  let target: MirrorbrainRedirector;
  beforeEach(async () => {
    database = await makeDatabase('classic');
    target = await openMirrorbrain(database);
  });

  it('a new path is on no mirror yet, which is not NULL', async () => {
    await target.upsert([rowOf('a')]);
    expect(await database.query('SELECT mirrors FROM filearr')).toEqual([{ mirrors: [] }]);
  });

  it('mirrors that a scanner adds meanwhile stay', async () => {
    await target.upsert([rowOf('a')]);
    await database.query("UPDATE filearr SET mirrors = '{1,2}'");
    await target.upsert([rowOf('a', 'new')]);
    await target.remove(['a']);
    expect(await database.query('SELECT mirrors FROM filearr')).toEqual([{ mirrors: [1, 2] }]);
  });

  it('hash lengths that are NULL are as good as empty', async () => {
    const row = { ...rowOf('a'), zblocksize: 0, zhashlens: '', zsums: new Uint8Array(0) };
    await target.upsert([row]);
    await database.query('UPDATE hash SET zhashlens = NULL');
    expect(structuredClone((await target.fetch(['a'], 'all')).get('a'))).toEqual(row);
    expect((await target.upsert([row])).written).toBe(0);
  });
});

describe("in openSUSE's schema", () => {
  let database: TestDatabase;
  let target: MirrorbrainRedirector;
  beforeEach(async () => {
    database = await makeDatabase('opensuse');
    target = await openMirrorbrain(database);
  });

  const differs = async (): Promise<readonly string[] | null> => {
    const found = (await target.fetch(['a'], 'all')).get('a');
    return found === undefined ? null : differingColumns(rowOf('a'), found);
  };

  it('no hash is left of a removed row, and the line stays', async () => {
    await target.upsert([rowOf('a')]);
    await target.remove(['a']);
    const [line] = await database.query('SELECT * FROM files');
    const { id, path, path_hash, created_at, updated_at, ...rest } = line ?? {};
    expect(new Set(Object.values(rest))).toEqual(new Set([null]));
    expect(Object.keys(rest)).toHaveLength(12);
    expect([path, typeof id]).toEqual(['a', 'string']);
    expect((await target.upsert([rowOf('a')])).written).toBe(1);
  });

  it('a row with any of the three hashes counts as one, and without all three as none', async () => {
    await target.upsert([rowOf('a')]);
    await database.query('UPDATE files SET md5 = NULL, sha1 = NULL');
    expect([await differs(), await target.paths('', 9)]).toEqual([['md5', 'sha1'], ['a']]);
    await database.query('UPDATE files SET sha256 = NULL');
    expect([await differs(), await target.paths('', 9), await target.remove(['a'])]).toEqual([null, [], 0]);
  });

  it('a mtime with a part of a second is another one, and is put right', async () => {
    await target.upsert([rowOf('a')]);
    for (const part of ['0.000001', '0.5', '0.999999']) {
      await database.query(`UPDATE files SET mtime = mtime + interval '${part} seconds'`);
      expect(await differs(), part).toEqual(['mtime']);
      expect((await target.upsert([rowOf('a')])).written, part).toBe(1);
      expect(await differs()).toEqual([]);
    }
  });

  it('zsync sums and a signature that are NULL are as good as empty', async () => {
    const row = { ...rowOf('a'), pgp: '', zblocksize: 0, zhashlens: '', zsums: new Uint8Array(0) };
    await target.upsert([row]);
    await database.query('UPDATE files SET pgp = NULL, zblocksize = NULL, zhashlens = NULL, zsums = NULL');
    expect(structuredClone((await target.fetch(['a'], 'all')).get('a'))).toEqual(row);
    expect((await target.upsert([row])).written).toBe(0);
  });

  it('it shows when a line was changed', async () => {
    await target.upsert([rowOf('a'), rowOf('b'), rowOf('c')]);
    await database.query("UPDATE files SET updated_at = '2001-01-01', created_at = '2001-01-01'");
    await target.upsert([rowOf('a', 'new'), rowOf('b')]);
    await target.remove(['c']);
    const old = "SELECT path FROM files WHERE updated_at < '2002-01-01' ORDER BY path";
    expect(await database.query(old)).toEqual([{ path: 'b' }]);
    expect(await database.query("SELECT 1 AS one FROM files WHERE created_at > '2002-01-01'")).toEqual([]);
  });
});

/** Says `waits` once a session of the database waits for a lock. */
async function waiting(database: TestDatabase): Promise<string> {
  const sql =
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while ((await database.query(sql)).length === 0);
  return 'waits';
}
