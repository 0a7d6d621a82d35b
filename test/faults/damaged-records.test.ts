/**
 * Records that are no longer what was written, in a database that SQLite finds whole: it has no checksums. They are not
 * passed on, and what the hint says puts all right.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Site, site } from '../support/e2e.js';
import { redirectorRows, write } from '../support/e2e-files.js';
import { contents, exportArguments, outOf } from '../support/exporting.js';
import { wrongInCache, wrongInRedirector } from './aftermath.js';
import { oracle } from './oracle.js';
import { unclear } from './plain.js';
import { change } from './spoiling.js';

/** A tree that was hashed, in whose cache something was changed then. */
async function spoiled(sql: string): Promise<Site> {
  const place = site();
  for (const name of ['a', 'd/b', 'd/c']) write(join(place.tree, name), `content of ${name}`);
  expect((await place.hash()).status).toBe(0);
  change(join(place.state, 'cache.db'), sql);
  return place;
}

/** Status and what was said, which must be clear. */
async function said(place: Site, ...words: readonly string[]): Promise<string> {
  const ended = await place.run(words);
  expect(unclear(ended), words[0]).toEqual([]);
  return `${ended.status} ${ended.stderr}`;
}

const flipped = (
  column: string,
): string => `UPDATE sums SET ${column} = CAST(x'00' || substr(${column}, 2) AS BLOB)
  WHERE file = (SELECT id FROM file WHERE name = 'b')`;
const cases = [
  ['a digest that a bad disk changed', flipped('sha256')],
  ['an infohash that a bad disk changed', flipped('btih')],
  ['a piece that a bad disk changed', flipped('pieces')],
  ['a digest that lost a byte, and moved all behind it', 'UPDATE sums SET md5 = substr(md5, 2)'],
  ['pieces of a larger file', 'UPDATE sums SET pieces = CAST(pieces || pieces AS BLOB)'],
  ['hash lengths that are none', "UPDATE sums SET zsync_hash_lengths = '2,2,x'"],
  ['zsync sums that lost a byte', 'UPDATE sums SET zsync_sums = substr(zsync_sums, 2)'],
  ['an inode that is no number', "UPDATE file SET inode = 'one'"],
] as const;

/** Checksum files are made without looking at what is only in other artifacts. */
function formatsOf(sql: string): readonly string[] {
  const isDigest = /SET (md5|sha1|sha256|btih|pieces) /.test(sql);
  return ['torrent', ...(isDigest ? ['sha256', 'sha256sums', 'btih', 'tracker-allowlist'] : [])];
}

test.concurrent.each(cases)('%s was written to the redirector', async (_, sql) => {
  const place = await spoiled(sql);
  const { tree, state } = place;
  const before = redirectorRows(state);
  const damaged =
    /^1 .*cache\.db is damaged: the record of .* is not what was written\nhint: mirrorhash hash --force that file/;
  const options = ['--state', state];
  expect(await said(place, 'show', join(tree, 'd/b'), ...options)).toMatch(damaged);
  expect(await said(place, 'sync', tree, '--full', ...options)).toMatch(damaged);
  for (const format of formatsOf(sql)) {
    expect(await said(place, ...exportArguments(place, format)), format).toMatch(damaged);
    expect(
      [...contents(outOf(place)).keys()].filter((path) => path.startsWith('d/')),
      format,
    ).toEqual([]);
  }
  expect(await said(place, 'verify', tree, ...options)).toMatch(/^4 .*the content differs|^1 .*is damaged/);
  expect([...redirectorRows(state)]).toEqual([...before]);
  // What the hint says.
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(state, `cache.db${suffix}`), { force: true });
  expect(await said(place, 'hash', tree, ...options)).toMatch(/^0 /);
  const expected = await oracle(tree);
  expect(wrongInCache(state, expected)).toEqual([]);
  expect(wrongInRedirector(state, expected)).toEqual([]);
  expect(await said(place, ...exportArguments(place, 'torrent'))).toMatch(/^0 /);
  expect([...contents(outOf(place)).keys()]).toEqual(['a.torrent', 'd/b.torrent', 'd/c.torrent']);
});

test.concurrent('one that is read again is right again', async () => {
  const place = await spoiled(flipped('sha1'));
  const { tree, state } = place;
  // It is hashed again, but the sync that a run begins with may have met it before.
  await said(place, 'hash', join(tree, 'd'), '--force', '--state', state);
  expect(await said(place, 'hash', tree, '--state', state)).toMatch(/^0 /);
  expect(await said(place, 'verify', tree, '--state', state)).toMatch(/^0 /);
});

test.concurrent('an impossible size, time or length in the cache was an internal error', async () => {
  for (const sql of [
    'UPDATE file SET size = -5',
    'UPDATE file SET size = 9223372036854775807',
    'UPDATE file SET mtime_ns = 5000000000',
    'UPDATE file SET piece_length = 0',
  ]) {
    const place = await spoiled(sql);
    expect(await said(place, 'hash', place.tree, '--state', place.state), sql).toMatch(/^1 .*is damaged/);
  }
});
