/**
 * While a run goes on: rows arrive soon, under our name, in a session with limits of its own that keeps nobody waiting.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { writeSparse } from '../support/e2e-files.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import { expectClean, fill, untilFound } from '../support/mirrorbrain/faults.js';

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
