/**
 * What once broke, one test for each defect, named after it.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { outcomes, program, type Site, site, told } from '../support/e2e.js';
import { redirectorRows, write, writeSparse } from '../support/e2e-files.js';

function filled(...paths: readonly string[]): Site {
  const place = site();
  for (const path of paths) write(join(place.tree, path), path);
  return place;
}

function numbered(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `f${i}`);
}

function rowPaths(place: Site): readonly string[] {
  return [...redirectorRows(place.state).keys()];
}

function moveDatabase(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
}

/** Two trees in a configuration; the first one's base may be absent. */
function configured(bases: readonly string[]): { place: Site; config: string } {
  const place = site();
  for (const base of bases) write(join(place.directory, base, 'a'), base);
  const config = join(place.directory, 'mirrorhash.toml');
  const tree = (name: string) =>
    `[tree.${name}]\nbase = "${place.directory}/${name}"\nstate = "${place.directory}/state-${name}"\n`;
  writeFileSync(config, tree('main') + tree('extra'));
  return { place, config };
}

test.concurrent('a run met its own lock when a fresh file had to wait for a slow one', async () => {
  const place = site();
  writeSparse(join(place.tree, 'slow'), 8 << 20);
  write(join(place.tree, 'fresh'), 'fresh', { mtime: new Date() });
  const run = await place.hash('--jobs', '1', '--read-limit', '3M');
  expect(outcomes(run)).toEqual(['fresh hashed', 'slow hashed']);
  expect(run.directories).toEqual([]);
  expect(run.status).toBe(0);
});

test.concurrent('an emptied tree passed the guard when --max-delete was a large number', async () => {
  const paths = numbered(5);
  const place = filled(...paths);
  await place.hash();
  for (const path of paths) rmSync(join(place.tree, path));
  const run = await place.hash('--max-delete', '1000');
  expect(run.status).toBe(1);
  expect(run.summary.files.pruned).toBe(0);
  expect(rowPaths(place)).toEqual(paths);
  expect(await place.hash('--max-delete', '100%')).toMatchObject({
    status: 0,
    summary: { files: { pruned: 5 } },
  });
  expect(rowPaths(place)).toEqual([]);
});

test.concurrent('sync --full removed all rows that a new cache did not know', async () => {
  const paths = numbered(150);
  const place = filled(...paths);
  await place.hash('--no-zsync');
  moveDatabase(join(place.state, 'cache.db'), join(place.directory, 'away.db'));
  for (const path of paths.slice(1)) rmSync(join(place.tree, path));
  await place.hash('--no-zsync');
  const sync = ['sync', place.tree, '--state', place.state, '--full'];
  const refused = await place.run(sync);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/^mirrorhash: .*\n?.*--max-delete/m);
  expect(rowPaths(place)).toHaveLength(150);
  expect((await place.run([...sync, '--max-delete', '100%'])).status).toBe(0);
  expect(rowPaths(place)).toEqual(['f0']);
});

test.concurrent('the first run with --files-from took the listed directories for bases', async () => {
  const place = filled('iso/a', 'b');
  const run = await place.run(['hash', place.tree, '--files-from', '-', '--json'], { input: 'iso/a\n' });
  expect(outcomes(told(run))).toEqual(['iso/a hashed']);
  expect(readdirSync(join(place.directory, 'states'))).toEqual([expect.stringMatching(/^tree-/)]);
});

test.concurrent('a listed link led out of the tree', async () => {
  const place = filled('good');
  write(join(place.directory, 'outside/secret'), 'secret');
  symlinkSync('../outside', join(place.tree, 'evil'));
  for (const input of ['evil\n', 'evil\ngood\n']) {
    const run = await place.run(place.hashArguments('--files-from', '-'), { input });
    expect(run.status).toBe(0);
    expect(run.stdout).not.toContain('secret');
  }
  expect(rowPaths(place)).toEqual(['good']);
});

test.concurrent.each([
  ['a link to itself', 'loop'],
  ['a name of 300 bytes', 'n'.repeat(300)],
  ['a path below a file', 'file/b'],
])('a list was refused for one bad line: %s', async (_, bad) => {
  const place = filled('good', 'file');
  symlinkSync('loop', join(place.tree, 'loop'));
  const run = await place.run(place.hashArguments('--files-from', '-'), { input: `${bad}\ngood\n` });
  expect(run.status).toBe(0);
  expect(outcomes(told(run))).toEqual(['good hashed']);
});

test.concurrent('a fresh file with a name of 255 bytes was not hashed', async () => {
  const place = site();
  const name = 'n'.repeat(255);
  write(join(place.tree, name), name, { mtime: new Date() });
  const run = await place.hash();
  expect(run.status).toBe(0);
  expect(outcomes(run)).toEqual([`${name} hashed`]);
});

test.concurrent.each([252, 255])(
  'a file given by its name of %i bytes was not hashed: there is no place for a signature',
  async (length) => {
    const name = 'n'.repeat(length);
    const place = filled(name);
    const path = join(place.tree, name);
    const run = await place.run(['hash', path, '--base', place.tree, '--state', place.state, '--json']);
    expect(run.status).toBe(0);
    expect(outcomes(told(run))).toEqual([`${name} hashed`]);
  },
);

