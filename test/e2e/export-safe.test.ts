/**
 * What `export` must never do: tell of what is hidden, leave an old hash behind, remove by mistake, write where it should
 * not, or leave a mess when it is killed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { outcomes, type Site, site, withoutPrivileges } from '../support/e2e.js';
import { listing, select, write } from '../support/e2e-files.js';
import {
  contents,
  exportArguments,
  exported,
  outOf,
  readExported,
  startExport,
} from '../support/exporting.js';

const nobody = withoutPrivileges();
const formats = 'sha256sums,sha256,tracker-allowlist';

async function hashedSite(...files: readonly string[]): Promise<Site> {
  const place = site();
  for (const file of files) write(join(place.tree, file), `content of ${file}`);
  expect((await place.hash()).status).toBe(0);
  return place;
}

/** `dir0/file0` … */
function many(directories: number, files: number): readonly string[] {
  return Array.from({ length: directories * files }, (_, i) => `dir${i % directories}/file${i}`);
}

const paths = (place: Site): readonly string[] => [...contents(outOf(place)).keys()];

/** Everything, but for SQLite's own files beside a database. */
const listingOf = ({ directory }: Site): readonly string[] =>
  listing(directory).filter((line) => !/-(wal|shm) |\/state \d/.test(line));

describe('what is hidden', () => {
  test.concurrent('is not exported until it is opened, and goes when it is closed', async () => {
    const place = await hashedSite('open/a', 'open/b', 'staged/deep/c');
    const isHidden = [
      ['open/b', 0o640, 0o644],
      ['staged', 0o750, 0o755],
    ] as const;
    for (const [path, closed] of isHidden) chmodSync(join(place.tree, path), closed);
    const run = await exported(place, formats);
    expect(run.summary.files).toMatchObject({ exported: 1, hidden: 2 });
    expect(paths(place)).toEqual(['open/SHA256SUMS', 'open/a.sha256', 'tracker-allowlist.txt']);
    expect(contents(outOf(place)).get('open/SHA256SUMS')?.split('\n')).toHaveLength(2);
    expect(contents(outOf(place)).get('tracker-allowlist.txt')?.split('\n')).toHaveLength(2);
    for (const [path, , open] of isHidden) chmodSync(join(place.tree, path), open);
    const opened = await exported(place, formats);
    expect(opened.summary.files).toMatchObject({ exported: 3, hidden: 0 });
    expect(contents(outOf(place)).get('tracker-allowlist.txt')?.split('\n')).toHaveLength(4);
    for (const [path, closed] of isHidden) chmodSync(join(place.tree, path), closed);
    expect((await exported(place, formats)).status).toBe(0);
    expect(paths(place)).toEqual(['open/SHA256SUMS', 'open/a.sha256', 'tracker-allowlist.txt']);
  });

  test.concurrent('a closed base is told, and nothing is removed', async () => {
    const place = await hashedSite('a');
    await exported(place, formats);
    const before = listing(outOf(place));
    chmodSync(place.tree, 0o750);
    const run = await exported(place, formats);
    chmodSync(place.tree, 0o755);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('hint: only what everybody may see is exported');
    expect(listing(outOf(place))).toEqual(before);
  });
});

test.concurrent('no old hash stays behind when a file changed since it was hashed', async () => {
  const place = await hashedSite('dir/a', 'dir/b');
  await exported(place, formats);
  write(join(place.tree, 'dir/a'), 'content of dir/A', { mtime: new Date() });
  const run = await exported(place, formats);
  expect(run).toMatchObject({ status: 0, deferred: ['dir/a RECORD_STALE'] });
  expect(paths(place)).toEqual(['dir/SHA256SUMS', 'dir/b.sha256', 'tracker-allowlist.txt']);
  expect(contents(outOf(place)).get('dir/SHA256SUMS')).not.toContain('  a\n');
  expect(contents(outOf(place)).get('tracker-allowlist.txt')?.split('\n')).toHaveLength(2);
  await place.hash();
  expect((await exported(place, formats)).summary.files).toMatchObject({ exported: 2, deferred: 0 });
});

