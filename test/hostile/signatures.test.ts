/**
 * Signatures that are none, or more than that: a GiB of nothing, FIFOs, links, devices, and texts that mean something to
 * a terminal, to XML or to HTML. The file beside them is hashed, in little memory, and what is published is well formed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { installed, outcomes, type Site, site, type Told, told } from '../support/e2e.js';
import { coreutils, redirectorRows, write, writeSparse } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

const GiB = 1024 ** 3;
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('hostile: a device as signature: skipped: only root makes devices\n');

const begin = '-----BEGIN PGP SIGNATURE-----\n';
const end = '-----END PGP SIGNATURE-----\n';
/** Armoured texts, taken as they are. */
const texts: Readonly<Record<string, string>> = {
  markup: `${begin}]]></signature><url>http://evil.example/</url><signature><![CDATA[&amp;&#60;\n<script>alert(1)</script>\n${end}`,
  escapes: `${begin}\x1b[2J\x1b]0;owned\x07\x9b31m\r\b\x7f\n${end}`,
  'not-xml': `${begin}\x01\ufffe\uffff\n${end}`,
  bidi: `${begin}\u202egnp.exe\u2028\n${end}`,
  entities: `${begin}&xxe;&lt;%pe;\n${end}`,
  largest: `${begin}${'<&>"'.repeat(16_000)}\n${end}`,
};
/** Texts that are no signature. */
const refused: Readonly<Record<string, Buffer>> = {
  nul: Buffer.from(`${begin}a\0b\n${end}`),
  'not-utf8': Buffer.from(`${begin}\xff\xfe\n${end}`, 'latin1'),
  'one-byte-more': Buffer.from(`${begin}${'x'.repeat(65_537)}\n${end}`),
};
const things = ['sparse', 'fifo', 'link', 'loop', 'directory', 'socket', ...(isRoot ? ['zero'] : [])];
const all = [...Object.keys(texts), ...Object.keys(refused), ...things];

let where: Site;
let server: Server;
let run: Told;
let peak = 0;

beforeAll(async () => {
  where = site();
  for (const name of all) write(join(where.tree, name), `content of ${name}`);
  const asc = (name: string) => join(where.tree, `${name}.asc`);
  for (const [name, text] of Object.entries({ ...texts, ...refused })) write(asc(name), text);
  writeSparse(asc('sparse'), GiB, begin);
  execFileSync('mkfifo', [asc('fifo')]);
  write(join(where.directory, 'outside'), `${begin}SECRET\n${end}`);
  symlinkSync(join(where.directory, 'outside'), asc('link'));
  symlinkSync('loop.asc', asc('loop'));
  mkdirSync(asc('directory'));
  server = createServer().listen(asc('socket'));
  if (isRoot) execFileSync('mknod', ['-m', '666', asc('zero'), 'c', '1', '5']);
  const running = where.startHash('--no-zsync');
  const watched = watch(running.pid, running.ended);
  run = told(await running.ended);
  await watched;
});
afterAll(() => server.close());

/** Notes the most memory that a process needs until it ends. */
async function watch(pid: number, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const status = spawnSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' }).stdout;
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    await sleep(50);
  }
}

test('every file beside them is hashed, in little memory, and has the signature that is one', () => {
  expect(run.status).toBe(0);
  const rows = redirectorRows(where.state);
  const sums = coreutils(
    'sha256sum',
    all.map((name) => join(where.tree, name)),
  );
  for (const name of all) {
    const row = rows.get(name);
    expect([name, row?.sha256.toString('hex')]).toEqual([name, sums.get(join(where.tree, name))]);
    expect([name, row?.pgp]).toEqual([name, texts[name] ?? '']);
  }
  expect(outcomes(run).filter((line) => !line.endsWith(' hashed'))).toEqual([]);
  process.stderr.write(`hostile: signatures: ${Math.round(peak)} MiB of memory\n`);
  expect(peak).toBeGreaterThan(20);
  expect(peak).toBeLessThan(300);
});

test('metalinks hold them as text, or not at all where XML cannot', async () => {
  const served = await serving(where);
  const parser = new XMLParser({ htmlEntities: true, trimValues: false, parseTagValue: false });
  for (const name of all) {
    const { status, text } = await ask(served.origin, `/${name}.meta4`);
    expect([name, status]).toEqual([name, 200]);
    // The parser of this test forgives much, xmllint does not.
    if (hasXmllint) expect(spawnSync('xmllint', ['--noout', '-'], { input: text }).status, name).toBe(0);
    const { file } = parser.parse(text).metalink as { file: { signature?: string; url: string | string[] } };
    const isText = name in texts && name !== 'escapes' && name !== 'not-xml';
    expect([name, file.signature?.trim()]).toEqual([name, isText ? texts[name]?.trim() : undefined]);
    expect([file.url].flat().filter((url) => !url.trim().startsWith(served.origin))).toEqual([]);
    expect(text).not.toContain('SECRET');
  }
  await served.stop();
});
const hasXmllint = installed('xmllint', '--version');

test('pages hold them as text', async () => {
  const served = await serving(where);
  for (const name of Object.keys(texts)) {
    const { status, text } = await ask(served.origin, `/${name}.mirrorlist`);
    expect([name, status]).toEqual([name, 200]);
    expect(text).not.toMatch(/<script|<url>|<signature>|\x1b|\x07/);
  }
  for (const name of things)
    expect((await ask(served.origin, `/${name}.mirrorlist`)).text).not.toContain('SECRET');
  await served.stop();
});

test('show is silent about them on a terminal, and exact in JSON', async () => {
  for (const [name, signature] of Object.entries(texts)) {
    const show = (...args: string[]) =>
      where.run(['show', join(where.tree, name), '--state', where.state, ...args]);
    expect((await show()).stdout).not.toMatch(/[^\x20-\x7e\n]/);
    const { stdout } = await show('--json');
    expect(JSON.parse(stdout)).toMatchObject({ pgp: { name: `${name}.asc`, signature } });
    expect(stdout).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/);
  }
  expect(readFileSync(join(where.tree, 'markup.asc'), 'utf8')).toBe(texts.markup);
});
