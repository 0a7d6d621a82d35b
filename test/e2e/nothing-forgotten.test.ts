/**
 * Promise 2: nothing is forgotten by mistake, and the guard stands before every delete.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomes, type Site, site, told, untilOpen, withoutPrivileges } from '../support/e2e.js';
import { knownPaths, longAgo, redirectorRows, write, writeSparse } from '../support/e2e-files.js';

/** bytes; at 1 MiB/s, longer than any other run takes */
const large = 30 * 1024 * 1024;
const prefix = withoutPrivileges();

function fill(place: Site, count: number, directory = ''): readonly string[] {
  const paths = Array.from({ length: count }, (_, i) => join(directory, `f${String(i).padStart(4, '0')}`));
  for (const path of paths) write(join(place.tree, path), path);
  return paths;
}

function remove(place: Site, paths: readonly string[]): void {
  for (const path of paths) unlinkSync(join(place.tree, path));
}

function rowPaths(place: Site): readonly string[] {
  return [...redirectorRows(place.state).keys()];
}

describe('a record stays', () => {
  test.skipIf(prefix === null)('when its directory cannot be read', async () => {
    const place = site();
    write(join(place.tree, 'closed/below/file'), 'one');
    write(join(place.tree, 'closed/file'), 'two');
    write(join(place.tree, 'secret'), 'three');
    write(join(place.tree, 'unsearchable/file'), 'four');
    write(join(place.tree, 'open'), 'five');
    if (process.getuid?.() === 0) execFileSync('chown', ['-R', '65534:65534', place.directory]);
    const hash = async (...args: readonly string[]) =>
      told(await place.run(place.hashArguments(...args), { prefix: prefix ?? [] }));
    const first = await hash();
    expect(first.summary.files.hashed).toBe(5);
    const paths = rowPaths(place);
    chmodSync(join(place.tree, 'closed'), 0o000);
    // Listed, but nothing in it can be looked at.
    chmodSync(join(place.tree, 'unsearchable'), 0o444);
    chmodSync(join(place.tree, 'secret'), 0o000);
    const run = await hash('--max-delete', '100%');
    expect(run.status).toBe(3);
    expect(run.directories.map(({ path, outcome, code }) => `${path} ${outcome} ${code}`).sort()).toEqual([
      'closed failed DIRECTORY_UNREADABLE',
      'unsearchable failed DIRECTORY_UNREADABLE',
    ]);
    expect(run.summary).toMatchObject({ files: { pruned: 0 }, directories: { failed: 2 } });
    expect(rowPaths(place)).toEqual(paths);
    expect(run.stderr).toContain('closed/');
    const forced = await hash('--force');
    expect(forced.status).toBe(3);
    expect(outcomes(forced)).toEqual(['open hashed', 'secret failed FILE_UNREADABLE']);
    expect(rowPaths(place)).toEqual(paths);
  });

  test.concurrent('when its file or directory is excluded, and goes only when it is forgotten', async () => {
    const place = site();
    for (const path of ['keep', 'private/a', 'private/deep/b', 'x.tmp']) write(join(place.tree, path), path);
    await place.hash();
    const excludes = ['--exclude', 'private/**', '--exclude', '*.tmp'];
    const run = await place.hash(...excludes);
    expect(run.status).toBe(0);
    expect(run.summary.files).toMatchObject({ unchanged: 1, pruned: 0 });
    const included = await place.hash('--include', 'keep');
    expect(included.summary.files).toMatchObject({ pruned: 0, excluded: 3 });
    expect(rowPaths(place)).toEqual(['keep', 'private/a', 'private/deep/b', 'x.tmp']);
    const forgetting = await place.run(['forget', join(place.tree, 'private'), '--state', place.state]);
    expect(forgetting.status).toBe(0);
    expect(forgetting.stderr).toContain('forgot 2 records');
    expect(rowPaths(place)).toEqual(['keep', 'x.tmp']);
    expect(knownPaths(place.state)).toHaveLength(4);
  });

  test.concurrent('when its directory is locked by another run', async () => {
    const place = site();
    writeSparse(join(place.tree, 'busy/large'), large);
    for (const name of ['gone', 'stays']) write(join(place.tree, `busy/${name}`), name);
    write(join(place.tree, 'free/gone'), 'x');
    write(join(place.tree, 'free/stays'), 'x');
    await place.hash();
    const later = new Date(longAgo.getTime() + 5000);
    utimesSync(join(place.tree, 'busy/large'), later, later);
    const slow = place.startHash('--read-limit', '1M');
    await untilOpen(slow.pid, join(place.tree, 'busy/large'));
    remove(place, ['busy/gone', 'free/gone']);
    const run = await place.hash();
    expect(run.status).toBe(0);
    expect(run.directories).toMatchObject([{ path: 'busy', outcome: 'locked' }]);
    expect(run.summary.directories.locked).toBe(1);
    expect(outcomes(run)).toEqual(['free/gone pruned']);
    expect(rowPaths(place)).toEqual(['busy/gone', 'busy/large', 'busy/stays', 'free/stays']);
    slow.child.kill('SIGTERM');
    await slow.ended;
    const after = await place.hash();
    expect(outcomes(after)).toEqual(['busy/gone pruned', 'busy/large hashed']);
  });

  test.concurrent('when the run was interrupted, or looked at another part of the tree', async () => {
    const place = site();
    const paths = fill(place, 3, 'a');
    fill(place, 3, 'b');
    await place.hash();
    writeSparse(join(place.tree, 'c/large'), large);
    remove(place, [paths[0] ?? '']);
    const slow = place.startHash('--read-limit', '1M');
    await untilOpen(slow.pid, join(place.tree, 'c/large'));
    slow.child.kill('SIGTERM');
    const interrupted = told(await slow.ended);
    expect(interrupted.status).toBe(143);
    expect(interrupted.summary.files.pruned).toBe(0);
    const part = told(await place.run(['hash', join(place.tree, 'b'), '--state', place.state, '--json']));
    expect(part.summary.files).toMatchObject({ unchanged: 3, pruned: 0 });
    expect(rowPaths(place)).toContain(paths[0]);
  });

  test.concurrent('when the tree itself is not there', async () => {
    const place = site();
    fill(place, 3);
    await place.hash();
    renameSync(place.tree, join(place.directory, 'moved'));
    const run = await place.run(place.hashArguments());
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(rowPaths(place)).toHaveLength(3);
  });
});

