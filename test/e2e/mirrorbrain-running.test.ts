/**
 * While a run goes on: rows arrive soon, under our name, in a session with limits of its own that keeps nobody waiting.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { writeSparse } from '../support/e2e-files.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import { expectClean, fill, hashedSite, syncWell, untilFound } from '../support/mirrorbrain/faults.js';

const MiB = 1024 * 1024;

test('rows of small files are there long before a large one is hashed', async () => {
  const place = site();
  fill(place, 50);
  writeSparse(join(place.tree, 'e/large'), 32 * MiB);
  const database = await makeDatabase('classic');
  const run = place.startHash('--redirector', database.url, '--read-limit', '4M', '--jobs', '2');
  await untilFound(database, 'SELECT FROM hash HAVING count(*) = 51');
  const found = performance.now();
  const ended = told(await run.ended);
  // It took eight seconds, of which no more than three and a little had gone.
  expect(performance.now() - found).toBeGreaterThan(3_000);
  expect(ended.status).toBe(0);
  expect(await expectClean(place, database, 'classic')).toBe(52);
});

test('our sessions have our name, and limits of their own whatever the server has', async () => {
  const place = await hashedSite(5);
  const database = await makeDatabase('classic');
  const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
  for (const limit of limits) await database.query(`ALTER DATABASE ${database.name} SET ${limit} = '1h'`);
  const names = [...limits, 'application_name', 'standard_conforming_strings'];
  await database.query(`
    CREATE TABLE seen AS SELECT '' AS name, '' AS value WHERE false;
    CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO seen SELECT n, current_setting(n) FROM unnest('{${names.join(',')}}'::text[]) AS n;
      RETURN NULL;
    END $$;
    CREATE TRIGGER look AFTER INSERT ON hash FOR EACH STATEMENT EXECUTE FUNCTION look()`);
  await syncWell(place, database.url);
  const seen = await database.query('SELECT DISTINCT name, value FROM seen');
  expect(Object.fromEntries(seen.map(({ name, value }) => [name, value]))).toEqual({
    statement_timeout: '2min',
    lock_timeout: '10s',
    idle_in_transaction_session_timeout: '1min',
    application_name: 'mirrorhash',
    standard_conforming_strings: 'on',
  });
});
