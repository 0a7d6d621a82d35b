/**
 * Exports that go wrong: trees that are not there, runs that are killed or meet each other, disks that are full.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Site, site, until, withoutPrivileges } from '../support/e2e.js';
import { listing, write } from '../support/e2e-files.js';
import {
  contents,
  exportArguments,
  exported,
  marks,
  outOf,
  readExported,
  startExport,
} from '../support/exporting.js';

const formats = 'sha256,sha256sums,tracker-allowlist';

async function filled(names: readonly string[]): Promise<Site> {
  const place = site();
  for (const name of names) write(join(place.tree, name), `content of ${name}`);
  expect((await place.hash()).status).toBe(0);
  return place;
}

function many(directories: number, each: number): readonly string[] {
  return Array.from({ length: directories * each }, (_, i) => `d${i % directories}/f${i}`);
}

test.concurrent.each([['--to'], ['--in-place']])(
  'a tree that is not mounted loses no output, and they are ours when it is back (%s)',
  async (where) => {
    const place = await filled(['a', 'd/b', 'd/c']);
    const args = where === '--in-place' ? [where] : [];
    const out = where === '--in-place' ? place.tree : outOf(place);
    await exported(place, formats, ...args);
    const before = marks(out);
    const away = join(place.directory, 'away');
    renameSync(place.tree, away);
    mkdirSync(place.tree);
    const run = await exported(place, formats, ...args);
    expect([run.status, run.outputs]).toEqual([1, []]);
    expect(run.stderr).toContain('nothing of theirs was removed');
    rmSync(place.tree, { recursive: true });
    renameSync(away, place.tree);
    expect(marks(out)).toEqual(before);
    // All of them are known still: with other formats they go.
    const other = await exported(place, 'md5', ...args);
    expect(other.summary.outputs).toMatchObject({ written: 3, removed: 6, foreign: 0 });
  },
);

test.concurrent('under the guard, too, no list has a line of what is hidden or stale', async () => {
  const names = many(1, 10);
  const place = await filled(names);
  await exported(place, 'sha256,sha256sums');
  for (const name of names.slice(0, 3)) rmSync(join(place.tree, name));
  await place.hash('--max-delete', '100%');
  chmodSync(join(place.tree, 'd0/f8'), 0o600);
  write(join(place.tree, 'd0/f9'), 'changed since');
  const run = await exported(place, 'sha256,sha256sums', '--max-delete', '1');
  expect(run.status).toBe(1);
  const left = contents(outOf(place));
  expect(left.get('d0/SHA256SUMS')).not.toMatch(/f[89]$/m);
  expect([left.has('d0/f0.sha256'), left.has('d0/f8.sha256'), left.has('d0/f9.sha256')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('killed at any moment, the next run ends as if nothing had happened', async () => {
  const names = many(25, 8);
  const place = await filled(names);
  const args = ['all', '--base-url', 'https://example.org/'] as const;
  await exported(place, ...args);
  const complete = contents(outOf(place));
  let killed = 0;
  for (let round = 0; round < 22; round++) {
    if (round % 3 === 0) {
      rmSync(outOf(place), { recursive: true, force: true });
      for (const name of readdirSync(place.state))
        if (name.startsWith('exports.db')) rmSync(join(place.state, name));
    }
    // Each time something is to be written: other URLs, or all of it.
    const running = startExport(place, 'all', '--base-url', `https://${round}.example/`);
    await sleep(90 + ((round * 37) % 22) * 18);
    running.child.kill('SIGKILL');
    if ((await running.ended).signal === 'SIGKILL') killed++;
    if (round % 4 !== 3) continue;
    const run = await exported(place, ...args);
    expect([run.status, run.summary.outputs.foreign]).toEqual([0, 0]);
    expect([...contents(outOf(place))]).toEqual([...complete]);
  }
  expect(killed).toBeGreaterThan(10);
  const last = await exported(place, ...args);
  expect([last.status, last.summary.outputs.foreign]).toEqual([0, 0]);
  expect([...contents(outOf(place))]).toEqual([...complete]);
  // Whatever a killed run made is known: nothing is left when nothing is wanted.
  rmSync(place.tree, { recursive: true });
  mkdirSync(place.tree);
  write(join(place.tree, 'last'), 'last');
  await place.hash('--max-delete', '100%');
  await exported(place, 'sha256', '--max-delete', '100%');
  expect(readdirSync(outOf(place))).toEqual(['last.sha256']);
});

test.concurrent('interrupted, it keeps what is done, and the next run makes the list for trackers', async () => {
  const place = await filled(many(300, 4));
  const running = startExport(place, formats, '--jobs', '1');
  await until(() => existsSync(join(outOf(place), 'd0')), 'the first outputs');
  const asked = performance.now();
  running.child.kill('SIGTERM');
  const ended = await running.ended;
  expect(performance.now() - asked).toBeLessThan(2_000);
  expect([ended.status, ended.signal]).toEqual([143, null]);
  const some = contents(outOf(place));
  expect([...some.keys()].some((name) => name.startsWith('.'))).toBe(false);
  await exported(place, formats);
  expect(contents(outOf(place)).get('tracker-allowlist.txt')?.split('\n')).toHaveLength(1201);
});

test.concurrent('two exports at once, of the same and of overlapping parts, end as one would', async () => {
  const place = await filled(many(20, 6));
  const part = [...exportArguments(place, formats)];
  part[1] = join(place.tree, 'd3');
  const running = [startExport(place, formats), startExport(place, formats), place.start(part)];
  for (const { ended } of running) expect((await ended).status).toBe(0);
  const other = join(place.directory, 'other');
  await place.run(['export', place.tree, '--state', place.state, '--to', other, '--formats', formats]);
  expect([...contents(outOf(place))]).toEqual([...contents(other)]);
  expect((await exported(place, formats)).summary.outputs).toMatchObject({
    written: 0,
    removed: 0,
    foreign: 0,
  });
});

const asNobody = withoutPrivileges();

test.skipIf(asNobody === null || asNobody.length === 0)(
  'a directory that may not be written is named, and the others are done',
  async () => {
    const place = await filled(['a/x', 'b/x']);
    execFileSync('chown', ['-R', '65534:65534', place.directory]);
    const out = outOf(place);
    mkdirSync(join(out, 'a'), { recursive: true });
    execFileSync('chown', ['65534:65534', out]);
    const run = readExported(await place.run(exportArguments(place, 'sha256'), { prefix: asNobody ?? [] }));
    expect(run.status).toBe(3);
    expect(run.stdout).toContain('"code":"OUTPUT_UNWRITABLE"');
    expect([...contents(out).keys()]).toEqual(['b/x.sha256']);
    const nowhere = await place.run(
      ['export', place.tree, '--state', place.state, '--to', '/proc/out', '--formats', 'sha256'],
      { prefix: asNobody ?? [] },
    );
    expect([nowhere.status, nowhere.stderr]).toEqual([
      1,
      expect.stringContaining('cannot make the directory'),
    ]);
  },
);

test.skipIf(asNobody === null || asNobody.length === 0)(
  'what root hashed below a closed directory is hidden for others, no failure',
  async () => {
    const place = await filled(['a', 'staged/deep/x']);
    execFileSync('chown', ['-R', '65534:65534', place.state]);
    chmodSync(join(place.tree, 'staged'), 0o750);
    mkdirSync(outOf(place));
    execFileSync('chown', ['65534:65534', outOf(place)]);
    const run = readExported(await place.run(exportArguments(place, 'sha256'), { prefix: asNobody ?? [] }));
    expect([run.status, run.outputs]).toEqual([0, ['a.sha256 written']]);
    expect(run.summary.files).toMatchObject({ exported: 1, hidden: 1 });
  },
);

/** A small file system of our own; null (and a line that says so) where we may mount none. */
function mounted(place: Site, size: string): string | null {
  const out = outOf(place);
  mkdirSync(out);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', out]).status === 0)
    return out;
  process.stderr.write('e2e: no file system may be mounted: tests of full and read-only disks are skipped\n');
  return null;
}