describe('nothing is removed by mistake', () => {
  test.concurrent('when the tree is empty: not mounted, perhaps', async () => {
    const place = await hashedSite('a', 'd/b');
    await exported(place, formats);
    const before = listing(outOf(place));
    renameSync(place.tree, `${place.tree}.away`);
    mkdirSync(place.tree);
    const run = await exported(place, formats);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('2 of 2 exported files are gone');
    expect(listing(outOf(place))).toEqual(before);
    expect((await exported(place, formats, '--max-delete', '100%')).status).toBe(0);
    expect(paths(place)).toEqual(['tracker-allowlist.txt']);
  });

  test.concurrent('when more is gone than --max-delete allows; what is new is written', async () => {
    const place = await hashedSite(...many(4, 60));
    await exported(place, formats);
    const before = contents(outOf(place));
    for (const directory of ['dir0', 'dir1', 'dir2'])
      rmSync(join(place.tree, directory), { recursive: true });
    write(join(place.tree, 'dir3/new'), 'new');
    await place.hash('--max-delete', '100%');
    const run = await exported(place, formats);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('180 of 240 exported files are gone');
    expect(run.outputs).toEqual(['dir3/SHA256SUMS written', 'dir3/new.sha256 written']);
    for (const [path, content] of before) {
      if (path !== 'dir3/SHA256SUMS') expect(contents(outOf(place)).get(path)).toBe(content);
    }
    const meant = await exported(place, formats, '--max-delete', '200');
    expect(meant.status).toBe(0);
    expect(meant.summary.outputs).toMatchObject({ removed: 183 });
  });

  test.concurrent('when the cache was thrown away and is only half made again', async () => {
    const place = await hashedSite(...many(4, 60));
    await exported(place, formats);
    const before = contents(outOf(place));
    for (const name of readdirSync(place.state))
      if (name.startsWith('cache.db')) rmSync(join(place.state, name));
    await place.run(['hash', '--base', place.tree, join(place.tree, 'dir0'), '--state', place.state]);
    const run = await exported(place, formats);
    expect(run.status).toBe(1);
    expect(contents(outOf(place))).toEqual(before);
    await place.hash();
    expect((await exported(place, formats)).status).toBe(0);
    expect(contents(outOf(place))).toEqual(before);
  });
});

