/**
 * Real download programs, against the built server: what they fetch, and what they check by our metadata.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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
  zsync: installed('zsync', '-V'),
  xmllint: installed('xmllint', '--version'),
};

const odd = 'a &<">%20 grün.iso';

let place: Site;
let server: Served;
let corrupt: Mirror;
let good: Mirror;

beforeAll(async () => {
  place = site();
  write(join(place.tree, 'iso/image.iso'), image, { mtime });
  write(join(place.tree, 'iso', odd), image, { mtime });
  write(join(place.tree, 'alone.iso'), image, { mtime });
  write(join(place.tree, 'iso/good.iso'), image, { mtime });
  for (const name of hostileNames) write(join(place.tree, 'names', name), `content of ${name}`, { mtime });
  expect((await place.hash('--no-default-excludes')).status).toBe(0);
  const bad = Buffer.from(image);
  bad.fill(0, 600_000, 600_100);
  // Two hosts, or aria2 takes them for one that is down.
  corrupt = await mirrorOf(bad, '127.0.0.1');
  good = await mirrorOf(image, '127.0.0.2');
  for (const [name, { url }, score] of [
    ['corrupt', corrupt, '10000'],
    ['good', good, '1'],
  ] as const) {
    const added = await place.run([
      'mirror',
      'add',
      place.tree,
      name,
      url,
      '--state',
      place.state,
      '--score',
      score,
    ]);
    expect(added.stderr).toContain(`added ${name}`);
    const list =
      name === 'good' ? ['iso/image.iso', `iso/${odd}`, 'iso/good.iso'].join('\n') : 'iso/image.iso';
    const files = ['mirror', 'files', place.tree, name, '--state', place.state, '--files-from', '-'];
    expect((await place.run(files, { input: list })).status).toBe(0);
  }
  server = await serving(place, '--no-access-log');
});

afterAll(async () => {
  await server?.stop();
  for (const mirror of [corrupt, good]) mirror?.close();
});

/** A new directory to download into. */
function into(name: string): string {
  const directory = join(place.directory, `into ${name}`);
  mkdirSync(directory);
  return directory;
}

describe.skipIf(!has.aria2c)('aria2c', () => {
  const options = [
    '--no-conf',
    '--check-integrity=true',
    '--seed-time=0',
    '--enable-dht=false',
    '--enable-dht6=false',
  ];
  const kinds = ['meta4', 'metalink'] as const;

  test.each(kinds)('downloads by .%s from mirrors', async (kind) => {
    const before = good.asked();
    for (const [index, name] of ['good.iso', odd].entries()) {
      const cwd = into(`aria2 ${kind} ${index}`);
      const ended = await runClient(
        'aria2c',
        [...options, `${server.origin}/iso/${escaped(name)}.${kind}`],
        cwd,
      );
      expect(ended.status, ended.text).toBe(0);
      // aria2 gives names a form of its own.
      const [stored = '', ...others] = readdirSync(cwd).filter((found) => !found.endsWith(kind));
      expect(others).toEqual([]);
      expect(readFileSync(join(cwd, stored)).equals(image)).toBe(true);
    }
    expect(good.asked()).toBeGreaterThan(before);
  });

  /** No mirror has this file: aria2 comes back for its bytes, and names metalinks in that request as well. */
  test.each(['.meta4', '.metalink', ''])(
    'downloads from the server itself by the URL of the file and "%s"',
    async (kind) => {
      const cwd = into(`aria2 alone ${kind}`);
      const waits = '--bt-stop-timeout=5';
      const ended = await runClient('aria2c', [...options, waits, `${server.origin}/alone.iso${kind}`], cwd);
      expect(ended.status, ended.text).toBe(0);
      expect(readFileSync(join(cwd, 'alone.iso')).equals(image)).toBe(true);
    },
  );

  /** The metalink as served, but for the torrent, by which aria2 would go instead. */
  async function metalinkOf(kind: string, cwd: string, edit: (text: string) => string): Promise<string> {
    const { text } = await ask(server.origin, `/iso/image.iso.${kind}`);
    const edited = edit(text.replace(/^.*\.torrent<.*\n/m, ''));
    expect(edited).not.toBe(text);
    writeFileSync(join(cwd, `local.${kind}`), edited);
    return `local.${kind}`;
  }
  const inOrder = [...options, '--uri-selector=inorder', '--split=1'];

  test.each(kinds)('finds a corrupt piece by .%s, and fetches it elsewhere', async (kind) => {
    const cwd = into(`aria2 corrupt ${kind}`);
    const file = await metalinkOf(kind, cwd, (text) => text);
    const [bad, other] = [corrupt.asked(), good.asked()];
    const ended = await runClient('aria2c', [...inOrder, '-M', file], cwd);
    expect(ended.text).toContain('Invalid checksum');
    expect(ended.status, ended.text).toBe(0);
    expect(readFileSync(join(cwd, 'image.iso')).equals(image)).toBe(true);
    expect(corrupt.asked()).toBeGreaterThan(bad);
    expect(good.asked()).toBeGreaterThan(other);
  });

  test.each(kinds)('refuses by .%s what is nowhere right', async (kind) => {
    const cwd = into(`aria2 wrong ${kind}`);
    const file = await metalinkOf(kind, cwd, (text) => text.replaceAll(good.url, corrupt.url));
    const ended = await runClient('aria2c', [...inOrder, '-M', file], cwd);
    expect(ended.status).not.toBe(0);
    expect(ended.text).toContain('Invalid checksum');
  });
});

