/**
 * Directories of the outputs that somebody swaps all the time for links that lead elsewhere: `export` neither writes,
 * replaces nor removes anything there, and ends with the right outputs once it is let alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announce, tell, timeoutFor } from '../faults/plan.js';
import { type Site, site } from '../support/e2e.js';
import { listing, write } from '../support/e2e-files.js';
import { exportArguments, exported, outOf, readExported } from '../support/exporting.js';
import { swapping } from './swapping.js';

const length = { share: 0.02, short: 6 };
const directories = Array.from({ length: 16 }, (_, n) => `d${n}`);
/** Each run writes what the one before did not have, and removes what that had. */
const turns = ['sha256,sha256sums', 'md5,md5sums'] as const;

/** Files of a victim under every name that an export writes, replaces or removes. */
function victims(directory: string): void {
  const names = [
    'f.bin.sha256',
    'f.bin.md5',
    'SHA256SUMS',
    'MD5SUMS',
    '.mirrorhash-0.export',
    'deep/f.bin.md5',
  ];
  for (const name of names) write(join(directory, name), `${name} of a victim`);
}

function attacked(): { readonly place: Site; readonly outside: string; readonly pairs: [string, string][] } {
  const place = site();
  const outside = join(place.directory, 'outside');
  victims(outside);
  mkdirSync(join(place.directory, 'away'));
  const pairs = directories.map((name): [string, string] => {
    write(join(place.tree, name, 'f.bin'), name);
    write(join(place.tree, name, 'deep/f.bin'), name);
    const link = join(place.directory, 'away', name);
    symlinkSync(outside, link);
    return [join(outOf(place), name), link];
  });
  return { place, outside, pairs };
}

test('swapped while they were written to: something was written elsewhere', {
  timeout: timeoutFor(length),
}, async () => {
  const { place, outside, pairs } = attacked();
  await place.hash();
  mkdirSync(outOf(place));
  expect((await exported(place, turns[0])).status).toBe(0);
  const before = listing(outside);
  const end = Date.now() + 1000 * announce('outputs swapped', length);
  const swapper = await swapping({ pairs, pause: 0.001 });
  const done: Record<string, number> = { runs: 0 };
  while (Date.now() < end) {
    const formats = turns[((done.runs ?? 0) + 1) % turns.length] ?? '';
    const run = readExported(await place.run(exportArguments(place, formats, '--max-delete', '100%')));
    expect([0, 3], run.stderr).toContain(run.status);
    done.runs = (done.runs ?? 0) + 1;
    done.failed = (done.failed ?? 0) + Number(run.status === 3);
    for (const [what, count] of Object.entries(run.summary.outputs)) done[what] = (done[what] ?? 0) + count;
    expect(listing(outside)).toEqual(before);
  }
  tell('outputs swapped', { ...done, swaps: await swapper.stop() });
  expect(done.written).toBeGreaterThan(0);
  expect(done.failed).toBeGreaterThan(0);
  putBack(pairs);
  expect((await exported(place, turns[0], '--adopt')).status).toBe(0);
  for (const name of directories) {
    execFileSync('sha256sum', ['-c', '--quiet', join(outOf(place), name, 'SHA256SUMS')], {
      cwd: join(place.tree, name),
    });
  }
});

/** Whatever was swapped last: the links are gone, and directories are where they were. */
function putBack(pairs: readonly (readonly [string, string])[]): void {
  for (const [directory, link] of pairs) {
    execFileSync('sh', [
      '-c',
      'if [ -L "$1" ]; then mv -T "$1" "$1.link"; mv -T "$2" "$1"; fi',
      'sh',
      directory,
      link,
    ]);
  }
}
