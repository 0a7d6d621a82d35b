/**
 * The second export: what did not change is not touched, what is gone goes, and what is not ours stays.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { installed, type Site, site } from '../support/e2e.js';
import { listing, write } from '../support/e2e-files.js';
import { contents, exportArguments, exported, marks, outOf, startExport } from '../support/exporting.js';

const hasStrace = installed('strace', '--version') && tracingWorks();

function tracingWorks(): boolean {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0) return true;
  process.stderr.write('e2e: strace may not trace here: the tests that need it are skipped\n');
  return false;
}

async function filled(...names: readonly string[]): Promise<Site> {
  const place = site();
  for (const name of names) write(join(place.tree, name), `content of ${name}`);
  expect((await place.hash()).status).toBe(0);
  return place;
}

const formats = 'sha256sums,sha256,torrent,tracker-allowlist';

/** Runs `export` under strace. @returns the outputs that were opened */
async function opened(place: Site): Promise<readonly string[]> {
  const log = join(place.directory, 'trace');
  const prefix = ['strace', '-f', '-qq', '-y', '-e', 'trace=openat,open,openat2', '-o', log];
  expect((await place.run(exportArguments(place, formats), { prefix })).status).toBe(0);
  const results = readFileSync(log, 'utf8').matchAll(/= \d+<([^>]*)>$/gm);
  const below = [...results]
    .map(([, path = '']) => path)
    .filter((path) => path.startsWith(`${outOf(place)}/`));
  return below.filter((path) => !existsSync(path) || lstatSync(path).isFile());
}

test.skipIf(!hasStrace)('opens no output when nothing changed (strace)', async () => {
  const place = await filled('a', 'd/b', 'd/e/c');
  // The trace sees what a first export opens: else it would prove nothing.
  expect(await opened(place)).not.toEqual([]);
  const before = listing(outOf(place));
  expect(await opened(place)).toEqual([]);
  // Once more when the directories are old enough for their own mtimes to be trusted.
  await sleep(2_100);
  expect(await opened(place)).toEqual([]);
  expect(await opened(place)).toEqual([]);
  expect(listing(outOf(place))).toEqual(before);
});

test.concurrent('what is written of one file leaves the outputs of the others alone, and rsync sends no others', async () => {
  const place = await filled('a', 'd/b', 'd/c');
  await exported(place, formats);
  const before = marks(outOf(place));
  write(join(place.tree, 'd/b'), 'new content', { mtime: new Date('2024-05-05T05:05:05Z') });
  await place.hash();
  const run = await exported(place, formats);
  const expected = ['d/SHA256SUMS', 'd/b.sha256', 'd/b.torrent', 'tracker-allowlist.txt'];
  expect(run.outputs).toEqual(expected.map((name) => `${name} written`));
  const after = marks(outOf(place));
  expect([...after.keys()]).toEqual([...before.keys()]);
  expect([...after].filter(([name, mark]) => before.get(name) !== mark).map(([name]) => name)).toEqual(
    expected,
  );
  if (!installed('rsync', '--version')) return;
  const copy = join(place.directory, 'copy');
  execFileSync('rsync', ['-a', `${outOf(place)}/`, `${copy}/`]);
  await exported(place, formats);
  expect(execFileSync('rsync', ['-a', '-n', '-i', `${outOf(place)}/`, `${copy}/`]).toString()).toBe('');
});

test.concurrent('the same content hashed again leaves the lists, and signatures beside them, as they are', async () => {
  const place = await filled('a', 'd/b');
  await exported(place, 'sha256sums,sha256');
  write(join(outOf(place), 'd/SHA256SUMS.asc'), 'a signature');
  const before = marks(outOf(place));
  utimesSync(join(place.tree, 'd/b'), new Date('2025-01-01'), new Date('2025-01-01'));
  await place.hash();
  const run = await exported(place, 'sha256sums,sha256');
  expect(run.outputs).toEqual([]);
  expect(run.summary.outputs).toMatchObject({ written: 0, removed: 0, unchanged: 4, foreign: 0 });
  expect(marks(outOf(place))).toEqual(before);
});

test.concurrent('outputs go with their files, and directories that we made with their outputs', async () => {
  const place = await filled('a', 'd/b', 'd/e/f/c', 'g/x');
  mkdirSync(join(outOf(place), 'g'), { recursive: true });
  await exported(place, 'sha256,sha256sums');
  for (const name of ['d', 'g']) rmSync(join(place.tree, name), { recursive: true });
  await place.hash();
  const run = await exported(place, 'sha256,sha256sums');
  expect(run.status).toBe(0);
  expect(run.summary.outputs).toMatchObject({ removed: 6, written: 0 });
  expect(run.summary.files).toMatchObject({ vanished: 3 });
  expect([...contents(outOf(place)).keys()]).toEqual(['SHA256SUMS', 'a.sha256']);
  // That one was there before.
  expect([existsSync(join(outOf(place), 'd')), existsSync(join(outOf(place), 'g'))]).toEqual([false, true]);
});

