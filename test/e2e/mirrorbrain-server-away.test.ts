/**
 * A PostgreSQL server that is away from the beginning: for a while, and for good. Both at once, as most of it is waiting.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import { expectClean, fill, hashedSite, startSync } from '../support/mirrorbrain/faults.js';
import { PostgresServer } from '../support/postgres.js';

const settings = { fsync: 'off' };
let late: PostgresServer;
let gone: PostgresServer;
beforeAll(async () => {
  [late, gone] = await Promise.all([PostgresServer.start({ settings }), PostgresServer.start({ settings })]);
});
afterAll(async () => {
  await late.dispose();
  await gone.dispose();
});

test('refuses connections for 20 seconds, or does not come within a minute', async () => {
  const [cached, lateHash, deserted] = [await hashedSite(60), site(), site()];
  fill(lateHash, 60);
  fill(deserted, 60);
  const toSync = await makeDatabase('classic', { server: late.url });
  const toHash = await makeDatabase('opensuse', { server: late.url });
  const never = await makeDatabase('classic', { server: gone.url });
  await late.stop();
  await gone.kill();

  const patience = 120_000;
  const sync = startSync(cached, toSync.url, [], { patience });
  const hash = lateHash.startHash('--redirector', toHash.url);
  const inVain = deserted.start(deserted.hashArguments('--redirector', never.url), { patience });
  const syncInVain = startSync(cached, never.url, [], { patience });
  await sleep(20_000);
  expect([sync, hash, inVain, syncInVain].map(({ child }) => child.exitCode)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  await late.restart();

  const synced = await sync.ended;
  expect(synced.stderr).toMatch(/^mirrorhash: .*: trying again\nmirrorhash: .*: 61 rows written\n$/);
  expect(synced.status).toBe(0);
  expect(await expectClean(cached, toSync, 'classic')).toBe(61);
  const hashed = told(await hash.ended);
  expect(hashed.stderr.match(/trying again/g)).toHaveLength(1);
  expect(hashed).toMatchObject({ status: 0, summary: { files: { hashed: 61 }, sync: { upserted: 61 } } });
  expect(await expectClean(lateHash, toHash, 'opensuse')).toBe(61);

  const failedSync = await syncInVain.ended;
  expect(failedSync.status).toBe(1);
  expect(failedSync.seconds).toBeGreaterThan(60);
  expect(failedSync.stderr).toMatch(/trying again\n.*127\.0\.0\.1/);
  const failed = told(await inVain.ended);
  expect(failed.status).toBe(1);
  expect(failed.seconds).toBeGreaterThan(60);
  expect(failed.summary).toMatchObject({ files: { hashed: 61, failed: 0 }, sync: null });
  expect(failed.stderr).toMatch(/the redirector was not synced: .*\n.*every hash is cached/);
  expect(failedSync.stderr + failed.stderr).not.toMatch(/secret/);

  await gone.restart();
  const next = told(await deserted.run(deserted.hashArguments('--redirector', never.url)));
  expect(next).toMatchObject({
    status: 0,
    stderr: '',
    summary: { files: { hashed: 0, unchanged: 61 }, bytes: { hashed: 0 }, sync: { upserted: 61 } },
  });
  expect(await expectClean(deserted, never, 'classic')).toBe(61);
});
