/**
 * What an export writes, as other programs read it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installed, type Site, site } from '../support/e2e.js';
import { write, writeCounting } from '../support/e2e-files.js';
import { contents, exported, outOf } from '../support/exporting.js';
import { hostileNames } from '../support/names.js';

const tools = [
  ['SHA256SUMS', 'sha256sum', 'sha256'],
  ['SHA1SUMS', 'sha1sum', 'sha1'],
  ['MD5SUMS', 'md5sum', 'md5'],
] as const;

/** Has a program of coreutils check a list; its paths are relative to the directory. */
function check(tool: string, directory: string, list: string): void {
  const { status, stderr } = spawnSync(tool, ['-c', '--strict', '--quiet', '--', list], {
    cwd: directory,
    encoding: 'utf8',
  });
  expect(`${status} ${stderr}`, list).toBe('0 ');
}

async function plainSite(...names: readonly string[]): Promise<Site> {
  const place = site();
  for (const name of names) write(join(place.tree, name), `content of ${name}`);
  expect((await place.hash()).status).toBe(0);
  return place;
}

test.concurrent.each([[[]], [['--tag']]])(
  'coreutils accept every list and sidecar, whatever the names (%j)',
  async (args) => {
    const place = site();
    // Beside `x`, 255 bytes leave no room for a suffix.
    const names = hostileNames.filter((name) => !name.startsWith('.a.iso.'));
    for (const name of names) write(join(place.tree, 'd', name), name);
    await place.hash();
    const formats = 'sha256sums,sha1sums,md5sums,sha256,sha1,md5';
    const run = await exported(place, formats, '--in-place', ...args);
    const long = names.filter((name) => Buffer.byteLength(name) > 248);
    expect(run.status).toBe(0);
    expect(run.summary.files).toMatchObject({ exported: names.length });
    expect(run.outputs.filter((line) => !line.endsWith(' written'))).toHaveLength(long.length * 3);
    const directory = join(place.tree, 'd');
    for (const [list, tool, suffix] of tools) {
      check(tool, directory, list);
      const lines = readFileSync(join(directory, list), 'utf8').split('\n').slice(0, -1);
      expect(lines).toHaveLength(names.length);
      for (const name of names) if (!long.includes(name)) check(tool, directory, `${name}.${suffix}`);
    }
  },
);

test.concurrent('the list for trackers has the infohashes of exactly the exported files', async () => {
  const place = site();
  writeCounting(join(place.tree, 'd/a.bin'), 70_000);
  writeCounting(join(place.tree, 'e/b.bin'), 300_000);
  writeCounting(join(place.tree, 'e/secret.bin'), 300_001);
  chmodSync(join(place.tree, 'e/secret.bin'), 0o640);
  await place.hash();
  await exported(place, 'tracker-allowlist,torrent', '--base-url', 'https://example.org/');
  const script = [
    'import sys, libtorrent',
    'for p in sys.argv[1:]: print(libtorrent.torrent_info(p).info_hash())',
  ].join('\n');
  const python = spawnSync(
    '/usr/bin/python3',
    ['-c', script, join(outOf(place), 'd/a.bin.torrent'), join(outOf(place), 'e/b.bin.torrent')],
    { encoding: 'utf8' },
  );
  const list = readFileSync(join(outOf(place), 'tracker-allowlist.txt'), 'utf8');
  expect(list).toMatch(/^([0-9a-f]{40}\n){2}$/);
  if (python.status === 0) expect(list).toBe(`${python.stdout.trim().split('\n').sort().join('\n')}\n`);
  else process.stderr.write('e2e: libtorrent is not installed: infohashes are not compared with its own\n');
});

test.concurrent('URLs, trackers and publishers are escaped for where they stand', async () => {
  const place = await plainSite('a & <b>"\'.iso');
  const run = await exported(
    place,
    'all',
    '--base-url',
    'https://example.org/x%20y/',
    '--mirror-url',
    'https://m.example/?a=1&b=<2>/'.replace('?a=1&b=<2>', "a&b'c"),
    '--tracker',
    'http://t.example/announce?a=1&b=2',
    '--publisher',
    'A & B\'s "C" <https://p.example/?a=1&b=2>',
  );
  expect(run.status).toBe(0);
  const file = join(outOf(place), 'a & <b>"\'.iso');
  if (!installed('xmllint', '--version')) return;
  const ask = (suffix: string, query: string): string =>
    execFileSync('xmllint', ['--xpath', query, `${file}.${suffix}`], { encoding: 'utf8' }).trim();
  expect(ask('meta4', 'string(//*[local-name()="publisher"]/@name)')).toBe('A & B\'s "C"');
  expect(ask('meta4', 'string(//*[local-name()="publisher"]/@url)')).toBe('https://p.example/?a=1&b=2');
  expect(ask('meta4', 'string(//*[local-name()="file"]/@name)')).toBe('a & <b>"\'.iso');
  expect(ask('meta4', 'string(//*[local-name()="url"])')).toMatch(
    /^https:\/\/m\.example\/a&b'c\/a%20(&|%26)%20%3Cb%3E%22('|%27)\.iso$/,
  );
});

test.concurrent('no byte and no permission depends on threads, time zone, locale or umask', async () => {
  const place = await plainSite('a', 'd/b', 'd/e/c', 'ä', 'f/g/h/i');
  const args = ['--base-url', 'https://example.org/'];
  const results: unknown[] = [];
  for (const [jobs, env, umask] of [
    ['1', { TZ: 'UTC', LC_ALL: 'C' }, '022'],
    ['2', { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8' }, '077'],
    ['7', {}, '000'],
  ] as const) {
    const out = join(place.directory, `out${jobs}`);
    const prefix = ['bash', '-c', `umask ${umask}; exec "$@"`, 'bash'];
    const { status } = await place.run(
      [
        'export',
        place.tree,
        '--state',
        place.state,
        '--to',
        out,
        '--formats',
        'all',
        '--jobs',
        jobs,
        ...args,
      ],
      { env, prefix },
    );
    expect(status).toBe(0);
    for (const name of contents(out).keys()) expect(statSync(join(out, name)).mode & 0o7777).toBe(0o644);
    for (const name of ['', 'd', 'd/e', 'f/g/h']) expect(statSync(join(out, name)).mode & 0o7777).toBe(0o755);
    results.push([...contents(out)]);
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});