test.concurrent('formats that are asked for no more go', async () => {
  const place = await filled('a', 'd/b');
  await exported(place, 'sha256,sha256sums,tracker-allowlist');
  const run = await exported(place, 'md5');
  expect([...contents(outOf(place)).keys()]).toEqual(['a.md5', 'd/b.md5']);
  expect(run.summary.outputs).toMatchObject({ written: 2, removed: 5 });
});

test.concurrent('what somebody else made is left alone and named, whatever it is', async () => {
  const place = await filled('a/x', 'b/x', 'c/x', 'd/x', 'e/x', 'f/x');
  const out = outOf(place);
  const outside = join(place.directory, 'outside');
  write(outside, 'not to be touched');
  write(join(out, 'a/SHA256SUMS'), 'signed by somebody');
  for (const name of ['b/SHA256SUMS', 'c', 'd', 'e']) mkdirSync(join(out, name), { recursive: true });
  symlinkSync(outside, join(out, 'c/SHA256SUMS'));
  symlinkSync(join(place.directory, 'nowhere'), join(out, 'd/SHA256SUMS'));
  execFileSync('mkfifo', [join(out, 'e/SHA256SUMS')]);
  const right = execFileSync('sha256sum', ['x'], { cwd: join(place.tree, 'f') });
  write(join(out, 'f/SHA256SUMS'), right);
  const before = listing(out);
  const run = await exported(place, 'sha256sums');
  const foreign = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}/SHA256SUMS foreign`);
  expect([run.status, run.outputs]).toEqual([0, foreign]);
  expect(run.stdout).toContain('"code":"NOT_OURS"');
  expect(run.summary.outputs).toMatchObject({ foreign: 6, written: 0 });
  expect(listing(out)).toEqual(before);
  expect(readFileSync(outside, 'utf8')).toBe('not to be touched');
  expect(existsSync(join(place.directory, 'nowhere'))).toBe(false);
  expect((await exported(place, 'sha256sums', '--adopt')).summary.outputs).toMatchObject({
    foreign: 5,
    unchanged: 1,
  });
  // What was adopted is ours: it changes, and goes.
  write(join(place.tree, 'f/x'), 'changed');
  await place.hash();
  expect((await exported(place, 'sha256sums')).outputs).toEqual(['f/SHA256SUMS written']);
  expect((await exported(place, 'sha256sums', '--strict')).status).toBe(3);
  expect((await exported(place, 'md5')).summary.outputs).toMatchObject({ removed: 1 });
  expect(readlinkSync(join(out, 'c/SHA256SUMS'))).toBe(outside);
});

test.concurrent('what we wrote and somebody changed is theirs', async () => {
  const place = await filled('a', 'd/b');
  await exported(place, 'sha256sums');
  const list = join(outOf(place), 'd/SHA256SUMS');
  unlinkSync(list);
  write(list, 'signed by somebody');
  write(join(place.tree, 'd/b'), 'changed');
  await place.hash();
  expect((await exported(place, 'sha256sums')).outputs).toEqual(['d/SHA256SUMS foreign']);
  rmSync(join(place.tree, 'd'), { recursive: true });
  await place.hash();
  expect((await exported(place, 'sha256sums')).outputs).toEqual([]);
  expect(readFileSync(list, 'utf8')).toBe('signed by somebody');
});

test.concurrent('outputs that somebody removed come again', async () => {
  const place = await filled('a', 'd/b');
  await exported(place, formats);
  const before = contents(outOf(place));
  rmSync(outOf(place), { recursive: true });
  await exported(place, formats);
  expect(contents(outOf(place))).toEqual(before);
  unlinkSync(join(outOf(place), 'tracker-allowlist.txt'));
  unlinkSync(join(outOf(place), 'd/b.sha256'));
  await exported(place, formats);
  expect(contents(outOf(place))).toEqual(before);
});

test.concurrent('beside the files: ours are not hashed, those of somebody else are', async () => {
  const place = await filled('a', 'd/b', 'f/c');
  const foreign = write.bind(null, join(place.tree, 'f/SHA256SUMS'));
  foreign('signed by somebody');
  const run = await exported(place, 'all', '--in-place');
  expect(run.outputs.filter((line) => line.endsWith(' foreign'))).toEqual(['f/SHA256SUMS foreign']);
  const hashed = await place.hash();
  expect(hashed.files.map(({ path }) => path)).toEqual(['f/SHA256SUMS']);
  const again = await exported(place, 'all', '--in-place');
  expect(again.outputs.filter((line) => !line.startsWith('f/'))).toEqual(['tracker-allowlist.txt written']);
  expect(again.summary.files).toMatchObject({ exported: 4 });
  const sums = readFileSync(join(place.tree, 'd/SHA256SUMS'), 'utf8');
  expect(sums).toMatch(/^[0-9a-f]{64} {2}b\n$/);
});

test.concurrent('beside the files while others hash: none of our outputs is ever known', async () => {
  const place = site();
  const names = Array.from({ length: 60 }, (_, i) => `d${i % 6}/f${i}`);
  for (const name of names) write(join(place.tree, name), name);
  await place.hash();
  for (const round of ['A', 'B', 'C']) {
    const running = startExport(place, 'all', '--in-place', '--base-url', `https://${round}.example/`);
    const hashes = [];
    for (const _ of [1, 2]) hashes.push(await place.hash('--no-sync'));
    expect((await running.ended).status).toBe(0);
    for (const run of hashes) expect(run.files).toEqual([]);
  }
});

