/**
 * Little to work with: few descriptors, little memory, and outputs that are closed or full. Nothing hangs,
 * no row is wrong, and what was lost is not called done.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ended, type Site, site } from '../support/e2e.js';
import { coreutils, redirectorRows, write } from '../support/e2e-files.js';
import { damage, stored, wrongInCache, wrongInRedirector } from './aftermath.js';
import { oracle } from './oracle.js';
import { unclear } from './plain.js';

function filled(directories: number, filesInEach: number, size: number): Site {
  const place = site();
  for (let d = 0; d < directories; d++)
    for (let f = 0; f < filesInEach; f++)
      write(join(place.tree, `d${d}`, `file ${f}`), `${d} ${f} `.repeat(size / 4));
  return place;
}

/** Whatever became of it, no row is wrong; the next run ends as the oracle says. */
async function expectGood(place: Site, ended: Ended): Promise<void> {
  expect(unclear(ended), ended.stderr).toEqual([]);
  const expected = await oracle(place.tree);
  expect(stored(place.state, expected).wrong).toEqual([]);
  expect(await damage(place.state)).toEqual([]);
  expect((await place.hash()).status).toBe(0);
  expect(wrongInCache(place.state, expected)).toEqual([]);
  expect(wrongInRedirector(place.state, expected)).toEqual([]);
}

/** As a shell starts it, with something done to its outputs. */
function shell(place: Site, redirection: string): Promise<Ended> {
  return place.run(place.hashArguments(), { prefix: ['bash', '-c', `"$@" ${redirection}`, 'bash'] });
}

test('64 descriptors are enough for two threads', async () => {
  const place = filled(12, 12, 2_000);
  const ended = await place.run(place.hashArguments('--jobs', '2'), {
    prefix: ['bash', '-c', 'ulimit -n 64; exec "$@"', 'bash'],
  });
  expect([ended.status, ended.stderr]).toEqual([0, '']);
  await expectGood(place, ended);
});

test('a heap of 128 MB is enough for 20,000 files', async () => {
  const place = filled(40, 500, 8);
  const ended = await place.run(place.hashArguments(), {
    env: { NODE_OPTIONS: '--max-old-space-size=128' },
  });
  expect([ended.status, ended.stderr]).toEqual([0, '']);
  const rows = redirectorRows(place.state);
  const sums = coreutils(
    'sha256sum',
    [...rows.keys()].map((path) => join(place.tree, path)),
  );
  expect(rows.size).toBe(20_000);
  const wrong = [...rows].filter(
    ([path, { sha256 }]) => sums.get(join(place.tree, path)) !== sha256.toString('hex'),
  );
  expect(wrong).toEqual([]);
});

test.each([
  ['>/dev/full', 1],
  ['2>/dev/full', 0],
  ['<&- 2>&-', 0],
  ['<&- >&- 2>&-', 0],
])('outputs: %s', async (redirection, status) => {
  const place = filled(4, 50, 1_000);
  const ended = await shell(place, redirection);
  expect(ended.status).toBe(status);
  if (status === 1) expect(ended.stderr).toMatch(/^mirrorhash: standard output cannot be written/);
  await expectGood(place, ended);
});

test('a reader that goes after the first line', async () => {
  const place = filled(4, 250, 400);
  const ended = await shell(place, `| head -n 1 >/dev/null; exit "\${PIPESTATUS[0]}"`);
  expect([ended.status, ended.stderr]).toEqual([1, expect.stringContaining('its reader went away')]);
  await expectGood(place, ended);
});
