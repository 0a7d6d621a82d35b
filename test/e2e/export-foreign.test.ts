/**
 * Files that an export must not make or touch: those of others, and those of files that are not for everybody.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Site, site } from '../support/e2e.js';
import { listing, write } from '../support/e2e-files.js';
import { contents, exported, outOf } from '../support/exporting.js';

async function filled(...names: readonly string[]): Promise<Site> {
  const place = site();
  for (const name of names) write(join(place.tree, name), `content of ${name}`);
  expect((await place.hash()).status).toBe(0);
  return place;
}

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
  expect((await exported(place, 'sha256sums')).outputs).toContain('f/SHA256SUMS written');
  expect((await exported(place, 'sha256sums', '--strict')).status).toBe(3);
  expect((await exported(place, 'md5')).summary.outputs).toMatchObject({ removed: 1 });
  expect(readlinkSync(join(out, 'c/SHA256SUMS'))).toBe(outside);
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
