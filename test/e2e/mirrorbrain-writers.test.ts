/**
 * Others that work on the same database: the mirror scanner, a redirector that reads, and another sync of ours.
 */
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { site } from '../support/e2e.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  cleanRows,
  expectClean,
  fill,
  Gate,
  hashedSite,
  hashTo,
  ourSessions,
  pathTable,
  rowsOf,
  startSync,
  syncWell,
} from '../support/mirrorbrain/faults.js';

describe('the mirror scanner inserts the same path in a transaction of its own', () => {
  test.each([
    ['commits', 'COMMIT'],
    ['gives up', 'ROLLBACK'],
  ])('%s', async (_, end) => {
    const place = await hashedSite(100);
    const database = await makeDatabase('classic');
    const scanner = await database.connect();
    await scanner.query('BEGIN');
    const mirrors =
      "INSERT INTO filearr (path, mirrors) VALUES ('d/7/00057', '{3,5}'), ('d/not/ours', '{1}')";
    await scanner.query(mirrors);
    const sync = startSync(place, database.url);
    await expect.poll(() => waiting(database), { timeout: 20_000 }).toBe(1);
    await sleep(500);
    await scanner.query(end);
    expect(await sync.ended).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/: 101 rows written\n$/),
    });
    const committed = end === 'COMMIT';
    const expected = (await cleanRows(place, 'classic')).map((row) =>
      committed && row.path === 'd/7/00057' ? { ...row, mirrors: '{3,5}' } : row,
    );
    expect(await rowsOf(database, 'classic')).toEqual(expected);
    expect(await database.query("SELECT mirrors FROM filearr WHERE path = 'd/not/ours'")).toEqual(
      committed ? [{ mirrors: [1] }] : [],
    );
  });

  test('and holds it for longer than we wait: the batch is written when it is done', async () => {
    const place = await hashedSite(30);
    const database = await makeDatabase('classic');
    const scanner = await database.connect();
    await scanner.query("BEGIN; INSERT INTO filearr (path, mirrors) VALUES ('d/7/00017', '{3}')");
    const sync = startSync(place, database.url);
    await new Promise<void>((resolve) => sync.child.stderr?.once('data', () => resolve()));
    await scanner.query('COMMIT');
    const ended = await sync.ended;
    expect(ended.stderr).toMatch(/lock timeout: trying again\n.*: 31 rows written\n$/);
    expect(ended.status).toBe(0);
    const expected = await cleanRows(place, 'classic');
    expect(await rowsOf(database, 'classic')).toEqual(
      expected.map((row) => (row.path === 'd/7/00017' ? { ...row, mirrors: '{3}' } : row)),
    );
  });
});

async function waiting(database: { query: (sql: string) => Promise<readonly unknown[]> }): Promise<number> {
  const found = await database.query(`SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'mirrorhash' AND wait_event = 'transactionid'`);
  return found.length;
}

describe.each(bothSchemas)('%s', (schema) => {
  test('two states of one tree at once: one after the other, and nothing is lost', async () => {
    const place = await hashedSite(300);
    const other = `${place.state}-2`;
    cpSync(place.state, other, { recursive: true });
    const database = await makeDatabase(schema);
    const gate = await Gate.close(database, schema, 150);
    const first = startSync(place, database.url);
    await gate.reached();
    const second = place.start(['sync', place.tree, '--state', other, '--redirector', database.url]);
    const third = startSync(place, database.url);
    // They hold no lock that the first one might want, and are told that they wait.
    await expect.poll(() => sessions(database), { timeout: 20_000 }).toBe(3);
    expect(await locks(database)).toHaveLength(1);
    await sleep(1_000);
    expect(await database.query(`${ourSessions} AND wait_event_type = 'Lock'`)).toHaveLength(1);
    await gate.open();
    const ended = await Promise.all([first.ended, second.ended, third.ended]);
    expect(ended.map(({ status, stderr }) => [status, /deadlock/.test(stderr)])).toEqual([
      [0, false],
      [0, false],
      [0, false],
    ]);
    // Only one of them wrote.
    expect(ended.map(({ stderr }) => /301 rows written/.test(stderr))).toEqual([true, false, false]);
    expect(await expectClean(place, database, schema)).toBe(301);
  });

  test('the redirector reads on while a batch is held up, and waits for none of our locks', async () => {
    const place = await hashedSite(300);
    const database = await makeDatabase(schema);
    await syncWell(place, database.url);
    // The next sync rewrites every row, and takes some away.
    await hashTo(place, 'none', '--force', '--piece-length', '32K');
    const gate = await Gate.close(database, schema, 150);
    const reader = await database.connect();
    const ask = {
      classic: `SELECT sha256 FROM filearr JOIN hash ON file_id = id WHERE path = $1 AND size = $2`,
      opensuse: `SELECT sha256 FROM files WHERE path = $1 AND size = $2`,
    };
    const sync = startSync(place, database.url);
    const pid = await gate.reached();
    for (const path of ['d/9/00149', 'd/0/00150', 'd/1/00151']) {
      const asked = performance.now();
      const { rows } = await reader.query(ask[schema], [path, Number(path.slice(-5))]);
      expect(rows).toHaveLength(1);
      expect(performance.now() - asked).toBeLessThan(200);
    }
    const held = await database.query(`SELECT DISTINCT mode FROM pg_locks WHERE pid = ${pid}
      AND relation IN (SELECT oid FROM pg_class WHERE relname IN ('filearr', 'hash', 'files'))
      AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`);
    expect(held).toEqual([]);
    await gate.open();
    expect((await sync.ended).stderr).toMatch(/: 301 rows written\n$/);
    expect(await expectClean(place, database, schema)).toBe(301);
  });

  test('rows of paths that the scanner knows keep their numbers', async () => {
    const place = site();
    const paths = fill(place, 20);
    const database = await makeDatabase(schema);
    await database.query(`INSERT INTO ${pathTable[schema]} (path) SELECT unnest($1::text[])`, [paths]);
    const ids = `SELECT id, path FROM ${pathTable[schema]} ORDER BY path COLLATE "C"`;
    const before = await database.query(ids);
    expect((await hashTo(place, database.url)).status).toBe(0);
    expect(await database.query(ids)).toEqual(before);
    expect(await rowsOf(database, schema)).toHaveLength(21);
  });
});

async function sessions(database: { query: (sql: string) => Promise<readonly unknown[]> }): Promise<number> {
  const all = await database.query(`SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'mirrorhash'`);
  return all.length;
}

/** Of our sessions: of the key that only they ask for. */
function locks(database: {
  query: (sql: string) => Promise<readonly unknown[]>;
}): Promise<readonly unknown[]> {
  return database.query(`SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND application_name = 'mirrorhash' AND datname = current_database()`);
}
