/**
 * Directories below one another, deeper than any path can be long (PATH_MAX, 4,096 bytes with its end): what can be
 * reached is hashed, the first that cannot is told in a line, and nothing that was known is forgotten for it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Site, site, type Told } from '../support/e2e.js';
import { redirectorRows, write } from '../support/e2e-files.js';
import { exported } from '../support/exporting.js';
import { python } from '../support/python.js';
import { serving } from '../support/serving.js';

const script = new URL('deep.py', import.meta.url).pathname;
const shapes = [
  { name: 'long', levels: 300, length: 200 },
  { name: 'short', levels: 600, length: 9 },
] as const;
const longest = 4095;

let where: Site;
let run: Told;
/** SHA-256 of the files that a path can reach */
const reachable: string[] = [];

beforeAll(async () => {
  where = site();
  for (const { name, levels, length } of shapes) {
    write(join(where.tree, name, 'sibling/file'), `sibling of ${name}`);
    reachable.push(createHash('sha256').update(`sibling of ${name}`).digest('hex'));
    const said = execFileSync(python, [script, join(where.tree, name), String(levels), String(length)], {
      encoding: 'utf8',
    });
    const files = said
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    for (const [bytes, sum = ''] of files) if (Number(bytes) <= longest) reachable.push(sum);
  }
  run = await where.hash();
});
// Not rmSync: it knows no paths of that length.
afterAll(() => {
  execFileSync('rm', ['-rf', where.directory]);
});

const sums = (): readonly string[] =>
  [...redirectorRows(where.state).values()].map(({ sha256 }) => sha256.toString('hex')).sort();

test('what can be reached is hashed, and the rest is told where it begins', async () => {
  expect(run.status, run.stderr).toBe(0);
  expect(reachable.length).toBeGreaterThan(400);
  expect(sums()).toEqual([...reachable].sort());
  const others = run.files.filter(({ outcome }) => outcome !== 'hashed');
  // In each of both: the file or directory that is the first too long one, or both.
  expect(new Set(others.map(({ path }) => path.split('/')[0]))).toEqual(new Set(['long', 'short']));
  expect(others.length).toBeLessThanOrEqual(4);
  for (const { path, outcome, code } of others) {
    expect([outcome, code]).toEqual(['skipped', 'PATH_TOO_LONG']);
    expect(Buffer.byteLength(join(where.tree, path))).toBeGreaterThan(longest);
  }
  const text = await where.run(['hash', where.tree, '--state', where.state]);
  expect(text.stderr.split('\n').filter((line) => line.includes('skipped: '))).toHaveLength(others.length);
  const strict = await where.hash('--strict');
  expect([strict.status, strict.summary.files]).toMatchObject([
    3,
    { hashed: 0, pruned: 0, unchanged: reachable.length },
  ]);
});

test('it is verified, synced, exported and served as far', async () => {
  const on = (verb: string, ...args: string[]) =>
    where.run([verb, where.tree, '--state', where.state, '--json', ...args]);
  expect((await on('verify')).status).toBe(0);
  expect((await on('sync', '--full')).status).toBe(0);
  const output = await exported(where, 'sha256sums');
  // Below `out`, which has a shorter name than `tree`, all of it has room.
  expect([output.status, output.stderr]).toEqual([0, '']);
  expect(output.summary.files).toMatchObject({ exported: reachable.length });
  const served = await serving(where);
  const [deepest = ''] = [...redirectorRows(where.state).keys()].sort((a, b) => b.length - a.length);
  for (const path of [
    deepest,
    `${deepest}.sha256`,
    `${deepest}/`,
    `${deepest}x`,
    `${deepest.replace(/f$/, '')}`,
  ]) {
    const { status } = await ask(served.origin, `/${path}`);
    expect(status, path.slice(-20)).toBeLessThan(500);
  }
  expect((await ask(served.origin, `/${deepest}`)).status).toBe(200);
  await served.stop();
});

test('what moved to where no path leads is gone from its place, and nothing else', async () => {
  const place = site();
  for (const name of ['a', 'b', 'c']) write(join(place.tree, 'moved', name), name);
  write(join(place.tree, 'stays'), 'stays');
  await place.hash();
  execFileSync(python, [script, place.tree, '60', '200']);
  const deep = join(place.tree, ...Array.from({ length: 15 }, () => 'd'.repeat(200)));
  renameSync(join(place.tree, 'moved'), join(deep, 'm'.repeat(200)));
  writeFileSync(join(place.tree, 'new'), 'new');
  const moved = await place.hash();
  expect(moved.status).toBe(0);
  expect(moved.summary.files).toMatchObject({ pruned: 3, failed: 0 });
  expect(spawnSync('rm', ['-rf', place.tree]).status).toBe(0);
});
