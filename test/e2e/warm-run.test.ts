/**
 * The second run over an unchanged tree reads no content, whatever happened to what is not content.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, linkSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installed, type Site, site } from '../support/e2e.js';
import { longAgo, write, writeCounting } from '../support/e2e-files.js';

const hasStrace = installed('strace', '--version') && tracingWorks();

function tracingWorks(): boolean {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0) return true;
  process.stderr.write('e2e: strace may not trace here: the tests that need it are skipped\n');
  return false;
}

function fill(place: Site): void {
  for (const name of ['a', 'd/b', 'd/e/c', 'd/e/name with space']) write(join(place.tree, name), name);
  writeCounting(join(place.tree, 'large'), 5_000_000);
  write(join(place.tree, 'a.asc'), '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n');
}

/** Runs `hash` under strace. @returns the files of the tree that were opened for reading */
async function opened(place: Site): Promise<readonly string[]> {
  const log = join(place.directory, 'trace');
  const prefix = ['strace', '-f', '-qq', '-y', '-e', 'trace=openat,open', '-o', log];
  const { status } = await place.run(place.hashArguments(), { prefix });
  expect(status).toBe(0);
  const results = readFileSync(log, 'utf8').matchAll(/= \d+<([^>]*)>$/gm);
  const inTree = [...results]
    .map(([, path = '']) => path)
    .filter((path) => path.startsWith(`${place.tree}/`));
  return inTree.filter((path) =>
    execFileSync('stat', ['-c', '%F', path], { encoding: 'utf8' }).includes('file'),
  );
}

test.skipIf(!hasStrace)('opens none of its files (strace)', async () => {
  const place = site();
  fill(place);
  // The trace sees what a cold run opens: else it would prove nothing.
  expect(new Set(await opened(place)).size).toBe(6);
  expect(await opened(place)).toEqual([]);
});

test.concurrent('hashes nothing when the tree was copied a moment ago', async () => {
  const place = site();
  fill(place);
  execFileSync('cp', ['-r', join(place.tree, 'd'), join(place.tree, 'copied just now')]);
  const first = await place.hash();
  expect(first.summary.files).toMatchObject({ hashed: 9, deferred: 0 });
  const second = await place.hash();
  expect(second.summary).toMatchObject({
    files: { hashed: 0, unchanged: 9, deferred: 0, updated: 0 },
    bytes: { hashed: 0 },
    sync: { upserted: 0, deleted: 0 },
  });
});

test.concurrent('permissions, links and new inodes force nothing, unless --check-inode asks', async () => {
  const place = site();
  fill(place);
  await place.hash();
  chmodSync(join(place.tree, 'a'), 0o600);
  linkSync(join(place.tree, 'd/b'), join(place.directory, 'hardlink'));
  execFileSync('cp', ['-p', join(place.tree, 'large'), join(place.tree, 'large.new')]);
  renameSync(join(place.tree, 'large.new'), join(place.tree, 'large'));
  const run = await place.hash();
  expect(run.summary.files).toMatchObject({ hashed: 0, unchanged: 6 });
  const checked = await place.hash('--check-inode');
  expect(checked.files).toMatchObject([{ path: 'large', outcome: 'hashed', reason: 'inode' }]);
});

test.concurrent('a nanosecond of mtime, or a byte of size, makes a file stale', async () => {
  const place = site();
  fill(place);
  await place.hash();
  const stamp = longAgo.toISOString().replace('.789Z', '.789000001Z');
  execFileSync('touch', ['-d', stamp, join(place.tree, 'a')]);
  write(join(place.tree, 'd/b'), 'd/bb');
  const run = await place.hash('--explain');
  expect(run.files.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual(['a mtime', 'd/b size']);
});

test.concurrent('--force hashes everything again', async () => {
  const place = site();
  fill(place);
  await place.hash();
  const run = await place.hash('--force');
  expect(run.summary.files).toMatchObject({ hashed: 6, unchanged: 0 });
  expect(new Set(run.files.map(({ reason }) => reason))).toEqual(new Set(['forced']));
});
