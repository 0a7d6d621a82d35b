/** `ulimit -f`: no file may grow beyond it, neither the databases nor what is exported. It is told, and nobody is killed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { contents, exportArguments, outOf } from '../support/exporting.js';
import { damage } from './aftermath.js';
import { unclear } from './plain.js';

const hasPrlimit = spawnSync('prlimit', ['--version'], { stdio: 'ignore' }).error === undefined;
if (!hasPrlimit) process.stderr.write('faults: limits of file sizes: skipped: prlimit is not installed\n');

test.skipIf(!hasPrlimit)('a limit of file sizes ended exports without a word, by a signal', async () => {
  const place = site();
  for (let i = 0; i < 60; i++)
    write(join(place.tree, `d${i % 3}`, `file ${i}`), `content ${i}`.repeat(9_000));
  expect((await place.hash()).status).toBe(0);
  const statuses = new Set<number | null>();
  for (const limit of [0, 10_000, 25_000, 40_000, 60_000, 80_000, 100_000, 120_000]) {
    const prefix = ['prlimit', `--fsize=${limit}`, '--'];
    const ended = await place.run(
      exportArguments(place, 'sha256sums,torrent,zsync', '--base-url', 'https://d.example/'),
      { prefix },
    );
    expect(unclear(ended), `${limit}: ${ended.stderr}`).toEqual([]);
    statuses.add(ended.status);
    if (ended.status !== 0) expect(ended.stderr).toMatch(/^mirrorhash: .*(written|made|opened)/);
    expect(await damage(place.state)).toEqual([]);
  }
  expect(statuses).toContain(1);
  expect(
    (await place.run(exportArguments(place, 'sha256sums,torrent,zsync', '--base-url', 'https://d.example/')))
      .status,
  ).toBe(0);
  expect(contents(outOf(place)).size).toBe(60 + 60 + 3);
});
