/**
 * Databases that somebody must do something about first: the run says what, at once, keeps the hashes, writes nothing.
 */
import { describe, expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { expectClean, fill, hashTo, syncTo } from '../support/mirrorbrain/faults.js';
import { ownServer } from '../support/own-server.js';

/** `hash` keeps the hashes, `sync` ends; neither waits. @returns what both said */
async function expectRefused(url: string): Promise<string> {
  const place = site();
  fill(place, 5);
  const hash = told(await hashTo(place, url));
  expect(hash).toMatchObject({ status: 1, summary: { files: { hashed: 6, failed: 0 }, sync: null } });
  const sync = await syncTo(place, url);
  expect(sync.status).toBe(1);
  expect(Math.max(hash.seconds, sync.seconds)).toBeLessThan(20);
  expect(hash.stderr + sync.stderr).not.toMatch(/trying again/);
  // Nothing of it has to be done again.
  const database = await makeDatabase('classic');
  const next = told(await hashTo(place, database.url));
  expect(next).toMatchObject({ status: 0, summary: { files: { hashed: 0 }, sync: { upserted: 6 } } });
  await expectClean(place, database, 'classic');
  return hash.stderr + sync.stderr;
}

describe('who may not in', () => {
  test('a wrong password, and none', async () => {
    const server = await ownServer({ settings: { fsync: 'off' } });
    const database = await makeDatabase('classic', { server: server.url });
    const wrong = new URL(database.url);
    wrong.password = 'not-the-one';
    const said = await expectRefused(wrong.href);
    expect(said).toMatch(/password authentication failed for user "postgres"/);
    expect(said).toMatch(/check the user and the password .*PGPASSWORD or ~\/\.pgpass/);
    expect(said).not.toMatch(/not-the-one|secret/);

    const none = new URL(database.url);
    none.password = '';
    const saidOfNone = await expectRefused(none.href);
    expect(saidOfNone).toMatch(/: the server asks for a password, and none was given/);
    expect(saidOfNone).toMatch(/hint: .*~\/\.pgpass.*PGPASSWORD/);

    const encrypted = await expectRefused(`${database.url}?sslmode=require`);
    expect(encrypted).toMatch(/does not support SSL/);
    expect(encrypted).not.toMatch(/secret/);
    expect(await database.query('SELECT FROM filearr')).toEqual([]);
  });

  test('a user who may read only', async () => {
    const database = await makeDatabase('classic');
    const role = `reader_${database.name}`;
    await database.query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'pale'; GRANT SELECT ON filearr, hash TO ${role}`,
    );
    try {
      const url = new URL(database.url);
      [url.username, url.password] = [role, 'pale'];
      expect(await expectRefused(url.href)).toMatch(/permission denied .*\n.*grant the user what is missing/);
      expect(await database.query('SELECT FROM filearr')).toEqual([]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe('tables that are not those of MirrorBrain', () => {
  const what = (missing: string): RegExp => new RegExp(`has no tables of MirrorBrain .*${missing}`);

  async function contents(database: TestDatabase): Promise<unknown> {
    return database.query(`SELECT relname, n_live_tup, n_tup_ins FROM pg_stat_user_tables ORDER BY 1`);
  }

  test.each([
    ['none', null, '', 'classic schema: without the table filearr and the table hash'],
    ['no table hash', 'classic', 'DROP TABLE hash CASCADE', 'classic schema: without the table hash'],
    ['a column less', 'classic', 'ALTER TABLE hash DROP zsums CASCADE', 'without zsums in the table hash'],
    ['mirrors', 'classic', 'ALTER TABLE filearr DROP mirrors', 'without mirrors in the table filearr'],
    [
      'a column less of openSUSE',
      'opensuse',
      'ALTER TABLE files DROP btih CASCADE',
      'without btih in the table files',
    ],
  ] as const)('%s', async (_, schema, change, missing) => {
    const database = await makeDatabase(schema);
    if (change !== '') await database.query(change);
    const before = await contents(database);
    const said = await expectRefused(database.url);
    expect(said).toMatch(what(missing));
    expect(said).toMatch(/check the name of the database, its search_path/);
    expect(await contents(database)).toEqual(before);
  });

  test('a database that is not there', async () => {
    const { url, name } = await makeDatabase(null);
    expect(await expectRefused(url.replace(name, `${name}_not`))).toMatch(
      /_not" does not exist\n.*name of the database/,
    );
  });
});