/** The last second of a 64-bit time. */
const endOfTime = '9223372036854775807';
const timeless = [tmpdir(), '/dev/shm'].find((directory) => {
  if (!existsSync(directory)) return false;
  const probe = mkdtempSync(join(directory, 'mirrorhash-e2e-'));
  try {
    execFileSync('touch', ['-d', `@${endOfTime}`, join(probe, 'x')], { stdio: 'ignore' });
    return execFileSync('stat', ['-c', '%Y', join(probe, 'x')], { encoding: 'utf8' }).trim() === endOfTime;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true });
  }
});
if (timeless === undefined)
  process.stderr.write('e2e: no file system here keeps an mtime of 2^63-1 s: a test is skipped\n');

test.skipIf(timeless === undefined).concurrent('a run ended at an mtime that no database holds', async () => {
  const place = site();
  const tree = mkdtempSync(join(timeless ?? '', 'mirrorhash-e2e-'));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  for (const path of ['a', 'late', 'z']) write(join(tree, path), path);
  execFileSync('touch', ['-d', `@${endOfTime}`, join(tree, 'late')]);
  const at = ['--state', place.state, '--json'];
  const run = await place.run(['hash', tree, ...at]);
  expect(run.status).toBe(0);
  expect(outcomes(told(run))).toEqual(['a hashed', 'late hashed', 'z hashed']);
  const show = await place.run(['show', join(tree, 'late'), ...at]);
  expect(show.status).toBe(0);
  expect(JSON.parse(show.stdout).mtime).toEqual(expect.anything());
});

test.concurrent('a redirector database was put into the tree through a link', async () => {
  const place = filled('a');
  symlinkSync('tree', join(place.directory, 'link'));
  const url = `sqlite:${place.directory}/link/redirector.db`;
  const run = await place.run(place.hashArguments('--redirector', url));
  expect(run.status).toBe(2);
  expect(readdirSync(place.tree)).toEqual(['a']);
});

test.concurrent.each([
  ['hash', ['hash', '']],
  ['forget', ['forget', '']],
  ['--state', ['hash', '../tree', '--state', '']],
])('%s took an empty path for the working directory', async (_, args) => {
  const place = filled('a');
  // So that there is something to forget.
  if (args[0] === 'forget') await place.run(['hash', place.tree]);
  const before = readdirSync(place.directory, { recursive: true }).sort();
  // In the tree itself --state '' would be refused for another reason.
  const run = await place.run(args, { cwd: args.includes('--state') ? place.home : place.tree });
  expect(run).toMatchObject({ status: 2, stdout: '' });
  expect(readdirSync(place.directory, { recursive: true }).sort()).toEqual(before);
  if (args[0] !== 'forget') return;
  const status = await place.run(['status', place.tree, '--json']);
  expect(JSON.parse(status.stdout).files).toBe(1);
});

test.concurrent('--jobs took any number', async () => {
  const place = filled('a');
  const run = await place.run(place.hashArguments('--jobs', '1000000000'));
  expect(run.status).toBe(2);
  expect(run.stderr).toMatch(/^mirrorhash: .*--jobs/);
});

test.concurrent('escape sequences of an unknown option reached the terminal', async () => {
  const run = await site().run(['hash', '--\u001b[31mred\u001b]0;title\u0007', '.']);
  expect(run.status).toBe(2);
  expect(run.stderr).toContain('red');
  expect(run.stdout + run.stderr).not.toMatch(/[\u001b\u0007]/);
});

test.concurrent('a configured tree without its base stopped the others', async () => {
  const { place, config } = configured(['extra']);
  const run = await place.run(['hash', '--all', '--config', config, '--json']);
  expect(run.status).toBe(1);
  expect(run.stderr).toContain(`${place.directory}/main`);
  // Throws unless the last line is the summary.
  expect(outcomes(told(run))).toEqual(['a hashed']);
  expect([...redirectorRows(join(place.directory, 'state-extra')).keys()]).toEqual(['a']);
});

test.concurrent('two bases with one --state: the first was hashed before the second was refused', async () => {
  const { place, config } = configured(['main', 'extra']);
  const bases = ['main', 'extra'].map((name) => join(place.directory, name));
  for (const args of [['--all'], bases]) {
    const run = await place.run(['hash', ...args, '--config', config, '--state', place.state, '--json']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(existsSync(place.state)).toBe(false);
  }
});

test.concurrent('damaged pages of the cache were called an internal error', async () => {
  const place = filled('a', 'b');
  await place.hash();
  const cache = join(place.state, 'cache.db');
  for (const suffix of ['-wal', '-shm']) rmSync(cache + suffix, { force: true });
  writeFileSync(cache, readFileSync(cache).fill(0xff, 4096));
  for (const args of [
    ['hash', place.tree],
    ['status', place.tree],
    ['show', join(place.tree, 'a')],
  ]) {
    const run = await place.run([...args, '--state', place.state]);
    expect(run, args[0]).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr, args[0]).toMatch(/^mirrorhash: .*cache\.db/m);
    expect(run.stderr, args[0]).not.toMatch(/internal error/i);
  }
});

test.concurrent('SIGINT did not end a run that waited for a list', async () => {
  const place = filled('a');
  // The pipe stays open and says nothing.
  const child = spawn(process.execPath, [program, ...place.hashArguments('--files-from', '-')]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('exit', (status, signal) => resolve(status ?? signal)));
  await sleep(1500);
  child.kill('SIGINT');
  expect(await Promise.race([ended, sleep(2000, 'still running')])).toBe(130);
});
