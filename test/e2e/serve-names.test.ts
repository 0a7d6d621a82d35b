/**
 * Hostile names, served: every file is had under its name, and every sum is accepted by sha256sum.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { beforeAll, expect, test } from 'vitest';
import { ask, escaped, exchange } from '../support/asking.js';
import { installed, type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { brokenNames, hostileNames } from '../support/names.js';
import { type Served, serving } from '../support/serving.js';

let where: Site;
let served: Served;
const directory = '"<&\'\n%2f ü';
/** Names of rsync's temporaries are not hashed. */
const hashed = hostileNames.filter((name) => name !== '.a.iso.AbCdEf');
const root = `/${escaped(directory)}/`;

beforeAll(async () => {
  where = site();
  mkdirSync(join(where.tree, directory));
  for (const name of hostileNames) write(join(where.tree, directory, name), `content of ${name}`);
  for (const name of brokenNames)
    writeFileSync(Buffer.concat([Buffer.from(`${join(where.tree, directory)}/`), name]), 'broken');
  await where.hash();
  served = await serving(where);
});

test('every file is had under its name', async () => {
  for (const name of hostileNames) {
    const { status, text } = await ask(served.origin, root + escaped(name));
    expect([name, status, text]).toEqual([name, 200, `content of ${name}`]);
  }
});

test('names that are no UTF-8 are refused', async () => {
  for (const name of brokenNames) {
    const path = [...name].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    expect((await ask(served.origin, root + path)).status).toBe(400);
  }
});

test.runIf(installed('sha256sum', '--version'))('sha256sum accepts every sum', async () => {
  const sums = await Promise.all(hashed.map((name) => ask(served.origin, `${root}${escaped(name)}.sha256`)));
  expect(sums.filter(({ status }) => status !== 200)).toEqual([]);
  const list = join(where.home, 'sums');
  writeFileSync(list, sums.map(({ text }) => text).join(''));
  const cwd = join(where.tree, directory);
  const { status, stderr } = spawnSync('sha256sum', ['-c', '--strict', '--quiet', list], {
    cwd,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

test('no name breaks a header: what describes the file is linked, and found there', async () => {
  for (const name of hashed) {
    const raw = await exchange(
      served.origin,
      `GET ${root}${escaped(name)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    const [head = ''] = raw.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n([A-Za-z-]+: [\x20-\x7e]*(\r\n|$))+$/);
    const [, link] = /<http:\/\/x(\/[^>]*\.meta4)>/.exec(head) ?? [];
    // XML cannot hold this one, and nothing is promised.
    if (name.includes('\u0007')) expect(link).toBeUndefined();
    if (link === undefined && name.includes('\u0007')) continue;
    const { status, text } = await ask(served.origin, String(link));
    expect([name, status]).toEqual([name, 200]);
    const { metalink } = new XMLParser({ processEntities: true }).parse(text);
    expect(metalink.file.size).toBe(Buffer.byteLength(`content of ${name}`));
  }
});

test('the listing leads to every name that does not begin with a dot, and each page says its name', async () => {
  const { text } = await ask(served.origin, root);
  const hrefs = [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  );
  const paths = new Set(
    hrefs.map((href) =>
      decodeURIComponent(new URL(href, `http://x${root}`).pathname)
        .split('/')
        .at(-1),
    ),
  );
  const shown = hostileNames.filter((name) => !name.startsWith('.'));
  expect(shown.filter((name) => !paths.has(name))).toEqual([]);
  expect(text).not.toContain('<tag>');
  for (const name of shown) {
    const page = await ask(served.origin, `${root}${escaped(name)}.mirrorlist`);
    expect([name, page.status]).toEqual([name, 200]);
    expect(page.text).not.toMatch(/<tag>|<script/);
  }
});

test('a directory is sent to its slash, whatever its name', async () => {
  const { status, headers } = await ask(served.origin, root.slice(0, -1));
  expect(status).toBe(301);
  expect(decodeURIComponent(new URL(String(headers.location), 'http://x/').pathname)).toBe(`/${directory}/`);
});