test.concurrent('a full or read-only disk is told once, and nothing is half-written', async () => {
  // `p` holds directories only: whether it is empty is asked each time.
  const place = await filled(many(12, 20).map((name) => `p/${name}`));
  const out = mounted(place, '200k');
  if (out === null) return;
  try {
    const full = await exported(place, 'sha256,sha1,sha256sums');
    expect([full.status, full.stderr]).toEqual([1, expect.stringContaining('the disk is full')]);
    const some = contents(out);
    expect([...some.keys()].filter((name) => name.includes('.mirrorhash'))).toEqual([]);
    for (const [name, content] of some)
      if (name.endsWith('.sha256')) expect(content).toMatch(/^[0-9a-f]{64} {2}f\d+\n$/);
    execFileSync('mount', ['-o', 'remount,size=20m', out]);
    expect((await exported(place, 'sha256,sha1,sha256sums')).summary.outputs).toMatchObject({ foreign: 0 });
    execFileSync('mount', ['-o', 'remount,ro', out]);
    expect((await exported(place, 'sha256,sha1,sha256sums')).status).toBe(0);
    const locked = await exported(place, 'md5');
    expect([locked.status, locked.stderr]).toEqual([1, expect.stringContaining('read-only')]);
  } finally {
    execFileSync('umount', [out]);
  }
});

test.concurrent('a directory swapped for a link is written and read nowhere else', async () => {
  const place = await filled(['a', 'd/b', 'e/f/c', 'g/x']);
  const outside = join(place.directory, 'outside');
  for (const name of ['x', 'f/c']) write(join(outside, name), 'outside');
  await exported(place, 'sha256');
  const before = listing(outside);
  for (const name of ['d', 'e']) {
    rmSync(join(outOf(place), name), { recursive: true });
    symlinkSync(outside, join(outOf(place), name));
  }
  rmSync(join(place.tree, 'g'), { recursive: true });
  symlinkSync(outside, join(place.tree, 'g'));
  const run = await exported(place, 'sha256,md5');
  expect(run.status).toBe(3);
  expect(run.stderr).toContain('a link or a file is in the place of a directory');
  expect(listing(outside)).toEqual(before);
  expect([...contents(outOf(place)).keys()]).toEqual(['a.md5', 'a.sha256']);
});

test.concurrent('--quiet says nothing, and words tell what was done', async () => {
  const place = await filled(['a', 'd/b']);
  const args = exportArguments(place, 'sha256').filter((arg) => arg !== '--json');
  const first = await place.run(args);
  expect([first.stdout, first.stderr]).toEqual([
    '',
    expect.stringMatching(/^mirrorhash: 2 files exported: 2 outputs written \(.*\)\n$/),
  ]);
  const quiet = await place.run([...args, '--quiet']);
  expect([quiet.status, quiet.stdout, quiet.stderr]).toEqual([0, '', '']);
});
