/**
 * show, status, sync and verify.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { program, type Site, site, told, untilOpen, withoutPrivileges } from '../support/e2e.js';
import { coreutils, longAgo, redirectorRows, write, writeCounting } from '../support/e2e-files.js';

const prefix = withoutPrivileges();

async function hashedSite(): Promise<Site> {
  const place = site();
  writeCounting(join(place.tree, 'iso/a.iso'), 700_000);
  for (const name of ['b', 'd/c', 'empty']) write(join(place.tree, name), name === 'empty' ? '' : name);
  await place.hash();
  return place;
}

function command(place: Site, verb: string, path: string, ...args: readonly string[]) {
  return place.run([verb, join(place.tree, path), '--state', place.state, ...args]);
}

describe('show', () => {
  test.concurrent('names the sums that coreutils give', async () => {
    const place = await hashedSite();
    const { status, stdout, stderr } = await command(place, 'show', 'iso/a.iso');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const file = join(place.tree, 'iso/a.iso');
    const lines = stdout.split('\n');
    for (const tool of ['md5sum', 'sha1sum', 'sha256sum'] as const) {
      const title = tool.replace('sum', '').padEnd(8);
      expect(lines).toContain(`${title}${coreutils(tool, [file]).get(file)}`);
    }
    expect(lines).toContain('path    iso/a.iso');
    expect(stdout).toMatch(/^pieces {2}3 of 256/m);
  });

  test.concurrent('an empty file has no pieces and no zsync sums, but an infohash', async () => {
    const place = await hashedSite();
    const shown = JSON.parse((await command(place, 'show', 'empty', '--json')).stdout);
    expect(shown).toMatchObject({ pieces: { length: 262_144, sha1: [] }, zsync: null, pgp: null });
    expect(shown.btih).toMatch(/^[0-9a-f]{40}$/);
  });

  test.concurrent.each([
    ['is unknown', (place: Site) => write(join(place.tree, 'b2'), 'x'), 'b2'],
    ['was touched', (place: Site) => utimesSync(join(place.tree, 'b'), longAgo, new Date()), 'b'],
    ['grew', (place: Site) => appendFileSync(join(place.tree, 'b'), 'x'), 'b'],
    ['is gone', (place: Site) => unlinkSync(join(place.tree, 'b')), 'b'],
    ['is a directory', () => {}, 'd'],
  ] as const)('on a file that %s it exits 1', async (_, change, name) => {
    const place = await hashedSite();
    change(place);
    for (const args of [[], ['--json']]) {
      const run = await command(place, 'show', name, ...args);
      expect(run).toMatchObject({ status: 1, stdout: '' });
      expect(run.stderr).toMatch(/^mirrorhash: .* (is not cached|has no valid record: .*)\nhint: .*\n$/);
    }
  });
});

test.concurrent('status --json counts what is cached, and tells of problems and lag', async () => {
  const place = await hashedSite();
  write(join(place.tree, 'new'), 'new');
  const bad = Buffer.concat([Buffer.from(join(place.tree, 'bad-')), Buffer.from([0xff])]);
  writeFileSync(bad, 'x');
  await place.hash('--no-sync');
  const run = await command(place, 'status', '', '--json');
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const status = JSON.parse(run.stdout);
  expect(status).toMatchObject({
    base: place.tree,
    state: place.state,
    files: 5,
    bytes: 700_000 + 1 + 3 + 0 + 3,
    lastRun: { files: { hashed: 1, unchanged: 4, skipped: 1 } },
    problems: [{ path: 'bad-\ufffd', outcome: 'skipped', code: 'NAME_NOT_UTF8' }],
    redirectors: [{ redirector: `sqlite:${join(place.state, 'redirector.db')}`, lag: 1 }],
  });
  expect(status.cacheSize).toBeGreaterThan(0);
  const below = JSON.parse((await command(place, 'status', 'd', '--json')).stdout);
  expect(below).toMatchObject({ files: 1, bytes: 3 });
  await command(place, 'sync', '');
  const synced = JSON.parse((await command(place, 'status', '', '--json')).stdout);
  expect(synced.redirectors).toMatchObject([{ lag: 0 }]);
});

describe('sync', () => {
  test.concurrent('fills a database that was deleted, without reading a file', async () => {
    const place = await hashedSite();
    const before = redirectorRows(place.state);
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(place.state, `redirector.db${suffix}`), { force: true });
    // No file can be read: nothing is needed from any.
    rmSync(join(place.tree, 'iso'), { recursive: true });
    const run = await command(place, 'sync', '', '--json');
    expect(told(run).summary.sync).toMatchObject({ upserted: 4, deleted: 0 });
    expect(redirectorRows(place.state)).toEqual(before);
  });

  test.concurrent('repairs rows that were changed, lost or left over', async () => {
    const place = await hashedSite();
    const before = redirectorRows(place.state);
    const database = new Database(join(place.state, 'redirector.db'));
    database.exec(`UPDATE hash SET size = 7 WHERE file_id = (SELECT id FROM filearr WHERE path = 'b');
      DELETE FROM hash WHERE file_id = (SELECT id FROM filearr WHERE path = 'd/c');
      INSERT INTO filearr (path) VALUES ('left/over');
      INSERT INTO hash SELECT (SELECT id FROM filearr WHERE path = 'left/over'), mtime, size, md5, sha1, sha256,
        sha1piecesize, sha1pieces, btih, pgp, zblocksize, zhashlens, zsums FROM hash LIMIT 1`);
    database.close();
    const full = await command(place, 'sync', '', '--full', '--json');
    expect(full.status).toBe(0);
    expect(told(full).summary.sync).toMatchObject({ upserted: 2, deleted: 1 });
    expect(redirectorRows(place.state)).toEqual(before);
    expect(told(await command(place, 'sync', '', '--full', '--json')).summary.sync).toMatchObject({
      upserted: 0,
      deleted: 0,
    });
  });

  test.concurrent('another database is filled, and none is none', async () => {
    const place = await hashedSite();
    const other = join(place.directory, 'other.db');
    await command(place, 'sync', '', '--redirector', `sqlite:${other}`);
    expect(redirectorRows('', other)).toEqual(redirectorRows(place.state));
    const none = await place.hash('--redirector', 'none', '--force');
    expect(none).toMatchObject({ status: 0, summary: { sync: null, files: { hashed: 4 } } });
  });

  test.concurrent('a database that other programs read all the time is never in the way', async () => {
    const place = await hashedSite();
    const reader = new Database(join(place.state, 'redirector.db'), { readonly: true });
    const rows = reader.prepare('SELECT * FROM hash').iterate();
    rows.next();
    write(join(place.tree, 'new'), 'new');
    expect(await place.hash()).toMatchObject({ status: 0, summary: { sync: { upserted: 1 } } });
    rows.return?.();
    reader.close();
  });
});

/** Reads a database as somebody who may write neither it nor its directory. */
const reading = `
  const Database = require('better-sqlite3');
  const database = new Database(process.argv[1], { readonly: true });
  process.stdout.write(String(database.prepare('SELECT count(*) FROM hash').pluck().get()));`;

