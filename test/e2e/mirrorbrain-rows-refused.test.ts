/**
 * A row that the database refuses: the others are stored, it is told once, and nothing is done again because of it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { site, type Told, told } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import type { SchemaName } from '../support/mirrorbrain/databases.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  expectClean,
  fill,
  hashTable,
  hashTo,
  rowsOf,
  syncWell,
} from '../support/mirrorbrain/faults.js';

/** The database takes no row of this size, and notes how often it was asked. */
async function refuse(database: TestDatabase, schema: SchemaName, size: number): Promise<void> {
  await database.query(`
    CREATE SEQUENCE asked;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM nextval('asked');
      RAISE 'not this one' USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ${hashTable[schema]}
      FOR EACH ROW WHEN (NEW.size = ${size}) EXECUTE FUNCTION refuse()`);
}

const asked = async (database: TestDatabase): Promise<unknown> =>
  (await database.query('SELECT last_value FROM asked'))[0]?.last_value;

const refusedRows = ({ lines }: Told): readonly object[] => lines.filter(({ event }) => event === 'row');

describe.each(bothSchemas)('%s', (schema) => {
  test('one row among many', async () => {
    const place = site();
    fill(place, 300);
    const database = await makeDatabase(schema);
    await refuse(database, schema, 123);
    const first = told(await hashTo(place, database.url));
    expect(first).toMatchObject({ status: 0, summary: { sync: { upserted: 300, refused: 1 } } });
    expect(refusedRows(first)).toEqual([
      {
        ...{ event: 'row', outcome: 'refused', path: 'd/3/00123', code: 'ROW_REFUSED' },
        message: 'the database refuses it: not this one',
      },
    ]);
    const paths = (await rowsOf(database, schema)).map(({ path }) => path);
    expect(paths).toHaveLength(300);
    expect(paths).not.toContain('d/3/00123');
    const times = await asked(database);

    const second = told(await hashTo(place, database.url, '--strict'));
    expect(second).toMatchObject({ status: 0, stderr: '', summary: { sync: { upserted: 0, refused: 0 } } });
    const sync = await syncWell(place, database.url);
    expect(sync.stderr).toMatch(/: up to date/);
    expect(await asked(database)).toBe(times);

    const status = await place.run(['status', place.tree, '--state', place.state]);
    expect(status.stdout).toMatch(/refused +d\/3\/00123: the database refuses it: not this one/);

    await database.query(`DROP TRIGGER refuse ON ${hashTable[schema]}`);
    await syncWell(place, database.url, '--full');
    expect(await expectClean(place, database, schema)).toBe(301);
    const after = await place.run(['status', place.tree, '--state', place.state]);
    expect(after.stdout).not.toMatch(/refused/);
  });
});

test('with --strict it is status 3; a file that changes is tried again, one that goes is forgotten', async () => {
  const place = site();
  fill(place, 40);
  const database = await makeDatabase('classic');
  await refuse(database, 'classic', 17);
  expect((await hashTo(place, database.url, '--strict')).status).toBe(3);

  write(join(place.tree, 'd/7/00017'), 'is eighteen bytes.');
  const changed = told(await hashTo(place, database.url, '--strict'));
  expect(changed).toMatchObject({ status: 0, summary: { sync: { upserted: 1, refused: 0 } } });
  expect(await expectClean(place, database, 'classic')).toBe(41);

  write(join(place.tree, 'd/7/00017'), 'is 17 bytes, yes.');
  expect((await hashTo(place, database.url, '--strict')).status).toBe(3);
  // What the row says is no longer true of the file: the module compares size and mtime, and does not serve it.
  rmSync(join(place.tree, 'd/7/00017'));
  const gone = told(await hashTo(place, database.url, '--strict'));
  expect(gone).toMatchObject({ status: 0, summary: { files: { pruned: 1 }, sync: { deleted: 1 } } });
  const status = await place.run(['status', place.tree, '--state', place.state]);
  expect(status.stdout).not.toMatch(/refused/);
  expect(await expectClean(place, database, 'classic')).toBe(40);
});

test.each([
  ['behind its rows', 'setval(s, 1, false)', /duplicate key .*\n.*setval/],
  ['at its end', 'setval(s, 2147483647)', /reached maximum value of sequence/],
])('a sequence that is %s is no fault of the rows', async (_, spoil, words) => {
  const place = site();
  fill(place, 30);
  const database = await makeDatabase('classic');
  await hashTo(place, database.url);
  const sequence = (call: string): Promise<unknown> =>
    database.query(`SELECT ${call.replace('s,', "'filearr_id_seq',")} FROM filearr`);
  await sequence(spoil);
  fill(place, 3, 'new');
  const failed = told(await hashTo(place, database.url));
  expect(failed.status).toBe(1);
  expect(failed.stderr).toMatch(words);
  expect(refusedRows(failed)).toEqual([]);
  expect(await rowsOf(database, 'classic')).toHaveLength(31);
  await sequence('setval(s, 1000)');
  await syncWell(place, database.url);
  expect(await expectClean(place, database, 'classic')).toBe(35);
});
