/**
 * curl, wget, and aria2 without a metalink, against the built server: what is delivered here, and what a mirror has.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, escaped } from '../support/asking.js';
import { image, mtime, runClient } from '../support/client-programs.js';
import { installed, type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { hostileNames } from '../support/names.js';
import { type Mirror, mirrorOf } from '../support/one-file-mirror.js';
import { type Served, serving } from '../support/serving.js';

const has = {
  aria2c: installed('aria2c', '--version'),
  curl: installed('curl', '--version'),
  wget: installed('wget', '--version'),
};
const odd = 'a &<">%20 grün\n.iso';

let place: Site;
let server: Served;
let good: Mirror;
let corrupt: Mirror;

beforeAll(async () => {
  place = site();
  for (const path of ['alone.iso', 'good/image.iso', `good/${odd}`, 'bad/image.iso'])
    write(join(place.tree, path), image, { mtime });
  for (const name of hostileNames) write(join(place.tree, 'names', name), `content of ${name}`, { mtime });
  expect((await place.hash('--no-default-excludes')).status).toBe(0);
  const bad = Buffer.from(image);
  bad.fill(0, 600_000, 600_100);
  good = await mirrorOf(image, '127.0.0.1', mtime);
  corrupt = await mirrorOf(bad, '127.0.0.2', mtime);
  for (const [name, { url }] of Object.entries({ good, bad: corrupt })) {
    const files = join(place.tree, name);
    const added = ['mirror', 'add', files, name, url, '--all-files', '--state', place.state];
    expect((await place.run(added)).status).toBe(0);
  }
  server = await serving(place, '--no-access-log');
});

afterAll(async () => {
  await server?.stop();
  for (const mirror of [good, corrupt]) mirror?.close();
});

/** A new directory to download into. */
function into(name: string): string {
  const directory = join(place.directory, `into ${name}`);
  mkdirSync(directory);
  return directory;
}

describe.skipIf(!has.curl)('curl', () => {
  const curl = (cwd: string, ...args: readonly string[]) =>
    runClient('curl', ['-sS', '--fail', ...args], cwd);
  const facts = ['-w', '%{http_code} %{num_redirects} %{size_download}'];

  test.each([
    ['what is here', 'alone.iso', '200 0 1300000'],
    ['what a mirror has', 'good/image.iso', '200 1 1300000'],
    ['what a mirror has by an odd name', `good/${odd}`, '200 1 1300000'],
  ])('takes %s', async (what, path, expected) => {
    const cwd = into(`curl ${what}`);
    const url = `${server.origin}/${path.split('/').map(escaped).join('/')}`;
    expect((await curl(cwd, '-L', '-o', 'new', ...facts, url)).text).toBe(expected);
    expect(readFileSync(join(cwd, 'new')).equals(image)).toBe(true);
  });

  test.each([
    ['here', 'alone.iso', '0'],
    ['at a mirror', 'good/image.iso', '1'],
  ])('gets a range, resumes, and is spared what it has, %s', async (where, path, hops) => {
    const cwd = into(`curl parts ${where}`);
    const url = `${server.origin}/${path}`;
    const part = await curl(cwd, '-L', '-r', '1000-1999', '-o', 'part', ...facts, url);
    expect(part.text).toBe(`206 ${hops} 1000`);
    expect(readFileSync(join(cwd, 'part')).equals(image.subarray(1000, 2000))).toBe(true);
    writeFileSync(join(cwd, 'resumed'), image.subarray(0, 700_000));
    const resumed = await curl(cwd, '-L', '-C', '-', '-o', 'resumed', ...facts, url);
    expect(resumed.text).toBe(`206 ${hops} 600000`);
    expect(readFileSync(join(cwd, 'resumed')).equals(image)).toBe(true);
    const since = 'Sat, 21 Nov 2026 19:17:00 GMT';
    expect((await curl(cwd, '-L', '-z', since, '-o', 'none', ...facts, url)).text).toMatch(/^304 . 0$/);
  });

  test('takes every hostile name', async () => {
    const cwd = into('curl names');
    const urls = hostileNames.flatMap((name, index) => [
      '-o',
      String(index),
      `${server.origin}/names/${escaped(name)}`,
    ]);
    expect(await curl(cwd, ...urls)).toEqual({ status: 0, text: '' });
    for (const [index, name] of hostileNames.entries())
      expect(readFileSync(join(cwd, String(index)), 'utf8')).toBe(`content of ${name}`);
  });

  test('is given a metalink where it asks for one', async () => {
    const args = ['-H', 'Accept: application/metalink4+xml', `${server.origin}/good/image.iso`];
    const { text } = await curl(into('curl metalink'), ...args);
    expect(text).toBe((await ask(server.origin, '/good/image.iso.meta4')).text);
    expect(text).toContain('<metalink xmlns="urn:ietf:params:xml:ns:metalink">');
  });
});

describe.skipIf(!has.wget)('wget', () => {
  test.each([
    ['here', 'alone.iso'],
    ['at a mirror', 'good/image.iso'],
  ])('fetches, resumes, and -N is spared what it has, %s', async (where, path) => {
    const cwd = into(`wget ${where}`);
    const name = path.replace(/^.*\//, '');
    const wget = (...args: readonly string[]) =>
      runClient('wget', ['-nv', ...args, `${server.origin}/${path}`], cwd);
    const before = good.sent();
    expect((await wget('-O', 'whole')).status).toBe(0);
    expect(readFileSync(join(cwd, 'whole')).equals(image)).toBe(true);
    writeFileSync(join(cwd, name), image.subarray(0, 700_000));
    expect((await wget('-c')).status).toBe(0);
    expect(readFileSync(join(cwd, name)).equals(image)).toBe(true);
    expect(statSync(join(cwd, name)).mtime).toEqual(mtime);
    expect((await wget('-N')).status).toBe(0);
    expect(good.sent() - before).toBe(where === 'here' ? 0 : 1_900_000);
    // Older than ours: fetched again.
    writeFileSync(join(cwd, name), 'old');
    utimesSync(join(cwd, name), 1, 1);
    expect((await wget('-N')).status).toBe(0);
    expect(readFileSync(join(cwd, name)).equals(image)).toBe(true);
  });
});

describe.skipIf(!has.aria2c)('aria2c without a metalink', () => {
  // It names metalinks in every request, and would be given one. It goes on by the torrent that `Link` names, which
  // would wait for peers.
  const options = [
    '--no-conf',
    '--header=Accept: */*',
    '--check-integrity=true',
    '--seed-time=0',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--follow-torrent=false',
    '--max-tries=1',
    '--bt-stop-timeout=2',
  ];

  test('takes from a mirror what the Digest of the 302 confirms', async () => {
    const cwd = into('aria2 good');
    const ended = await runClient('aria2c', [...options, `${server.origin}/good/image.iso`], cwd);
    expect(ended.status, ended.text).toBe(0);
    expect(readdirSync(cwd)).toEqual(['image.iso']);
    expect(readFileSync(join(cwd, 'image.iso')).equals(image)).toBe(true);
  });

  test('refuses what it does not', async () => {
    const ended = await runClient(
      'aria2c',
      [...options, `${server.origin}/bad/image.iso`],
      into('aria2 bad'),
    );
    expect(ended.text).toContain('Checksum error detected');
    expect(ended.status).not.toBe(0);
    expect(corrupt.sent()).toBeGreaterThan(0);
  });
});