test.skipIf(prefix === null)('a user who may only read can read the redirector database', async () => {
  const place = await hashedSite();
  chmodSync(place.state, 0o755);
  await place.hash();
  const read = (): string => {
    const [command = '', ...rest] = [...(prefix ?? []), process.execPath, '-e', reading];
    const file = join(place.state, 'redirector.db');
    // Where the program lies, its packages are found.
    return execFileSync(command, [...rest, file], { cwd: dirname(program), encoding: 'utf8' });
  };
  expect(read()).toBe('4');
  writeCounting(join(place.tree, 'large'), 5_000_000);
  const running = place.startHash('--read-limit', '1M');
  await untilOpen(running.pid, join(place.tree, 'large'));
  expect(read()).toBe('4');
  running.child.kill('SIGKILL');
  await running.ended;
  expect(read()).toBe('4');
});

describe('verify', () => {
  function rot(file: string): void {
    const { atime, mtime } = statSync(file);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes, { flag: 'r+' });
    utimesSync(file, atime, mtime);
  }

  test.concurrent('finds a flipped bit, and overwrites nothing', async () => {
    const place = await hashedSite();
    const sound = await command(place, 'verify', '', '--json');
    expect(sound.status).toBe(0);
    expect(told(sound).summary.files).toMatchObject({ verified: 4, different: 0 });
    rot(join(place.tree, 'iso/a.iso'));
    const before = redirectorRows(place.state);
    for (let round = 0; round < 2; round++) {
      const run = await command(place, 'verify', '', '--json');
      expect(run.status).toBe(4);
      expect(run.stderr).toMatch(/^mirrorhash: iso\/a\.iso: /);
      const { files, summary } = told(run);
      expect(files).toMatchObject([{ path: 'iso/a.iso', outcome: 'failed', code: 'CONTENT_DIFFERS' }]);
      expect(summary.files).toMatchObject({ verified: 3, different: 1 });
    }
    expect((await place.hash()).summary.files).toMatchObject({ unchanged: 4 });
    expect(redirectorRows(place.state)).toEqual(before);
    const quiet = await command(place, 'verify', '', '--quiet');
    expect(quiet).toMatchObject({ status: 4, stdout: '' });
    expect(quiet.stderr.trimEnd().split('\n')).toHaveLength(1);
    const elsewhere = await command(place, 'verify', 'd');
    expect(elsewhere.status).toBe(0);
    expect((await command(place, 'verify', 'iso/a.iso')).status).toBe(4);
  });

  test.concurrent('files that changed openly, or went, are no difference', async () => {
    const place = await hashedSite();
    write(join(place.tree, 'b'), 'changed');
    unlinkSync(join(place.tree, 'd/c'));
    const run = await command(place, 'verify', '', '--json');
    expect(run.status).toBe(0);
    expect(told(run).summary.files).toMatchObject({ verified: 2, stale: 1, vanished: 1, different: 0 });
  });

  test.concurrent('--sample reads a part', async () => {
    const place = site();
    for (let i = 0; i < 300; i++) write(join(place.tree, `f${i}`), `${i}`);
    await place.hash('--no-sync');
    const run = await command(place, 'verify', '', '--sample', '20%', '--json');
    const { files } = told(run).summary;
    // 60 of 300 are expected; ten standard deviations are 69.
    expect(files.verified).toBeGreaterThan(0);
    expect(files.verified).toBeLessThan(130);
    expect((files.verified ?? 0) + (files.left ?? 0)).toBe(300);
    const none = await command(place, 'verify', '', '--sample', '0%');
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toMatch(/^mirrorhash: --sample: "0%" is /);
  });

  test.concurrent('what it reads is what other programs read', async () => {
    const place = await hashedSite();
    chmodSync(join(place.tree, 'b'), 0o444);
    execFileSync('cp', ['-a', place.tree, join(place.directory, 'copy')]);
    expect((await command(place, 'verify', '')).status).toBe(0);
  });
});
