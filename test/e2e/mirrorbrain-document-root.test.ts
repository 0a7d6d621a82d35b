/**
 * A base that is not the document root: rows that nobody would ever ask for are not written, and the sentence says what
 * the document root may be.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Site, site, told } from '../support/e2e.js';
import { makeDatabase, type SchemaName, type TestDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  expectClean,
  fill,
  hashTo,
  pathTable,
  rowsOf,
  syncTo,
} from '../support/mirrorbrain/faults.js';

/** A database whose scanner found these paths. */
async function scanned(schema: SchemaName, paths: readonly string[]): Promise<TestDatabase> {
  const database = await makeDatabase(schema);
  await database.query(`INSERT INTO ${pathTable[schema]} (path) SELECT unnest($1::text[])`, [paths]);
  return database;
}

/** All that is there, also without hashes. */
const everything = (database: TestDatabase, schema: SchemaName): Promise<unknown> =>
  database.query(`SELECT * FROM ${pathTable[schema]} ORDER BY id`);

const others = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `other/${n}`);

/** Neither `hash` nor `sync` writes, both say why; with --new-paths it is written. */
async function expectStopped(
  place: Site,
  database: TestDatabase,
  schema: SchemaName,
  tree: string,
  proposal: string,
): Promise<void> {
  const before = await everything(database, schema);
  const state = join(place.directory, 'wrong-state');
  const options = ['--state', state, '--redirector', database.url];
  const hash = told(await place.run(['hash', tree, ...options, '--json']));
  expect(hash).toMatchObject({ status: 1, summary: { files: { failed: 0 }, sync: null } });
  const sync = await place.run(['sync', tree, ...options]);
  expect(sync.status).toBe(1);
  for (const { stderr } of [hash, sync]) {
    expect(stderr).toMatch(/\d+ of \d+ paths that were tried are unknown to postgres:.*nothing was written/);
    expect(stderr).toContain(`is probably not its document root`);
    expect(stderr).toContain(proposal);
    expect(stderr).toContain('--new-paths');
  }
  expect(await everything(database, schema)).toEqual(before);
  expect(await rowsOf(database, schema)).toEqual([]);
  const meant = await place.run(['sync', tree, ...options, '--new-paths']);
  expect(meant.status).toBe(0);
  expect((await rowsOf(database, schema)).length).toBeGreaterThan(100);
}

describe.each(bothSchemas)('%s', (schema) => {
  test('the base lies below the document root', async () => {
    const place = site();
    const paths = fill(place, 120, 'pub/d');
    const database = await scanned(schema, paths);
    const proposal = `try --base ${place.tree}`;
    await expectStopped(place, database, schema, join(place.tree, 'pub'), `${proposal};`);
  });

  test('the base lies above the document root', async () => {
    const place = site();
    const paths = fill(place, 120, 'srv/pub/d');
    const database = await scanned(
      schema,
      paths.map((path) => path.slice('srv/pub/'.length)),
    );
    await expectStopped(place, database, schema, place.tree, `try --base ${place.tree}/srv/pub;`);
  });

  test('nothing like it is known', async () => {
    const place = site();
    fill(place, 120);
    const database = await scanned(schema, others(100));
    await expectStopped(place, database, schema, place.tree, 'if the paths are new to it, say --new-paths');
  });

  test.each([
    ['most paths are known', (paths: readonly string[]) => [...paths.slice(0, 70), ...others(200)]],
    ['few others are known', () => others(99)],
    ['nothing is known', () => []],
  ])('%s: it is written', async (_, known) => {
    const place = site();
    const database = await scanned(schema, known(fill(place, 120)));
    const run = told(await hashTo(place, database.url));
    expect([run.status, run.stderr]).toEqual([0, '']);
    const rows = (await rowsOf(database, schema)).map(({ path }) => path);
    expect(rows).toHaveLength(121);
  });
});

test('once it was synced, any number of new paths may come', async () => {
  const place = site();
  const database = await scanned('classic', [...fill(place, 10), ...others(200)]);
  expect((await hashTo(place, database.url)).status).toBe(0);
  fill(place, 300, 'new');
  const run = told(await hashTo(place, database.url));
  expect([run.status, run.stderr]).toEqual([0, '']);
  expect((await syncTo(place, database.url, '--full')).status).toBe(0);
  const rows = await rowsOf(database, 'classic');
  // The scanner's rows have no mirrors in this test, ours have an empty list of them.
  expect(rows.map(({ path, hash }) => [path, hash])).toHaveLength(312);
  await database.query("UPDATE filearr SET mirrors = '{}'");
  expect(await expectClean(place, database, 'classic')).toBe(312);
});

test('a file that vanishes below the wrong base takes no row of the same name with it', async () => {
  const place = site();
  fill(place, 120, 'pub/d');
  writeFileSync(join(place.tree, 'same'), 'at the top');
  writeFileSync(join(place.tree, 'pub/same'), 'below');
  const database = await makeDatabase('classic');
  expect((await hashTo(place, database.url)).status).toBe(0);
  const before = await rowsOf(database, 'classic');
  const wrong = ['hash', join(place.tree, 'pub'), '--base', join(place.tree, 'pub')];
  const options = ['--state', join(place.directory, 'wrong-state'), '--redirector', database.url];
  expect((await place.run([...wrong, ...options])).status).toBe(1);
  rmSync(join(place.tree, 'pub/same'));
  expect((await place.run([...wrong, ...options])).status).toBe(1);
  expect(await rowsOf(database, 'classic')).toEqual(before);
});