test.concurrent('never in the tree, around it, or in the state', async () => {
  const place = await filled('a', 'd/b');
  symlinkSync(place.tree, join(place.directory, 'link'));
  const before = listing(place.tree);
  const names = readdirSync(place.directory);
  const wrong = [
    place.tree,
    join(place.tree, 'd'),
    join(place.tree, 'new/er'),
    join(place.directory, 'link/d'),
    place.directory,
    place.state,
    join(place.state, 'out'),
  ];
  for (const to of wrong) {
    const run = await place.run([
      'export',
      place.tree,
      '--state',
      place.state,
      '--to',
      to,
      '--formats',
      'sha256',
    ]);
    expect([run.status, run.stdout], to).toEqual([2, '']);
    expect(run.stderr).toContain('hint: ');
  }
  for (const args of [[], ['--in-place', '--to', outOf(place)], ['--to', '']]) {
    const run = await place.run([
      'export',
      place.tree,
      '--state',
      place.state,
      '--formats',
      'sha256',
      ...args,
    ]);
    expect(run.status).toBe(2);
  }
  expect(listing(place.tree)).toEqual(before);
  expect(readdirSync(place.directory)).toEqual(names);
  expect(readdirSync(place.state)).not.toContain('exports.db');
  expect(readdirSync(place.state)).not.toContain('out');
});

test.concurrent('what is staged or stale leaves nothing behind, and comes back without being hashed again', async () => {
  const place = await filled('a', 'secret', 'staged/deep/x', 'open/y', 'open/old');
  const all = 'sha256,sha256sums,tracker-allowlist';
  await exported(place, all);
  const complete = contents(outOf(place));
  chmodSync(join(place.tree, 'secret'), 0o640);
  chmodSync(join(place.tree, 'staged'), 0o750);
  write(join(place.tree, 'open/old'), 'changed since');
  const run = await exported(place, all);
  expect(run.deferred).toEqual(['open/old RECORD_STALE']);
  expect(run.summary.files).toMatchObject({ hidden: 2, deferred: 1, exported: 2, vanished: 0 });
  const left = contents(outOf(place));
  expect([...left.keys()]).toEqual([
    'SHA256SUMS',
    'a.sha256',
    'open/SHA256SUMS',
    'open/y.sha256',
    'tracker-allowlist.txt',
  ]);
  expect(left.get('SHA256SUMS')).toMatch(/^[0-9a-f]{64} {2}a\n$/);
  expect(left.get('open/SHA256SUMS')).toMatch(/^[0-9a-f]{64} {2}y\n$/);
  expect(left.get('tracker-allowlist.txt')?.split('\n')).toHaveLength(3);
  chmodSync(join(place.tree, 'secret'), 0o644);
  chmodSync(join(place.tree, 'staged'), 0o755);
  write(join(place.tree, 'open/old'), 'content of open/old');
  await exported(place, all);
  expect(contents(outOf(place))).toEqual(complete);
  chmodSync(place.tree, 0o750);
  const closed = await exported(place, all);
  expect([closed.status, closed.stderr]).toEqual([1, expect.stringContaining('others may not enter')]);
  expect(contents(outOf(place))).toEqual(complete);
});
