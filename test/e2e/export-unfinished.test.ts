/**
 * Exports that did not come to their end: killed while files were staged, refused by the directory, interrupted before
 * the list for trackers. Nothing half done lies there afterwards, and the next export knows what is still to be done.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openFiles, type Site, site, until, withoutPrivileges } from '../support/e2e.js';
import { redirectorRows, select, write } from '../support/e2e-files.js';
import { contents, exportArguments, exported, outOf, startExport } from '../support/exporting.js';

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;
const files = Array.from({ length: 20 }, (_, n) => `d/file${n}`);

async function hashed(place: Site, paths: readonly string[], content: string): Promise<void> {
  const mtime = new Date(1_600_000_000_000 + content.length * 1_000);
  for (const path of paths) write(join(place.tree, path), content, { mtime });
  expect((await place.hash()).status).toBe(0);
}

const temporaries = (place: Site): readonly string[] =>
  readdirSync(join(outOf(place), 'd')).filter((name) => name.startsWith('.mirrorhash-'));

test.concurrent('what a killed export had staged lay there for ever when the next one had less to write', async (context) => {
  if (!canTrace) {
    process.stderr.write('e2e: skipped: strace is not installed, or may not trace\n');
    return context.skip('no strace');
  }
  const place = site();
  await hashed(place, files, 'first');
  expect((await exported(place, 'sha256')).status).toBe(0);
  await hashed(place, files, 'second and longer');
  const calls = '?rename,?renameat,?renameat2';
  const how = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=2`];
  const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', ...how];
  const killed = await place.start(exportArguments(place, 'sha256'), { prefix }).ended;
  expect(killed.signal).toBe('SIGKILL');
  expect(temporaries(place).length).toBeGreaterThan(2);
  const next = await exported(place, 'sha256sums');
  expect(next.status).toBe(0);
  expect([...contents(outOf(place)).keys()]).toEqual(['d/SHA256SUMS']);
});

const nobody = withoutPrivileges();

test.concurrent('a directory that refuses one output keeps no temporaries of the others', async (context) => {
  if (nobody === null || nobody.length === 0) {
    process.stderr.write('e2e: skipped: only root can give a file to somebody else\n');
    return context.skip('not root');
  }
  const place = site();
  const [state, out] = [place.state, outOf(place)];
  for (const directory of [state, out]) {
    mkdirSync(directory);
    chownSync(directory, 65_534, 65_534);
  }
  const ends = async (status: number, args: readonly string[]): Promise<void> => {
    const ended = await place.run(args, { prefix: nobody });
    expect(ended.status, ended.stderr).toBe(status);
  };
  const content = (text: string, time: number): void => {
    for (const path of files) write(join(place.tree, path), text, { mtime: new Date(time) });
  };
  content('first', 1_600_000_000_000);
  await ends(0, place.hashArguments());
  await ends(0, exportArguments(place, 'sha256sums,sha256'));
  content('second', 1_600_000_001_000);
  await ends(0, place.hashArguments());
  // In such a directory nobody may replace what is another's.
  const directory = join(out, 'd');
  chownSync(directory, 0, 0);
  chmodSync(directory, 0o1777);
  chownSync(join(directory, 'SHA256SUMS'), 0, 0);
  await ends(3, exportArguments(place, 'sha256sums,sha256'));
  expect(temporaries(place)).toEqual([]);
  chownSync(join(directory, 'SHA256SUMS'), 65_534, 65_534);
  await ends(0, exportArguments(place, 'sha256sums,sha256'));
  const { status } = spawnSync(
    'sha256sum',
    ['--check', '--quiet', '--strict', join(directory, 'SHA256SUMS')],
    {
      cwd: join(place.tree, 'd'),
    },
  );
  expect([status, readdirSync(directory).length]).toEqual([0, files.length + 1]);
});

/**
 * Exports while another program holds the list of exported files, and is interrupted then: the directory that waits is
 * done to its end, and nothing after it.
 */
async function interrupted(place: Site, formats: string, after: number): Promise<number | null> {
  const file = join(place.state, 'exports.db');
  const holder = new Database(file);
  holder.exec('BEGIN IMMEDIATE');
  const running = startExport(place, formats);
  await until(() => openFiles(running.pid).has(file), 'the list to be opened');
  await sleep(after);
  running.child.kill('SIGINT');
  await sleep(200);
  holder.close();
  return (await running.ended).status;
}

/** What is remembered for the list for trackers. */
function remembered(place: Site): unknown {
  return select(join(place.state, 'exports.db'), 'SELECT path, hex(infohashes) FROM directory ORDER BY path');
}

test.concurrent('the list for trackers is made anew by the next export when one was interrupted before it', async () => {
  const place = site();
  // A directory without outputs of its own is not looked at again.
  const formats = 'tracker-allowlist';
  await hashed(place, ['d/a', 'e/b'], 'first');
  expect((await exported(place, formats)).status).toBe(0);
  const list = (): string | undefined => contents(outOf(place)).get('tracker-allowlist.txt');
  const before = { list: list(), remembered: remembered(place) };
  await hashed(place, ['d/a'], 'second and longer');
  for (const after of [500, 2_000, 8_000]) {
    expect(await interrupted(place, formats, after)).toBe(130);
    if (!isDeepStrictEqual(remembered(place), before.remembered)) break;
  }
  // Its directory is done, and the list is not.
  expect(remembered(place)).not.toEqual(before.remembered);
  expect(list()).toBe(before.list);
  expect((await exported(place, formats)).status).toBe(0);
  const infohashes = [...redirectorRows(place.state).values()].map(({ btih }) => btih.toString('hex'));
  expect(list()).toBe(`${infohashes.sort().join('\n')}\n`);
});
