/**
 * Promise 1: no record describes bytes that were not the file's content at one moment.
 *
 * Reading is slowed down, and each file is changed in another way as soon as it is open.
 */
import {
  appendFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site, site, type Told, told, untilOpen } from '../support/e2e.js';
import { coreutils, longAgo, redirectorRows, write, writeCounting } from '../support/e2e-files.js';

const MiB = 1024 * 1024;
const size = 3 * MiB;
const other = Buffer.alloc(size, 'x');

function inPlace(file: string): void {
  writeFileSync(file, other, { flag: 'r+' });
}

/** Puts size and mtime back: only ctime (or the inode) tells that something happened. */
function quietly(file: string, change: (file: string) => void): void {
  change(file);
  utimesSync(file, longAgo, longAgo);
}

function byRename(file: string): void {
  const aside = file.replace('/tree/', '/aside-').replace('/file', '');
  write(aside, other);
  renameSync(aside, file);
}

/** What happens to a file while it is read, and what must be said of it. */
const changes: Readonly<Record<string, readonly [(file: string) => void, string]>> = {
  grows: [(file) => appendFileSync(file, 'more'), 'deferred FILE_CHANGED'],
  'grows-quietly': [(file) => quietly(file, () => appendFileSync(file, 'more')), 'deferred FILE_CHANGED'],
  shrinks: [(file) => truncateSync(file, 100), 'deferred FILE_CHANGED'],
  rewritten: [inPlace, 'deferred FILE_CHANGED'],
  'rewritten-quietly': [(file) => quietly(file, inPlace), 'deferred FILE_CHANGED'],
  'replaced-by-rename': [byRename, 'deferred FILE_CHANGED'],
  deleted: [(file) => rmSync(file), 'deferred FILE_VANISHED'],
  'with-its-directory': [(file) => rmSync(join(file, '..'), { recursive: true }), 'deferred FILE_VANISHED'],
  untouched: [() => {}, 'hashed'],
};
const names = Object.keys(changes);

const place = new Site();
let first: Told;
let second: Told;
let afterFirst: ReturnType<typeof redirectorRows>;

function fileOf(name: string): string {
  return join(place.tree, name, 'file');
}

beforeAll(async () => {
  for (const name of names) writeCounting(fileOf(name), size);
  const running = place.startHash('--jobs', String(names.length), '--read-limit', '6M');
  const changing = Object.entries(changes).map(async ([name, [change]]) => {
    await untilOpen(running.pid, fileOf(name));
    change(fileOf(name));
  });
  await Promise.all(changing);
  first = told(await running.ended);
  afterFirst = redirectorRows(place.state);
  for (const name of names) if (statSync(fileOf(name), { throwIfNoEntry: false })) age(fileOf(name));
  second = await place.hash();
});

/** Past the racy time, but not the time that it had before. */
function age(file: string): void {
  const mtime = new Date(longAgo.getTime() + 1000);
  utimesSync(file, mtime, mtime);
}

afterAll(() => place.remove());

describe('while it is read, a file', () => {
  test.each(names)('%s', (name) => {
    const [, expected] = changes[name] ?? [];
    const line = first.files.find(({ path }) => path === `${name}/file`);
    expect([line?.outcome, line?.code].filter(Boolean).join(' ')).toBe(expected);
    expect(afterFirst.has(`${name}/file`)).toBe(name === 'untouched');
  });
});

test('nothing of that is a failure', () => {
  expect(first.status).toBe(0);
  expect(first.stderr).toBe('');
  expect(first.summary.files).toMatchObject({ deferred: names.length - 1, hashed: 1, failed: 0 });
});

test('the next run takes them up, with the values that they have now', () => {
  expect(second.status).toBe(0);
  const there = names.filter((name) => statSync(fileOf(name), { throwIfNoEntry: false }) !== undefined);
  expect(there).toHaveLength(names.length - 2);
  const golden = coreutils('sha256sum', there.map(fileOf));
  const rows = redirectorRows(place.state);
  expect([...rows.keys()]).toEqual(there.map((name) => `${name}/file`).sort());
  for (const name of there) {
    expect(rows.get(`${name}/file`)?.sha256.toString('hex'), name).toBe(golden.get(fileOf(name)));
  }
});

test.concurrent('a record from before stays as it was when its file is deferred', async () => {
  const mine = site();
  const file = join(mine.tree, 'file');
  write(file, 'before');
  await mine.hash();
  const before = redirectorRows(mine.state).get('file');
  writeCounting(file, size);
  const running = mine.startHash('--read-limit', '1M');
  await untilOpen(running.pid, file);
  appendFileSync(file, 'more');
  const run = told(await running.ended);
  expect(run.summary.files).toMatchObject({ deferred: 1, hashed: 0, pruned: 0 });
  expect(redirectorRows(mine.state).get('file')).toEqual(before);
});

describe('files written a moment ago', () => {
  test.concurrent('are read last, once they are two seconds old', async () => {
    const mine = site();
    for (let i = 0; i < 5; i++) write(join(mine.tree, `old-${i}`), 'old');
    const started = Date.now();
    // A clock may be a little ahead: then it takes so much longer.
    write(join(mine.tree, 'a-young'), 'young', { mtime: new Date(started + 1500) });
    const run = await mine.hash();
    expect(run.files.at(-1)).toMatchObject({ path: 'a-young', outcome: 'hashed' });
    expect(run.files).toHaveLength(6);
    expect(Date.now() - started).toBeGreaterThanOrEqual(3500);
    expect(run.seconds).toBeLessThan(20);
    const again = await mine.hash();
    expect(again.summary.files).toMatchObject({ unchanged: 6, hashed: 0 });
    expect(again.summary.bytes.hashed).toBe(0);
  });

  test.concurrent('are deferred when they are still being written, and nobody waits for ever', async () => {
    const mine = site();
    write(join(mine.tree, 'old'), 'old');
    const file = join(mine.tree, 'log');
    writeFileSync(file, 'x');
    const writing = new AbortController();
    const writer = (async () => {
      while (!writing.signal.aborted) {
        appendFileSync(file, 'x');
        await sleep(20);
      }
    })();
    const run = await mine.hash();
    writing.abort();
    await writer;
    expect(run.status).toBe(0);
    expect(run.summary.files).toMatchObject({ hashed: 1, deferred: 1 });
    expect(run.files.find(({ path }) => path === 'log')).toMatchObject({ code: 'FILE_CHANGED' });
    expect(run.seconds).toBeLessThan(20);
    expect(redirectorRows(mine.state).has('log')).toBe(false);
  });

  test.concurrent('a change within the granularity of mtime is not missed', async () => {
    const mine = site();
    const file = join(mine.tree, 'file');
    const now = new Date(Date.now() + 1500);
    write(file, 'first', { mtime: now });
    const running = mine.startHash();
    await sleep(2500);
    // The same size and, for the file system's clock, the same time.
    write(file, 'other', { mtime: now });
    const run = told(await running.ended);
    expect(run.summary.files.hashed).toBe(1);
    expect(redirectorRows(mine.state).get('file')?.sha256.toString('hex')).toBe(
      coreutils('sha256sum', [file]).get(file),
    );
  });
});