describe('the guard', () => {
  test.concurrent('more than half of the files, and more than 100: nothing is deleted, the rest is done', async () => {
    const place = site();
    const paths = fill(place, 210);
    await place.hash();
    remove(place, paths.slice(0, 106));
    write(join(place.tree, 'new'), 'new');
    const run = await place.hash();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^mirrorhash: 106 of 210 known files are gone from .*--max-delete/m);
    expect(run.stderr).toMatch(/^hint: .*--max-delete/m);
    expect(run.summary.files).toMatchObject({ hashed: 1, unchanged: 104, pruned: 0 });
    expect(rowPaths(place)).toHaveLength(211);
    const meant = await place.hash('--max-delete', '106');
    expect(meant.status).toBe(0);
    expect(meant.summary.files.pruned).toBe(106);
    expect(rowPaths(place)).toEqual([...paths.slice(106), 'new']);
    expect(knownPaths(place.state)).toHaveLength(211);
  });

  test.concurrent('exactly half, or at most 100 files, are no reason', async () => {
    const half = site();
    const paths = fill(half, 210);
    await half.hash();
    remove(half, paths.slice(0, 105));
    const run = await half.hash();
    expect(run.status).toBe(0);
    expect(run.summary.files.pruned).toBe(105);
    const few = site();
    const fewPaths = fill(few, 101);
    await few.hash();
    remove(few, fewPaths.slice(0, 100));
    const fewRun = await few.hash();
    expect(fewRun.status).toBe(0);
    expect(fewRun.summary.files.pruned).toBe(100);
  });

  test.concurrent('a tree found empty that was not deletes nothing, however small it was', async () => {
    const place = site();
    const paths = fill(place, 2);
    await place.hash();
    remove(place, paths);
    const run = await place.hash();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^mirrorhash: all 2 known files are gone/m);
    expect(rowPaths(place)).toHaveLength(2);
    const meant = await place.hash('--max-delete', '100%');
    expect(meant.status).toBe(0);
    expect(meant.summary.files.pruned).toBe(2);
    expect(rowPaths(place)).toEqual([]);
    expect((await place.hash()).status).toBe(0);
  });

  test.concurrent('counts a directory that vanished with all that was below it', async () => {
    const place = site();
    fill(place, 120, 'big/deep');
    fill(place, 20, 'small');
    await place.hash();
    rmSync(join(place.tree, 'big'), { recursive: true });
    expect((await place.hash()).status).toBe(1);
    expect(rowPaths(place)).toHaveLength(140);
    expect((await place.hash('--max-delete', '90%')).summary.files.pruned).toBe(120);
  });

  test.concurrent('--max-delete as a number and as a percentage, at both sides of the limit', async () => {
    const place = site();
    const paths = fill(place, 10);
    await place.hash();
    remove(place, paths.slice(0, 3));
    for (const limit of ['0', '2', '29%']) {
      const run = await place.hash('--max-delete', limit);
      expect({ limit, status: run.status, pruned: run.summary.files.pruned }).toEqual({
        limit,
        status: 1,
        pruned: 0,
      });
    }
    const run = await place.hash('--max-delete', '30%');
    expect(run).toMatchObject({ status: 0, summary: { files: { pruned: 3 } } });
  });
});
