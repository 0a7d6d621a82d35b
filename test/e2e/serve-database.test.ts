/**
 * Never a stale hash, whatever becomes of files and of the database while they are served.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

let where: Site;
let served: Served;
let database: string;

beforeEach(async () => {
  where = site();
  write(join(where.tree, 'f.iso'), 'first');
  await where.hash();
  database = join(where.state, 'redirector.db');
  served = await serving(where);
});

/** What is asked again and again until it is so, or some seconds have gone. */
async function comesTo(path: string, status: number): Promise<void> {
  let last = 0;
  for (const end = Date.now() + 5000; Date.now() < end; await sleep(50)) {
    last = (await ask(served.origin, path)).status;
    if (last === status) return;
  }
  throw new Error(`${path} is still ${last}`);
}

async function expectNotKnown(): Promise<void> {
  for (const path of ['/f.iso.sha256', '/f.iso?torrent', '/f.iso.meta4', '/f.iso.mirrorlist']) {
    const { status, headers, text } = await ask(served.origin, path);
    expect([path, status]).toEqual([path, 404]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(text).not.toContain(where.directory);
  }
  const { status, headers } = await ask(served.origin, '/f.iso');
  expect(status).toBe(200);
  expect([headers['repr-digest'], headers.digest, headers.link]).toEqual([undefined, undefined, undefined]);
}

function drop(): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true });
}

describe('a file that changed', () => {
  test.each([
    ['its size', 'second!', new Date('2024-02-29T12:34:56.789Z')],
    ['its time', 'other', new Date('2024-03-01T00:00:00Z')],
    ['its time to before', 'other', new Date('2023-03-01T00:00:00Z')],
  ])('%s: its hashes wait for the next run', async (_, content, mtime) => {
    expect((await ask(served.origin, '/f.iso.sha256')).status).toBe(200);
    write(join(where.tree, 'f.iso'), content, { mtime });
    await expectNotKnown();
    expect((await ask(served.origin, '/f.iso')).text).toBe(content);
    await where.hash();
    const sum = createHash('sha256').update(content).digest('hex');
    expect((await ask(served.origin, '/f.iso.sha256')).text).toBe(`${sum}  f.iso\n`);
  });

  test('a file that went is gone at once', async () => {
    rmSync(join(where.tree, 'f.iso'));
    for (const path of ['/f.iso', '/f.iso.sha256']) {
      const { status, headers } = await ask(served.origin, path);
      expect([status, headers['retry-after']]).toEqual([404, undefined]);
    }
  });
});

describe('the database', () => {
  test('removed, and made anew', async () => {
    drop();
    await comesTo('/healthz', 503);
    await expectNotKnown();
    expect((await where.run(['sync', where.tree, '--state', where.state, '--full'])).status).toBe(0);
    await comesTo('/f.iso.sha256', 200);
    expect((await ask(served.origin, '/healthz')).text).toBe('ok\n');
    // Told once each, not with every request.
    expect(served.said().match(/is gone/g)).toHaveLength(1);
    expect(served.said().match(/is used again/g)).toHaveLength(1);
  });

  test('replaced by one that says otherwise', async () => {
    const other = join(where.directory, 'other.db');
    const source = new Database(database);
    await source.backup(other);
    source.close();
    const copy = new Database(other);
    copy.prepare("UPDATE hash SET sha256 = unhex(replace(hex(zeroblob(32)), '00', 'ab'))").run();
    copy.pragma('journal_mode = WAL');
    copy.close();
    drop();
    renameSync(other, database);
    let text = '';
    for (const end = Date.now() + 5000; !text.startsWith('abab') && Date.now() < end; await sleep(50))
      text = (await ask(served.origin, '/f.iso.sha256')).text;
    expect(text).toBe(`${'ab'.repeat(32)}  f.iso\n`);
  });

  test.each([
    [
      'of a newer version',
      (file: string) => {
        const newer = new Database(file);
        newer.pragma('user_version = 99');
        newer.close();
      },
    ],
    [
      'that is none',
      (file: string) => writeFileSync(file, 'no database at all, but long enough to look at'.repeat(50)),
    ],
  ])('replaced by one %s', async (_, spoil) => {
    const spoilt = join(where.directory, 'spoilt.db');
    const source = new Database(database);
    await source.backup(spoilt);
    source.close();
    const good = join(where.directory, 'good.db');
    copyFileSync(spoilt, good);
    spoil(spoilt);
    drop();
    renameSync(spoilt, database);
    await comesTo('/healthz', 503);
    await expectNotKnown();
    drop();
    renameSync(good, database);
    await comesTo('/f.iso.sha256', 200);
  });

  test('of the first version has hashes, and no mirrors', async () => {
    await served.stop();
    const old = new Database(database);
    old.exec('DROP TABLE server');
    old.pragma('user_version = 1');
    old.close();
    served = await serving(where);
    expect((await ask(served.origin, '/f.iso.sha256')).status).toBe(200);
    expect((await ask(served.origin, '/f.iso')).status).toBe(200);
  });

  test('written to while it is served', async () => {
    write(join(where.tree, 'g.iso'), 'new');
    await expect(ask(served.origin, '/g.iso.sha256')).resolves.toMatchObject({ status: 404 });
    await where.hash();
    await expect(ask(served.origin, '/g.iso.sha256')).resolves.toMatchObject({ status: 200 });
  });
});

/** Columns of SQLite hold values of any type, whatever they were declared as. */
describe('a row with values of another type, from another program', () => {
  function set(assignment: string): void {
    const connection = new Database(database);
    connection.exec(`UPDATE hash SET ${assignment}`);
    connection.close();
  }

  test.each(['sha256', 'md5', 'sha1', 'btih'])(
    'text of the right length as %s was an error of ours',
    async (column) => {
      set(`${column} = substr(hex(zeroblob(32)), 1, length(${column}))`);
      for (const path of [`/f.iso.${column}`, '/f.iso.torrent', '/f.iso.meta4', '/f.iso.mirrorlist'])
        expect([path, (await ask(served.origin, path)).status]).toEqual([path, 404]);
      expect((await ask(served.origin, '/f.iso')).text).toBe('first');
      expect(served.said()).toMatch(/^mirrorhash: serving [^\n]*\n$/);
    },
  );

  test('bytes as signature were an error of ours', async () => {
    set("pgp = x'2d2d2d'");
    const { status, text } = await ask(served.origin, '/f.iso.meta4');
    expect(status).toBe(200);
    expect(text).not.toContain('<signature');
    expect((await ask(served.origin, '/f.iso.metalink')).status).toBe(200);
  });

  test.each([
    "zsums = 'text'",
    "zblocksize = 'many'",
    "zhashlens = '2,2,4' || char(10) || 'URL: http://evil.example/'",
  ])('no zsync file is made where %s', async (assignment) => {
    expect((await ask(served.origin, '/f.iso.zsync')).status).toBe(200);
    set(assignment);
    expect((await ask(served.origin, '/f.iso.zsync')).status).toBe(404);
    expect((await ask(served.origin, '/f.iso.torrent')).status).toBe(200);
  });
});
