/**
 * Directories below one another, exported by several threads: each makes what is missing above its own, and finds what
 * another one is just making.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { exportArguments, outOf } from '../support/exporting.js';
import { python } from '../support/python.js';

const script = new URL('deep.py', import.meta.url).pathname;
const levels = 150;

test('a directory that another thread had just made was taken for one that somebody swapped', async () => {
  const place = site();
  execFileSync(python, [script, place.tree, String(levels), '1']);
  await place.hash();
  const prefix = ['bash', '-c', 'umask 077; exec "$@"', 'bash'];
  for (let round = 0; round < 2; round += 1) {
    const run = told(await place.run(exportArguments(place, 'sha256sums', '--jobs', '6'), { prefix }));
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.summary).toMatchObject({ outputs: { written: levels } });
    // None of them stayed as the umask had it.
    const closed = execFileSync('find', [join(outOf(place), 'd'), '-type', 'd', '!', '-perm', '755'], {
      encoding: 'utf8',
    });
    expect(closed).toBe('');
    execFileSync('rm', ['-rf', outOf(place)]);
  }
});
