/**
 * mirrorhash itself killed with kill -9 while it writes: the server undoes the batch and gives its lock back by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Running, Site } from '../support/e2e.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import {
  cleanRows,
  Gate,
  hashedSite,
  ourSessions,
  rowsOf,
  startSync,
  syncWell,
} from '../support/mirrorbrain/faults.js';

const rounds = 10;

/** Random numbers that a seed brings again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** All rows of both tables without those numbers, or nothing at all. */
async function expectAllOrNothing(database: TestDatabase, expected: readonly unknown[]): Promise<void> {
  const rows = await rowsOf(database, 'classic');
  expect(rows).toEqual(rows.length === 0 ? [] : expected);
}

test('at random moments, again and again', async () => {
  const seed = Number(process.env.MIRRORHASH_SEED ?? Date.now() % 100_000);
  process.stderr.write(`mirrorbrain-killed: MIRRORHASH_SEED=${seed}\n`);
  const next = random(seed);
  const place = await hashedSite(1_500);
  const expected = await cleanRows(place, 'classic');
  const database = await makeDatabase('classic');
  for (let round = 0; round < rounds; round++) {
    await database.query('TRUNCATE filearr, hash');
    const sync = startSync(place, database.url);
    // From the moment when it has a session: the start of the program itself takes longer than the sync.
    await expect.poll(() => database.query(ourSessions), { interval: 5, timeout: 20_000 }).toHaveLength(1);
    await sleep(next() * 200);
    sync.child.kill('SIGKILL');
    await sync.ended;
    const ended = await syncWell(place, database.url);
    // It neither waits for the dead one's lock nor is told of it.
    expect(ended.stderr).toMatch(/^mirrorhash: [^\n]*: (1,501 rows written|up to date)\n$/);
    expect(await rowsOf(database, 'classic')).toEqual(expected);
  }
});

test('within COPY, and within the statement after it', async () => {
  const place = await hashedSite(1_500);
  const expected = await cleanRows(place, 'classic');
  const database = await makeDatabase('classic');

  // It stands still in the middle of COPY: the server waits for more, until it sees that nobody is there.
  const copying = await standingInCopy(place, database);
  copying.child.kill('SIGKILL');
  await copying.ended;
  await expectAllOrNothing(database, expected);
  await syncWell(place, database.url);
  expect(await rowsOf(database, 'classic')).toEqual(expected);

  await database.query('TRUNCATE filearr, hash');
  const gate = await Gate.close(database, 'classic', 700);
  const writing = startSync(place, database.url);
  await gate.reached();
  writing.child.kill('SIGKILL');
  await writing.ended;
  const after = startSync(place, database.url);
  // The server notices when its statement is done.
  await gate.open();
  expect((await after.ended).status).toBe(0);
  expect(await rowsOf(database, 'classic')).toEqual(expected);
});

/** A sync that stands still while its session copies; that lasts a few milliseconds, so that a look may miss it. */
async function standingInCopy(place: Site, database: TestDatabase): Promise<Running> {
  for (let attempt = 0; attempt < 50; attempt++) {
    await database.query('TRUNCATE filearr, hash');
    const sync = startSync(place, database.url);
    while (sync.child.exitCode === null) {
      const copying = await database.query(
        `${ourSessions} AND (query LIKE 'COPY%' OR query = 'BEGIN') AND state <> 'idle'`,
      );
      if (copying.length > 0 && sync.child.kill('SIGSTOP')) return sync;
      await sleep(1);
    }
  }
  throw new Error('no sync was seen in COPY');
}
