/** Sessions of MirrorBrain's database that end or hang when nobody wants them to, and the lock that ends with them. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionSettings } from '../../../src/store/mirrorbrain/connection-settings.js';
import { MirrorbrainRedirector } from '../../../src/store/mirrorbrain/mirrorbrain-redirector.js';
import { makeDatabase, type TestDatabase } from '../../support/mirrorbrain/databases.js';
import { ownServer } from '../../support/own-server.js';
import type { PostgresServer } from '../../support/postgres.js';
import { rowOf } from '../../support/records.js';
import { openMirrorbrain } from '../../support/redirector-kinds.js';

const away = { code: 'REDIRECTOR_AWAY' };
const many = Array.from({ length: 5_000 }, (_, i) => rowOf(`d/${i}`));

function redirectorOf(url: string, signal = new AbortController().signal): MirrorbrainRedirector {
  const redirector = new MirrorbrainRedirector(connectionSettings(url, {}), signal);
  onTestFinished(() => redirector.close());
  return redirector;
}

/** Ends every session of the database but the one that asks. */
async function cutSessions(database: TestDatabase): Promise<void> {
  await database.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
}

describe('the lock', () => {
  it('is held by one, until it is given back', async () => {
    const { url } = await makeDatabase('classic');
    const [first, second] = [redirectorOf(url), redirectorOf(url)];
    expect([await first.lock(), await second.lock()]).toEqual([true, false]);
    await first.unlock();
    expect([await second.lock(), await first.lock()]).toEqual([true, false]);
    await second.close();
    expect(await first.lock()).toBe(true);
  });

  it('is one of the database: another has its own', async () => {
    const [one, other] = [await makeDatabase('classic'), await makeDatabase('opensuse')];
    expect([await redirectorOf(one.url).lock(), await redirectorOf(other.url).lock()]).toEqual([true, true]);
  });

  it('ends with the session, and so does everything that needs it', async () => {
    const database = await makeDatabase('classic');
    const target = await openMirrorbrain(database);
    await cutSessions(database);
    await expect(target.upsert([rowOf('a')])).rejects.toMatchObject(away);
    await expect(target.paths('', 1)).rejects.toMatchObject(away);
    expect(await redirectorOf(database.url).lock()).toBe(true);
    expect(await target.lock()).toBe(false);
  });

  it('that is asked for again comes with a new session', async () => {
    const database = await makeDatabase('classic');
    const target = await openMirrorbrain(database);
    await cutSessions(database);
    await expect(target.identity()).rejects.toMatchObject(away);
    await target.unlock();
    expect(await target.lock()).toBe(true);
    expect(await target.upsert([rowOf('a')])).toEqual({ written: 1, refusals: [] });
  });

  it('is needed: without it nothing works', async () => {
    const target = redirectorOf((await makeDatabase('classic')).url);
    await expect(target.upsert([rowOf('a')])).rejects.toMatchObject(away);
    await target.unlock();
    await target.close();
  });
});

describe('a server', () => {
  async function started(): Promise<readonly [PostgresServer, TestDatabase]> {
    const server = await ownServer();
    return [server, await makeDatabase('classic', { server: server.url })];
  }

  it('that is killed in the middle of a batch has stored all of it or nothing', async () => {
    const [server, database] = await started();
    for (const delay of [0, 60, 250]) {
      const target = await openMirrorbrain(database);
      await target.upsert([rowOf('before')]);
      const outcome = target.upsert(many).then(
        () => 'stored',
        (error) => error.code,
      );
      await new Promise((resolve) => setTimeout(resolve, delay));
      await server.kill();
      const said = await outcome;
      await expect(target.upsert([rowOf('a')])).rejects.toMatchObject(away);
      await server.restart();
      expect(await target.lock()).toBe(true);
      const stored = (await target.paths('', 10_000)).length;
      // A batch whose confirmation was lost may be there; one that was confirmed is.
      expect(said === 'stored' ? [many.length + 1] : [1, many.length + 1]).toContain(stored);
      await target.remove(many.map(({ path }) => path));
      await target.close();
    }
  });

  it('that is stopped, and not there, and starts again, is away', async () => {
    const [server, database] = await started();
    const target = await openMirrorbrain(database);
    await server.stop();
    await expect(target.upsert([rowOf('a')])).rejects.toMatchObject(away);
    await expect(target.lock()).rejects.toMatchObject(away);
    await server.restart();
    expect(await target.lock()).toBe(true);
    expect((await target.upsert([rowOf('a')])).written).toBe(1);
  });

  it('that does not answer does not hold an interrupted run', async () => {
    const [server, database] = await started();
    const interruption = new AbortController();
    const target = await openMirrorbrain(database, interruption.signal);
    server.signal('SIGSTOP');
    const began = performance.now();
    const outcomes = Promise.allSettled([
      target.upsert(many),
      redirectorOf(database.url, interruption.signal).lock(),
    ]);
    interruption.abort();
    expect(await outcomes).toMatchObject([{ reason: away }, { reason: away }]);
    await expect(redirectorOf(database.url, interruption.signal).lock()).rejects.toMatchObject(away);
    await target.close();
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('whose disk is full is away, and keeps the session', async () => {
    const [, database] = await started();
    const target = await openMirrorbrain(database);
    await database.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON hash EXECUTE FUNCTION full_disk()`);
    await expect(target.upsert([rowOf('a')])).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining('no room'),
      hint: expect.stringContaining('room'),
    });
    await database.query('DROP TRIGGER full_disk ON hash');
    expect((await target.upsert([rowOf('a')])).written).toBe(1);
  });
});

describe('a user', () => {
  it.each([
    ['without a password', (url: URL) => Object.assign(url, { password: '' }), /password/],
    ['with a wrong password', (url: URL) => Object.assign(url, { password: 'wrong' }), /password/],
    ['of no database', (url: URL) => Object.assign(url, { pathname: '/gone' }), /"gone"/],
    [
      'of a server that only reads',
      (url: URL) => Object.assign(url, { search: '?options=-c%20default_transaction_read_only=on' }),
      /read-only/,
    ],
  ])('%s is told so, and not to wait', async (_, change, words) => {
    const url = change(new URL((await makeDatabase('classic')).url)).href;
    const target = redirectorOf(url);
    const failure = await target
      .lock()
      .then(() => target.upsert([rowOf('a')]))
      .catch((error) => error);
    expect(failure).toMatchObject({ code: 'REDIRECTOR_UNUSABLE', message: expect.stringMatching(words) });
    expect(failure.hint).toEqual(expect.any(String));
    expect(failure.message).not.toContain('secret');
  });

  it('who may only read is told so', async () => {
    const { url: server } = await ownServer();
    const database = await makeDatabase('classic', { server });
    await database.query(
      "CREATE ROLE reader LOGIN PASSWORD 'r'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    );
    const url = Object.assign(new URL(database.url), { username: 'reader', password: 'r' }).href;
    const target = redirectorOf(url);
    await target.lock();
    await expect(target.upsert([rowOf('a')])).rejects.toMatchObject({
      code: 'REDIRECTOR_UNUSABLE',
      message: expect.stringContaining('permission denied'),
      hint: expect.stringContaining('grant'),
    });
  });
});
