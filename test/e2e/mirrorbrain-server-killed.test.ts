/**
 * A PostgreSQL server that is killed in the middle of a batch and comes back, and sessions that an administrator ends:
 * the run goes on by itself, and the rows are those of a clean sync.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { coreutils, write, writeSparse } from '../support/e2e-files.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  expectClean,
  fill,
  Gate,
  hashedSite,
  ourSessions,
  rowsOf,
  startSync,
  syncWell,
  untilFound,
} from '../support/mirrorbrain/faults.js';
import { PostgresServer } from '../support/postgres.js';

let server: PostgresServer;
beforeAll(async () => {
  // The machine itself lives on, so what is written is not lost.
  server = await PostgresServer.start({ settings: { fsync: 'off' } });
});
afterAll(() => server.dispose());

describe.each(bothSchemas)('%s', (schema) => {
  test('killed in the middle of a batch of a sync', async () => {
    const place = await hashedSite(400);
    const database = await makeDatabase(schema, { server: server.url });
    const gate = await Gate.close(database, schema, 200);
    const sync = startSync(place, database.url);
    await gate.reached();
    await server.kill();
    await server.restart();
    const ended = await sync.ended;
    expect(ended.stderr).toMatch(/: trying again\n.*: 401 rows written\n$/);
    expect(ended.status).toBe(0);
    expect(await expectClean(place, database, schema)).toBe(401);
  });

  test('killed in the middle of a batch, while the run goes on hashing', async () => {
    const place = site();
    const paths = fill(place, 400);
    const database = await makeDatabase(schema, { server: server.url });
    const gate = await Gate.close(database, schema, 200);
    writeSparse(join(place.tree, 'e/large'), 24 * 1024 * 1024);
    const run = place.startHash('--redirector', database.url, '--read-limit', '4M', '--jobs', '2');
    await gate.reached();
    expect(run.child.exitCode).toBe(null);
    await server.kill();
    // The run does not wait for it.
    await server.restart();
    const ended = told(await run.ended);
    expect(ended.status).toBe(0);
    expect(ended.stderr).toMatch(/^mirrorhash: warning: .*: trying again\n$/);
    expect(ended.summary).toMatchObject({ files: { hashed: 402, failed: 0 }, sync: { upserted: 402 } });
    expect(await expectClean(place, database, schema)).toBe(402);
    expectSums(place.tree, paths, await rowsOf(database, schema));
  });

  test('our session is ended within a batch, and between two', async () => {
    const place = await hashedSite(400);
    const database = await makeDatabase(schema, { server: server.url });
    const gate = await Gate.close(database, schema, 200);
    const sync = startSync(place, database.url);
    const first = await gate.reached();
    const terminate = (pid: number): Promise<unknown> =>
      database.query(`SELECT pg_terminate_backend(${pid})`);
    await terminate(first);
    await untilFound(database, `${ourSessions} AND pid <> ${first}`);
    const second = await gate.reached();
    expect(second).not.toBe(first);
    await terminate(second);
    await gate.reached();
    await gate.open();
    expect((await sync.ended).status).toBe(0);
    await expectClean(place, database, schema);
  });
});

test('our session is ended while it is idle: the run does not notice', async () => {
  const place = site();
  fill(place, 20);
  const database = await makeDatabase('classic', { server: server.url });
  writeSparse(join(place.tree, 'e/large'), 16 * 1024 * 1024);
  const run = place.startHash('--redirector', database.url, '--read-limit', '4M', '--jobs', '2');
  await untilFound(database, 'SELECT 1 FROM hash LIMIT 1');
  const [idle] = await untilFound(database, `${ourSessions} AND state = 'idle'`);
  await database.query(`SELECT pg_terminate_backend(${idle?.pid})`);
  const ended = told(await run.ended);
  expect([ended.status, ended.stderr]).toEqual([0, '']);
  expect(await expectClean(place, database, 'classic')).toBe(22);
});

test('killed in a run with files that changed and files that went', async () => {
  const place = await hashedSite(100);
  const database = await makeDatabase('classic', { server: server.url });
  await syncWell(place, database.url);
  for (const path of ['d/0/00050', 'd/1/00071']) write(join(place.tree, path), 'twenty-three bytes long');
  for (const path of ['d/0/00010', 'd/9/00099']) rmSync(join(place.tree, path));
  const gate = await Gate.close(database, 'classic', 23);
  const run = place.startHash('--redirector', database.url);
  await gate.reached();
  await server.kill();
  await server.restart();
  // The lock of the gate is gone with the server.
  const ended = told(await run.ended);
  expect(ended.status).toBe(0);
  expect(ended.summary).toMatchObject({ files: { hashed: 2, pruned: 2 } });
  expect(await expectClean(place, database, 'classic')).toBe(99);
});

/** Against other programs' sums: a clean sync might be as wrong as this one. */
function expectSums(tree: string, paths: readonly string[], rows: readonly Record<string, unknown>[]): void {
  const sums = coreutils(
    'sha256sum',
    paths.map((path) => join(tree, path)),
  );
  const found = new Map(rows.map(({ path, hash }) => [path, (hash as { readonly sha256: string }).sha256]));
  for (const path of paths) expect(found.get(path), path).toBe(`\\x${sums.get(join(tree, path))}`);
}
