/**
 * What is no request, nearly one, or two in one, sent to `serve` as raw bytes: it goes on answering, is never at fault
 * itself, never leaves the base, and needs no more memory than before.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Dice } from '../faults/dice.js';
import { announce, seed, tell, timeoutFor } from '../faults/plan.js';
import { ask, escaped } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';
import { fuzzed, sendRaw, statusesIn } from './fuzzing.js';

const length = { share: 0.03, short: 6 };
const lines = 'a\r\nX-Injected: 1\r\n\r\n<b>';
let where: Site;
let served: Served;

beforeAll(async () => {
  where = site();
  for (const path of ['a.iso', 'd/b.iso', 'smuggled', `${lines}/f`])
    write(join(where.tree, path), `open ${path}`);
  write(join(where.directory, 'outside/secret'), 'SECRET');
  mkdirSync(join(where.tree, 'empty'));
  await where.hash();
  served = await serving(where);
});

/** MiB that the server needed at most so far. */
function peak(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${served.pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

async function stillAnswers(after: string): Promise<void> {
  const { status, text } = await ask(served.origin, '/a.iso');
  expect([status, text], after).toEqual([200, 'open a.iso']);
}

/** What no answer may hold, whatever was asked. */
function expectHarmless(answers: string, sent: Buffer): void {
  const shown = JSON.stringify(sent.toString('latin1').slice(0, 2000));
  expect(answers, shown).not.toContain('SECRET');
  expect(answers, shown).not.toMatch(/\bat .*\.js:\d+|node:internal/);
  expect(
    statusesIn(answers).filter((status) => status >= 500),
    shown,
  ).toEqual([]);
  if (answers !== '') expect(answers.slice(0, answers.indexOf('\r\n\r\n')), shown).toMatch(head);
}

const head = /^HTTP\/1\.1 \d{3} [A-Za-z -]+(\r\n[A-Za-z-]+: [\x20-\x7e]*)*$/;

test('bytes by chance, and requests that chance has changed', { timeout: timeoutFor(length) }, async () => {
  const dice = new Dice(seed);
  const end = Date.now() + 1000 * announce('requests', length);
  const counts: Record<string, number> = { connections: 0 };
  while (Date.now() < end) {
    const burst = Array.from({ length: 100 }, () => fuzzed(dice));
    await Promise.all(
      burst.map(async (bytes) => {
        const answers = await sendRaw(served.origin, bytes, { reset: dice.chance(0.1) });
        expectHarmless(answers, bytes);
        for (const status of statusesIn(answers)) counts[status] = (counts[status] ?? 0) + 1;
      }),
    );
    counts.connections = (counts.connections ?? 0) + burst.length;
    await stillAnswers(JSON.stringify(burst.map((bytes) => bytes.toString('latin1'))));
  }
  tell('requests', { ...counts, 'MiB of memory': Math.round(peak()) });
  for (const status of [200, 400, 404, 405, 413]) expect(counts[status], `${status}`).toBeGreaterThan(0);
  expect(served.said().split('\n')).toHaveLength(2);
  expect(peak()).toBeLessThan(300);
});

describe('a second request hidden in the first', () => {
  const second = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  const size = String(second.length);
  /** Where two servers may differ about where the first one ends. */
  const shapes: Readonly<Record<string, readonly [string, string]>> = {
    'a length': [`Content-Length: ${size}`, second],
    'a length and chunks': [`Content-Length: ${size}\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${second}`],
    'chunks and a length': ['Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${second}`],
    'two lengths': [`Content-Length: 0\r\nContent-Length: ${size}`, second],
    'a list of lengths': [`Content-Length: 0, ${size}`, second],
    'a length with a sign': [`Content-Length: +${size}`, second],
    'a length in hex': ['Content-Length: 0x25', second],
    'chunked twice': ['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', `0\r\n\r\n${second}`],
    'chunked, then identity': ['Transfer-Encoding: chunked, identity', `0\r\n\r\n${second}`],
    'an unknown coding': ['Transfer-Encoding: xchunked', `0\r\n\r\n${second}`],
    'a tab before the coding': ['Transfer-Encoding:\tchunked', `0\r\n\r\n${second}`],
    'a vertical tab before it': ['Transfer-Encoding:\x0bchunked', `0\r\n\r\n${second}`],
    'a name with a blank': [`Content-Length : ${size}`, second],
    'a folded line': [`Content-Length:\r\n ${size}`, second],
    'a line without CR': [`X: y\nContent-Length: ${size}`, second],
    'a line without LF': [`X: y\rContent-Length: ${size}`, second],
    'a chunk with an extension': ['Transfer-Encoding: chunked', `0;x=\n\r\n\r\n${second}`],
    'a chunk of negative length': ['Transfer-Encoding: chunked', `-1\r\n\r\n${second}`],
    'a chunk that wraps around': ['Transfer-Encoding: chunked', `10000000000000000\r\n\r\n${second}`],
  };
  for (const method of ['GET', 'POST'])
    test.each(Object.entries(shapes))(`${method}: %s`, async (_, [field, body]) => {
      const bytes = Buffer.from(`${method} /a.iso HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n${body}`, 'latin1');
      const answers = await sendRaw(served.origin, bytes);
      expectHarmless(answers, bytes);
      expect(answers).not.toContain('open smuggled');
      // Where what follows is no HTTP, the connection may go before the answer does.
      expect(statusesIn(answers).length).toBeLessThanOrEqual(1);
      await stillAnswers(field);
    });
});

describe('ways out of the base', () => {
  const up = [
    '..',
    '%2e%2e',
    '.%2E',
    '%252e%252e',
    '..%00',
    '..;',
    '%c0%ae%c0%ae',
    '%ff%ae',
    '\uff0e\uff0e',
    '..%5c',
  ];
  const slashes = ['/', '%2f', '%5c', '\\', '//', '%c0%af', '/./', '%252f'];
  const begins = ['/', '/d/', '/d/%2e/', 'http://x/', '/empty/', '//', ''];

  test('each kind of dots with each kind of slash, from everywhere', async () => {
    const wanted = begins.flatMap((begin) =>
      up.flatMap((dots) =>
        slashes.map((slash) => `${begin}${dots}${slash}${dots}${slash}outside${slash}secret`),
      ),
    );
    // One step up, two, and a path of the system.
    const all = wanted.flatMap((target) => [
      target,
      target.replace(/outside.*/, 'etc/passwd'),
      `${target}.sha256`,
    ]);
    for (const target of all) {
      const bytes = Buffer.from(`GET ${target} HTTP/1.0\r\n\r\n`);
      const answers = await sendRaw(served.origin, bytes);
      expectHarmless(answers, bytes);
      expect(answers, target).not.toContain('root:');
      expect([400, 404], target).toContain(statusesIn(answers)[0]);
    }
  });
});

test('very many ranges, and as many as are taken, on many connections at once', async () => {
  const ranges = (count: number): string =>
    Array.from({ length: count }, (_, n) => `${n % 9}-${n % 9}`).join();
  for (const [count, status] of [
    [100_000, 431],
    [3000, 200],
    [201, 200],
  ] as const) {
    const bytes = Buffer.from(`GET /a.iso HTTP/1.0\r\nRange: bytes=${ranges(count)}\r\n\r\n`);
    const all = await Promise.all(Array.from({ length: 50 }, () => sendRaw(served.origin, bytes)));
    expect(new Set(all.flatMap(statusesIn))).toEqual(new Set([status]));
  }
  await stillAnswers('ranges');
  expect(peak()).toBeLessThan(300);
});

test('names with line breaks begin no header field, nor end the header', async () => {
  const name = escaped(lines);
  for (const target of [`/${name}`, `/${name}/`, `/${name}/f`, `/${name}/f.meta4`, `/${name}/f.torrent`]) {
    const bytes = Buffer.from(`GET ${target} HTTP/1.0\r\nHost: x\r\n\r\n`);
    const answers = await sendRaw(served.origin, bytes);
    expectHarmless(answers, bytes);
    expect(answers.slice(0, answers.indexOf('\r\n\r\n'))).not.toMatch(/^X-Injected/m);
    expect(statusesIn(answers)[0], target).toBeLessThan(400);
  }
});

test('five hundred half requests at once keep nobody else waiting', async () => {
  const half = Array.from({ length: 500 }, (_, n) =>
    sendRaw(served.origin, Buffer.from('GET /a.iso HTTP/1.1\r\nX: '.slice(0, 1 + (n % 26)))),
  );
  await stillAnswers('half requests');
  await Promise.all(half);
  await stillAnswers('they hung up');
  expect(peak()).toBeLessThan(300);
});
