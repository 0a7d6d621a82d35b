/**
 * Ctrl-C while the PostgreSQL server hangs: all its processes stand still, and no answer ever comes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openFiles, type Running, site, until } from '../support/e2e.js';
import { select, writeSparse } from '../support/e2e-files.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import { expectClean, fill, Gate, hashedSite, startSync, syncWell } from '../support/mirrorbrain/faults.js';
import { PostgresServer } from '../support/postgres.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start({ settings: { fsync: 'off' } });
});
afterEach(() => server.signal('SIGCONT'));
afterAll(() => server.dispose());

/** @param signal what ends it, and the status it has then */
async function expectQuickEnd(running: Running, signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<void> {
  const sent = performance.now();
  running.child.kill(signal);
  const { status } = await running.ended;
  expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
  expect(performance.now() - sent).toBeLessThan(2_000);
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('in the middle of a batch of a sync', async () => {
    const place = await hashedSite(50);
    const database = await makeDatabase('classic', { server: server.url });
    const gate = await Gate.close(database, 'classic', 25);
    const sync = startSync(place, database.url);
    await gate.reached();
    server.signal('SIGSTOP');
    await expectQuickEnd(sync, signal);
    server.signal('SIGCONT');
    await gate.open();
    await syncWell(place, database.url);
    expect(await expectClean(place, database, 'classic')).toBe(51);
  });

  test('in the middle of a batch, while the run goes on hashing', async () => {
    const place = site();
    fill(place, 50);
    writeSparse(join(place.tree, 'e/large'), 200 * 1024 * 1024);
    const database = await makeDatabase('classic', { server: server.url });
    const gate = await Gate.close(database, 'classic', 25);
    const run = place.startHash('--redirector', database.url, '--read-limit', '2M', '--jobs', '2');
    await gate.reached();
    const kept = (): unknown => select(join(place.state, 'cache.db'), 'SELECT count(*) AS n FROM file');
    await expect.poll(kept, { timeout: 20_000 }).toEqual([{ n: 51 }]);
    server.signal('SIGSTOP');
    await expectQuickEnd(run, signal);
    expect(kept()).toEqual([{ n: 51 }]);
  });
});

test('before the server has answered at all', async () => {
  const place = await hashedSite(5);
  const database = await makeDatabase('classic', { server: server.url });
  server.signal('SIGSTOP');
  const sync = startSync(place, database.url);
  const run = place.startHash('--redirector', database.url, '--force');
  await until(() => sockets(sync.pid) > 0 && sockets(run.pid) > 0, 'both to be connected');
  await Promise.all([expectQuickEnd(sync), expectQuickEnd(run)]);
});

test('while it waits for a server that is away', async () => {
  const place = await hashedSite(5);
  const database = await makeDatabase('classic', { server: server.url });
  await server.stop();
  try {
    const sync = startSync(place, database.url);
    const run = place.startHash('--redirector', database.url, '--force');
    const told = ({ child }: Running): Promise<void> =>
      new Promise((resolve) => child.stderr?.once('data', () => resolve()));
    await Promise.all([told(sync), told(run)]);
    await Promise.all([expectQuickEnd(sync), expectQuickEnd(run)]);
  } finally {
    await server.restart();
  }
});

test('while another sync has the lock', async () => {
  const place = await hashedSite(50);
  const database = await makeDatabase('classic', { server: server.url });
  const gate = await Gate.close(database, 'classic', 25);
  const first = startSync(place, database.url);
  await gate.reached();
  const second = startSync(place, database.url);
  await until(() => sockets(second.pid) > 0, 'it to be connected');
  await expectQuickEnd(second);
  await gate.open();
  expect((await first.ended).status).toBe(0);
  expect(await expectClean(place, database, 'classic')).toBe(51);
});

/** Connections to the server that a process holds, also those that nobody has taken yet. */
function sockets(pid: number): number {
  const port = server.port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n');
  const ours = new Set(
    lines.flatMap((line) => {
      const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
      return remote.endsWith(`:${port}`) && state === '01' ? [`socket:[${inode}]`] : [];
    }),
  );
  return [...openFiles(pid)].filter((file) => ours.has(file)).length;
}
