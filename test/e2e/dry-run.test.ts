/**
 * Promise 6: a dry run writes nothing, anywhere, and tells exactly what the real run then does.
 */
import { appendFileSync, existsSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Site, site, type Told, told } from '../support/e2e.js';
import { listing, longAgo, write } from '../support/e2e-files.js';

/** SQLite's own files beside a database may come and go. */
function everything(place: Site): readonly string[] {
  const directory = `${place.state} `;
  return listing(place.directory)
    .filter((line) => !/-(wal|shm) /.test(line.slice(0, line.indexOf(' ') + 1)))
    .map((line) =>
      // Their coming and going touches the times of the state directory.
      line.startsWith(directory) ? line.replace(/\d+ \d+ $/, '') : line,
    );
}

/** What is said of each file, without what only a dry run adds. */
function acts(run: Told): readonly string[] {
  return run.files.map(({ path, outcome, reason, code }) => `${path} ${outcome} ${reason} ${code}`).sort();
}

/** A tree in which everything happens that can happen. */
async function busyTree(place: Site): Promise<void> {
  const { tree } = place;
  for (const name of ['stays', 'changes', 'touched', 'goes', 'd/goes', 'd/stays', 'signed', 'x.tmp'])
    write(join(tree, name), name);
  await place.hash();
  appendFileSync(join(tree, 'changes'), 'more');
  utimesSync(join(tree, 'changes'), longAgo, longAgo);
  utimesSync(join(tree, 'touched'), longAgo, new Date(longAgo.getTime() + 1));
  unlinkSync(join(tree, 'goes'));
  unlinkSync(join(tree, 'd/goes'));
  write(join(tree, 'new'), 'new');
  write(join(tree, 'e/new'), 'new');
  write(join(tree, 'signed.asc'), '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n');
}

test.concurrent('without a state it makes none', async () => {
  const place = site();
  for (const name of ['a', 'd/b']) write(join(place.tree, name), name);
  const before = everything(place);
  const run = await place.hash('--dry-run');
  expect(run.status).toBe(0);
  expect(run.files.map(({ path, outcome }) => `${path} ${outcome}`).sort()).toEqual([
    'a hashed',
    'd/b hashed',
  ]);
  expect(existsSync(place.state)).toBe(false);
  const text = await place.run(['hash', '--dry-run', place.tree]);
  expect(text.status).toBe(0);
  expect(everything(place)).toEqual(before);
});

test.concurrent('state and tree are untouched, and the real run does what was told', async () => {
  const place = site();
  await busyTree(place);
  const before = everything(place);
  const rehearsal = await place.hash('--dry-run');
  expect(everything(place)).toEqual(before);
  expect(rehearsal.status).toBe(0);
  const real = await place.hash();
  expect(acts(rehearsal)).toEqual(acts(real));
  expect(rehearsal.summary.files).toEqual(real.summary.files);
  expect(rehearsal.summary.directories).toEqual(real.summary.directories);
  expect(rehearsal.summary.bytes).toEqual(real.summary.bytes);
  expect(real.summary.files).toMatchObject({ hashed: 5, pruned: 2 });
});

test.concurrent.each([
  [['--no-zsync']],
  [['--piece-length', '512K']],
  [['--exclude', '*.tmp']],
  [['--force', '--verbose']],
  [['--max-delete', '1']],
])('with %j, too', async (options) => {
  const place = site();
  await busyTree(place);
  const before = everything(place);
  const rehearsal = await place.hash('--dry-run', ...options);
  expect(everything(place)).toEqual(before);
  const real = await place.hash(...options);
  expect(rehearsal.status).toBe(real.status);
  expect(acts(rehearsal)).toEqual(acts(real));
  expect(rehearsal.summary.files).toEqual(real.summary.files);
});

test.concurrent('a recipe that was only tried is not remembered', async () => {
  const place = site();
  write(join(place.tree, 'a'), 'a');
  await place.hash();
  await place.hash('--dry-run', '--no-zsync');
  expect((await place.hash()).summary.files).toMatchObject({ unchanged: 1, updated: 0 });
});

test.concurrent('forget --dry-run names what would go and keeps it', async () => {
  const place = site();
  for (const name of ['d/a', 'd/b', 'c']) write(join(place.tree, name), name);
  await place.hash();
  const before = everything(place);
  const forget = ['forget', join(place.tree, 'd'), '--state', place.state];
  const run = await place.run([...forget, '--dry-run']);
  expect(run.status).toBe(0);
  expect(run.stderr).toContain('would forget 2 records');
  expect(everything(place)).toEqual(before);
});

test.concurrent('text names each file with its reason', async () => {
  const place = site();
  await busyTree(place);
  const { stdout } = await place.run(['hash', place.tree, '--state', place.state, '--dry-run']);
  const lines = stdout.trimEnd().split('\n').sort();
  expect(lines).toEqual([
    'would hash changes (size changed)',
    'would hash e/new (new)',
    'would hash new (new)',
    'would hash signed.asc (new)',
    'would hash touched (mtime changed)',
    'would prune d/goes',
    'would prune goes',
    'would update signed (signature added)',
  ]);
});

test.concurrent('it waits for no young file', async () => {
  const place = site();
  write(join(place.tree, 'young'), 'young', { mtime: new Date(Date.now() + 1800) });
  const run = told(await place.run(place.hashArguments('--dry-run')));
  expect(run.summary.files.hashed).toBe(1);
  expect(run.summary.seconds).toBeLessThan(2);
});