describe('where it writes', () => {
  test.concurrent.each([
    ['the tree itself', (place: Site) => place.tree, 'say --in-place instead'],
    ['inside the tree', (place: Site) => join(place.tree, 'sums'), 'write beside the files with --in-place'],
    ['around the tree', (place: Site) => place.directory, 'name a directory of its own'],
    ['the state', (place: Site) => place.state, 'name a directory of its own'],
    ['below the state', (place: Site) => join(place.state, 'out'), 'name a directory of its own'],
  ])('not %s', async (_, where, hint) => {
    const place = await hashedSite('a');
    const before = listingOf(place);
    const run = await place.run([
      'export',
      place.tree,
      '--state',
      place.state,
      '--formats',
      'all',
      '--to',
      where(place),
    ]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toContain(hint);
    expect(listingOf(place)).toEqual(before);
  });

  test.concurrent('not through links in the directory of the outputs', async () => {
    const place = await hashedSite('dir/a', 'b');
    const elsewhere = join(place.directory, 'elsewhere');
    mkdirSync(elsewhere);
    mkdirSync(outOf(place));
    symlinkSync(elsewhere, join(outOf(place), 'dir'));
    const run = await exported(place, formats);
    expect(run.status).toBe(3);
    expect(run.stderr).toContain(
      'dir/: failed: its outputs cannot be written: a link or a file is in the place',
    );
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(paths(place)).toContain('b.sha256');
  });

  test.concurrent('nowhere with --dry-run, which tells exactly what is done then', async () => {
    const place = await hashedSite('a', 'd/b', 'd/c');
    const before = listingOf(place);
    const dry = await exported(place, formats, '--dry-run');
    expect(listingOf(place)).toEqual(before);
    expect(dry.outputs).toHaveLength(6);
    expect((await exported(place, formats)).outputs).toEqual(dry.outputs);
    rmSync(join(place.tree, 'd/b'));
    write(join(place.tree, 'e'), 'e');
    await place.hash();
    const again = await exported(place, formats, '--dry-run');
    expect((await exported(place, formats)).outputs).toEqual(again.outputs);
    expect(again.outputs).toHaveLength(5);
  });

  test.concurrent('what needs a URL is refused where none is known, and left out of all', async () => {
    const place = await hashedSite('a');
    for (const format of ['zsync', 'meta4', 'metalink']) {
      const run = await place.run(exportArguments(place, `sha256,${format}`));
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toContain(`--formats: a ${format} file says where a file can be had`);
    }
    expect((await exported(place, 'all')).status).toBe(0);
    expect(paths(place)).toEqual([
      'MD5SUMS',
      'SHA1SUMS',
      'SHA256SUMS',
      'a.btih',
      'a.magnet',
      'a.md5',
      'a.sha1',
      'a.sha256',
      'a.torrent',
      'tracker-allowlist.txt',
    ]);
  });

  test
    .skipIf(nobody === null)
    .concurrent('a directory that it may not write is named, and what to do', async () => {
      const place = await hashedSite('a');
      spawnSync('chmod', ['-R', 'a+rwX', place.state]);
      mkdirSync(outOf(place), { mode: 0o755 });
      chmodSync(outOf(place), 0o555);
      const run = await place.run(exportArguments(place, formats), { prefix: nobody ?? [] });
      expect(run.status).toBe(3);
      expect(run.stderr).toContain('its outputs cannot be written: permission denied');
      expect(paths(place)).toEqual([]);
    });
});

const tmpfs = mkdtempSync('/tmp/mirrorhash-tmpfs-');
const hasTmpfs = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', tmpfs]).status === 0;
if (!hasTmpfs) process.stderr.write('e2e: no tmpfs can be mounted: the test with a full disk is skipped\n');
afterAll(() => {
  if (hasTmpfs) spawnSync('umount', ['-l', tmpfs]);
  rmSync(tmpfs, { recursive: true, force: true });
});

test.skipIf(!hasTmpfs)('a full disk ends it in a clear line, with whole files only', async () => {
  const place = await hashedSite(...many(10, 20));
  const run = await place.run([
    'export',
    place.tree,
    '--state',
    place.state,
    '--formats',
    'all',
    '--to',
    join(tmpfs, 'out'),
  ]);
  expect(run.status).toBe(1);
  expect(run.stderr).toContain('the disk is full');
  expect(run.stderr).not.toContain('    at ');
  const written = contents(join(tmpfs, 'out'));
  expect(written.size).toBeGreaterThan(5);
  await exported(place, 'all');
  const whole = contents(outOf(place));
  for (const [path, content] of written)
    if (!path.includes('.mirrorhash-')) expect(content).toBe(whole.get(path));
});

describe('in the tree', () => {
  test.concurrent('outputs lie beside the files, and hash leaves them out, but not what others made', async () => {
    const place = await hashedSite('a', 'd/b');
    write(join(place.tree, 'd/SHA256SUMS'), 'signed by somebody\n');
    const run = await exported(place, formats, '--in-place');
    expect(run.outputs.filter((line) => !line.endsWith('written'))).toEqual(['d/SHA256SUMS foreign']);
    const after = await place.hash();
    expect(outcomes(after)).toEqual(['d/SHA256SUMS hashed']);
    expect(after.summary.files).toMatchObject({ unchanged: 2, excluded: 4 });
    const known = select<{ name: string }>(
      join(place.state, 'cache.db'),
      'SELECT name FROM file ORDER BY name',
    );
    expect(known.map(({ name }) => name)).toEqual(['SHA256SUMS', 'a', 'b']);
    // The list of somebody is a file like any other.
    expect((await exported(place, formats, '--in-place')).outputs).toEqual([
      'd/SHA256SUMS foreign',
      'd/SHA256SUMS.sha256 written',
      'tracker-allowlist.txt written',
    ]);
    rmSync(join(place.tree, 'd'), { recursive: true });
    await place.hash();
    await exported(place, formats, '--in-place');
    expect([...contents(place.tree).keys()]).toEqual([
      'SHA256SUMS',
      'a',
      'a.sha256',
      'tracker-allowlist.txt',
    ]);
  });

  test.concurrent('they are never hashed while they appear', async () => {
    const place = await hashedSite(...many(30, 20));
    const exporting = startExport(place, 'sha256,md5,sha1', '--in-place');
    while (exporting.child.exitCode === null) {
      expect((await place.hash()).summary.files).toMatchObject({ hashed: 0, failed: 0 });
    }
    expect(readExported(await exporting.ended).summary.outputs).toMatchObject({ written: 1800 });
    expect((await place.hash()).summary.files).toMatchObject({ hashed: 0, unchanged: 600, excluded: 1800 });
  });
});

describe('killed, or not alone', () => {
  test.concurrent('killed at any moment, the next run ends as if nothing had happened', async () => {
    const place = await hashedSite(...many(12, 15));
    await exported(place, 'all');
    const wanted = contents(outOf(place));
    expect(wanted.size).toBe(12 * (15 * 6 + 3) + 1);
    rmSync(outOf(place), { recursive: true });
    rmSync(join(place.state, 'exports.db'));
    let killed = 0;
    for (let delay = 120; killed < 25; delay += 17) {
      const running = startExport(place, 'all');
      await sleep(delay);
      running.child.kill('SIGKILL');
      const { signal } = await running.ended.catch(() => ({ signal: 'SIGKILL' }));
      killed += 1;
      if (signal === null) {
        rmSync(outOf(place), { recursive: true, force: true });
        delay = 120;
      }
    }
    const last = await exported(place, 'all');
    expect(last).toMatchObject({ status: 0, stderr: '' });
    expect(last.outputs.filter((line) => !line.endsWith(' written'))).toEqual([]);
    expect(contents(outOf(place))).toEqual(wanted);
  });

  test.concurrent('interrupted, it ends at once and keeps what it wrote', async () => {
    const place = await hashedSite(...many(40, 30));
    const running = startExport(place, 'all');
    await sleep(500);
    const at = performance.now();
    running.child.kill('SIGTERM');
    const { status } = await running.ended;
    expect(status).toBe(143);
    // Two seconds are promised; beside other tests all takes longer. Without an end it would go on for many more.
    expect(performance.now() - at).toBeLessThan(4_000);
    expect((await exported(place, 'all')).status).toBe(0);
    const wanted = contents(outOf(place));
    expect(wanted.size).toBe(40 * (30 * 6 + 3) + 1);
    expect([...wanted.keys()].filter((path) => path.includes('.mirrorhash-'))).toEqual([]);
  });

  test.concurrent('two at once write everything once', async () => {
    const place = await hashedSite(...many(20, 20));
    const runs = await Promise.all([
      exported(place, formats),
      exported(place, formats),
      exported(place, formats),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(runs.reduce((sum, { summary }) => sum + (summary.outputs.written ?? 0), 0)).toBe(20 * 21 + 1);
    expect(runs.reduce((sum, { summary }) => sum + (summary.outputs.foreign ?? 0), 0)).toBe(0);
  });

  test.concurrent('one thread or seven, the bytes are the same', async () => {
    const place = await hashedSite(...many(9, 7));
    const all: ReadonlyMap<string, string>[] = [];
    for (const jobs of ['1', '2', '7']) {
      const run = await exported(place, 'all', '--jobs', jobs);
      expect(run.summary.outputs).toMatchObject({ written: 9 * (7 * 6 + 3) + 1 });
      all.push(contents(outOf(place)));
      rmSync(outOf(place), { recursive: true });
    }
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  });
});
