/**
 * Promises 3 and 4, and the ends that a run may come to: killed, interrupted, or beside another run.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type FileLine, type Site, site, told, until, untilOneOpen, untilOpen } from '../support/e2e.js';
import { coreutils, redirectorRows, select, write, writeSparse } from '../support/e2e-files.js';

const KiB = 1024;
const MiB = 1024 * KiB;

function committed(place: Site): number {
  try {
    const [row] = select<{ n: number }>(join(place.state, 'cache.db'), 'SELECT count(*) AS n FROM file');
    return row?.n ?? 0;
  } catch {
    return 0;
  }
}

function fill(place: Site, directories: number, filesInEach: number, size: number): readonly string[] {
  const paths: string[] = [];
  for (let d = 0; d < directories; d++) {
    for (let f = 0; f < filesInEach; f++) paths.push(`d${d}/f${String(f).padStart(2, '0')}`);
  }
  for (const path of paths) writeSparse(join(place.tree, path), size, path);
  return paths;
}

/** Every row is right, whatever happened before. */
function expectRight(place: Site, paths: readonly string[]): void {
  const rows = redirectorRows(place.state);
  expect([...rows.keys()].sort()).toEqual([...paths].sort());
  const golden = coreutils(
    'sha256sum',
    paths.map((path) => join(place.tree, path)),
  );
  for (const path of paths)
    expect(rows.get(path)?.sha256.toString('hex'), path).toBe(golden.get(join(place.tree, path)));
}

function hashed(files: readonly FileLine[]): readonly string[] {
  return files.filter(({ outcome }) => outcome === 'hashed').map(({ path }) => path);
}

test.concurrent('after kill -9 the next run goes on at once and reads only what was not committed', async () => {
  const place = site();
  const paths = fill(place, 30, 2, MiB);
  const first = place.startHash('--read-limit', '2M', '--jobs', '2');
  await until(() => committed(place) >= 5, 'some files to be committed');
  first.child.kill('SIGKILL');
  await first.ended;
  const kept = committed(place);
  expect(kept).toBeLessThan(paths.length);
  // What other programs see after that is whole.
  expect(select(join(place.state, 'redirector.db'), 'PRAGMA integrity_check')).toEqual([
    { integrity_check: 'ok' },
  ]);
  expect(readdirSync(join(place.state, 'locks'))).not.toEqual([]);
  const second = await place.hash();
  expect(second.status).toBe(0);
  expect(second.summary.files).toMatchObject({ hashed: paths.length - kept, unchanged: kept, deferred: 0 });
  expect(second.directories).toEqual([]);
  expect(second.seconds).toBeLessThan(10);
  expectRight(place, paths);
});

test.concurrent('killed while it reads many small files of one directory slowly, it loses a second of work at most', async () => {
  const place = site();
  const paths = fill(place, 1, 32, 256 * KiB);
  const running = place.startHash('--read-limit', '1M', '--jobs', '1');
  await untilOneOpen(
    running.pid,
    paths.slice(16).map((path) => join(place.tree, path)),
  );
  running.child.kill('SIGKILL');
  await running.ended;
  // At 1 MiB/s, 16 files took four seconds; a second's work is 4 of them.
  expect(committed(place)).toBeGreaterThanOrEqual(11);
});

test.concurrent('killed again and again, everything is hashed in the end', async () => {
  const place = site();
  const paths = fill(place, 6, 3, 512 * KiB);
  for (let round = 0; round < 3; round++) {
    const running = place.startHash('--read-limit', '4M');
    const before = committed(place);
    await until(() => committed(place) > before || running.child.exitCode !== null, 'progress');
    running.child.kill('SIGKILL');
    await running.ended;
  }
  const last = await place.hash();
  expect(last.status).toBe(0);
  expect(last.summary.files.unchanged).toBeGreaterThanOrEqual(3);
  expectRight(place, paths);
});

test.concurrent('two runs at once hash every file exactly once in sum', async () => {
  const place = site();
  const paths = fill(place, 150, 1, 64 * KiB);
  const runs = [place.startHash('--read-limit', '2M'), place.startHash('--read-limit', '2M')];
  const [one, two] = (await Promise.all(runs.map(({ ended }) => ended))).map(told);
  if (one === undefined || two === undefined) throw new Error('no runs');
  expect([one.status, two.status]).toEqual([0, 0]);
  const all = [...hashed(one.files), ...hashed(two.files)].sort();
  expect(all).toEqual([...paths].sort());
  // Both had a share.
  expect(Math.min(hashed(one.files).length, hashed(two.files).length)).toBeGreaterThan(0);
  const after = await place.hash();
  expect(after.summary.files).toMatchObject({ unchanged: paths.length, hashed: 0 });
  expectRight(place, paths);
});

test.concurrent.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends a run within two seconds, with everything finished kept', async (signal, status) => {
  const place = site();
  for (let i = 0; i < 10; i++) write(join(place.tree, `a/small-${i}`), `small ${i}`);
  writeSparse(join(place.tree, 'b/large'), 30 * MiB);
  const running = place.startHash('--read-limit', '1M');
  await untilOpen(running.pid, join(place.tree, 'b/large'));
  await until(() => committed(place) === 10, 'the small files to be committed');
  const sent = performance.now();
  running.child.kill(signal);
  const run = told(await running.ended);
  expect(performance.now() - sent).toBeLessThan(2000);
  expect(run.status).toBe(status);
  expect(run.summary.files).toMatchObject({ hashed: 10, failed: 0 });
  const next = await place.hash();
  expect(next.status).toBe(0);
  expect(next.summary.files).toMatchObject({ hashed: 1, unchanged: 10 });
});

test.concurrent('what a batch of small files has finished is kept when it is interrupted', async () => {
  const place = site();
  const paths = fill(place, 1, 30, 256 * KiB);
  const running = place.startHash('--read-limit', '1M', '--jobs', '1');
  await untilOneOpen(
    running.pid,
    paths.slice(9).map((path) => join(place.tree, path)),
  );
  running.child.kill('SIGINT');
  const run = told(await running.ended);
  expect(run.status).toBe(130);
  expect(run.summary.files.hashed).toBeGreaterThanOrEqual(9);
  expect(run.summary.files.hashed).toBeLessThan(30);
  expect(committed(place)).toBe(run.summary.files.hashed);
});

test.concurrent('a second signal ends at once, and an interrupt while it waits for young files too', async () => {
  const place = site();
  write(join(place.tree, 'young'), 'young', { mtime: new Date(Date.now() + 1500) });
  const running = place.startHash();
  await until(() => existsSync(join(place.state, 'redirector.db')), 'the run to begin');
  await sleep(600);
  running.child.kill('SIGINT');
  running.child.kill('SIGINT');
  const ended = await running.ended;
  expect(ended.status).toBe(130);
  expect(ended.seconds).toBeLessThan(4);
  expect(committed(place)).toBe(0);
});