describe.skipIf(!has.zsync)('zsync', () => {
  test('rebuilds a file from an older copy, fetches little, and sets its mtime', async () => {
    const cwd = into('zsync');
    const old = Buffer.from(image);
    old.fill(7, 100_000, 150_000);
    writeFileSync(join(cwd, 'old'), Buffer.concat([Buffer.from('moved'), old.subarray(0, 1_200_000)]));
    const ended = await runClient(
      'zsync',
      ['-i', 'old', '-o', 'new', `${server.origin}/alone.iso.zsync`],
      cwd,
    );
    expect(ended.status, ended.text).toBe(0);
    expect(readFileSync(join(cwd, 'new')).equals(image)).toBe(true);
    // zsync leaves it to chance whether mktime takes the time for summer time.
    const hours = (mtime.getTime() - statSync(join(cwd, 'new')).mtimeMs) / 3_600_000;
    expect([0, 1]).toContain(hours);
    const [, used = '', fetched = ''] = /used (\d+) local, fetched (\d+)/.exec(ended.text) ?? [];
    expect(Number(used)).toBeGreaterThan(1_100_000);
    expect(Number(fetched)).toBeLessThan(200_000);
  });
});

describe('checksum programs', () => {
  test.each(['sha256', 'sha1', 'md5'])(
    '%ssum -c accepts what is served for hostile names',
    async (algorithm) => {
      const cwd = join(place.tree, 'names');
      const lines: string[] = [];
      for (const name of hostileNames) {
        const { status, text } = await ask(server.origin, `/names/${escaped(name)}.${algorithm}`);
        // A dot name is hidden from listings, not from who knows it.
        expect(status, JSON.stringify(name)).toBe(200);
        lines.push(text);
      }
      const checked = spawnSync(`${algorithm}sum`, ['-c', '--strict'], {
        cwd,
        input: lines.join(''),
        encoding: 'utf8',
      });
      expect(checked.stderr).toBe('');
      expect(checked.status).toBe(0);
      expect(checked.stdout.match(/: OK$/gm)).toHaveLength(hostileNames.length);
    },
  );
});

test.skipIf(!has.xmllint)('xmllint accepts every metalink, hostile names included', async () => {
  const cwd = into('xmllint');
  let made = 0;
  for (const [index, name] of hostileNames.entries()) {
    for (const kind of ['meta4', 'metalink']) {
      const { status, body } = await ask(server.origin, `/names/${escaped(name)}?${kind}`);
      // XML cannot hold control characters: then there is no metalink.
      if (status === 404) {
        expect(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(name), JSON.stringify(name)).toBe(
          true,
        );
        continue;
      }
      writeFileSync(join(cwd, `${index}.${kind}`), body);
      made += 1;
    }
  }
  expect(made).toBeGreaterThan(hostileNames.length);
  const files = readdirSync(cwd);
  expect(files).toHaveLength(made);
  execFileSync('xmllint', ['--noout', '--nonet', ...files], { cwd });
  const name = execFileSync('xmllint', ['--xpath', 'string(//*[local-name()="file"]/@name)', '-'], {
    input: (await ask(server.origin, `/iso/${escaped(odd)}.meta4`)).body,
    encoding: 'utf8',
  });
  expect(name).toBe(`${odd}\n`);
});
