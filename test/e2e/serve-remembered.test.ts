/**
 * What the server remembers to be fast must never be seen: a change shows with the next request.
 */
import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { site } from '../support/e2e.js';
import { longAgo, write, writeSparse } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

test('a real checksum file that comes into an old directory is delivered at once, and missed at once', async () => {
  const place = site();
  for (const name of ['a', 'b']) write(join(place.tree, 'old', name), name);
  await place.hash();
  const served = await serving(place, '--no-access-log');
  const sum = async (): Promise<string> => (await ask(served.origin, '/old/a.sha256')).text;
  const made = await sum();
  expect(made).toMatch(/^[\da-f]{64} {2}a\n$/);
  for (let round = 0; round < 3; round += 1) {
    // Old enough to be remembered.
    utimesSync(join(place.tree, 'old'), longAgo, new Date(longAgo.getTime() + round * 1000));
    for (let i = 0; i < 20; i += 1) expect(await sum()).toBe(made);
    await sleep(50);
    expect(await sum()).toBe(made);
    write(join(place.tree, 'old/a.sha256'), `by somebody ${round}\n`);
    expect(await sum()).toBe(`by somebody ${round}\n`);
    rmSync(join(place.tree, 'old/a.sha256'));
    expect(await sum()).toBe(made);
  }
});

test('a large metalink is another one when its mirrors, its record, or its client are', async () => {
  const place = site();
  const file = join(place.tree, 'large.iso');
  writeSparse(file, 600 * 1024 * 1024);
  await place.hash('--no-zsync');
  const served = await serving(place, '--no-access-log');
  const meta4 = () => ask(served.origin, '/large.iso.meta4');
  const first = await meta4();
  expect(first.text.length).toBeGreaterThan(100_000);
  const again = await meta4();
  expect([again.text, again.headers.etag]).toEqual([first.text, first.headers.etag]);
  const other = await ask(served.origin, '/large.iso.meta4', { headers: { Host: 'other.example.org' } });
  expect(other.text).toContain('http://other.example.org/large.iso</url>');
  expect(other.text).not.toContain(served.origin);
  const args = [
    'mirror',
    'add',
    place.tree,
    'm',
    'http://m.example.org/',
    '--all-files',
    '--state',
    place.state,
  ];
  expect((await place.run(args)).status).toBe(0);
  await sleep(1_100);
  const mirrored = await meta4();
  expect(mirrored.text).toContain('http://m.example.org/large.iso</url>');
  expect(mirrored.headers.etag).not.toBe(first.headers.etag);
  utimesSync(file, longAgo, new Date(longAgo.getTime() + 5000));
  expect((await meta4()).status).toBe(404);
  await place.hash('--no-zsync');
  expect((await meta4()).text).toContain('<published>2024-02-29T12:35:01Z</published>');
});
