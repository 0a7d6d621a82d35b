/**
 * A server under strain: garbage, downloads that break off, too many at once, and its end.
 */
import { truncateSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, exchange } from '../support/asking.js';
import { openFiles, type Site, site, until, untilOpen } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

const megabyte = 1024 * 1024;
let where: Site;
let large: string;

beforeAll(async () => {
  where = site();
  write(join(where.directory, 'outside'), 'SECRET');
  write(join(where.tree, 'a/b.iso'), 'open');
  write(join(where.tree, 'large.iso'), '');
  large = join(where.tree, 'large.iso');
  truncateSync(large, 64 * megabyte);
  await where.hash('--no-zsync');
});

/** A response whose body nobody reads yet. */
function begin({ origin }: Served, path: string): Promise<IncomingMessage> {
  const { hostname: host, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    request({ host, port, path, agent: false }, resolve).on('error', reject).end();
  });
}

function read(response: IncomingMessage): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    response.on('error', () => {});
    response.on('close', () => resolve(bytes));
  });
}

describe('garbage', () => {
  /** A generator of numbers from 0, below 1 (mulberry32). */
  function seeded(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
  }
  const random = seeded(5);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const parts = [
    ...[
      'a',
      'b.iso',
      '.sha256',
      '.torrent',
      '.meta4',
      '.mirrorlist',
      '/',
      '/',
      '/',
      '//',
      '..',
      '../',
      '%2e%2e/',
      '.',
    ],
    ...[
      '%2f',
      '%5c',
      '%00',
      '%',
      '%zz',
      '%ff',
      '%c0%ae',
      '%C3%BC',
      '?',
      '?page=2',
      '?sha256',
      '&',
      '=',
      '#',
      ';',
      '\\',
    ],
    ...[
      '\x01',
      '\x7f',
      '\xff',
      '\xc3\xbc',
      '"',
      '<script>',
      'outside',
      '~',
      'proc/self/environ',
      'etc/passwd',
      '\t',
    ],
    ...[
      'http://',
      '@',
      ':',
      '[',
      'x'.repeat(300),
      'a'.repeat(5000),
      '%2e',
      '*',
      '{',
      '|',
      '^',
      'healthz',
      'a/b.iso?btih',
    ],
  ];
  const fields = [
    'Range: bytes=9-1',
    'Range: bytes=--',
    'If-Range: \xff',
    'If-None-Match: """',
    'Accept: */*;q=x, text/html',
    'Accept: application/metalink4+xml',
    'If-Modified-Since: never',
    'X-Forwarded-Host: ../..',
    'Cookie: a=b',
    'If-Match: *',
    'Accept: text/html',
    'Range: bytes=0-0,1-1',
  ];
  const target = (): string => `/${Array.from({ length: 1 + random() * 6 }, () => pick(parts)).join('')}`;

  test('20,000 requests and 400 things that are none: never an error of ours, nothing that is not for everybody', async () => {
    const served = await serving(where, '--no-access-log');
    const seen = new Map<string, number>();
    let answered = 0;
    const judge = (text: string): number => {
      expect(text).not.toContain('SECRET');
      expect(text).not.toContain(where.directory);
      expect(text).not.toContain('root:');
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);
      for (const status of statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
      return statuses.length;
    };
    const batch = 100;
    for (let sent = 0; sent < 20_000; sent += 4 * batch) {
      const pipelines = Array.from({ length: 4 }, () =>
        Array.from({ length: batch }, (_, index) => {
          // What no parser of HTTP lets through stands in the other half of this test.
          const path = target().replace(/[^\x21-\x7e]/g, '%20');
          const field = random() < 0.5 ? `${pick(fields)}\r\n` : '';
          const last = index === batch - 1 ? 'Connection: close\r\n' : '';
          return `${pick(['GET', 'GET', 'GET', 'HEAD', 'POST'])} ${path} HTTP/1.1\r\nHost: x\r\n${field}${last}\r\n`;
        }).join(''),
      );
      for (const text of await Promise.all(pipelines.map((bytes) => exchange(served.origin, bytes))))
        answered += judge(text);
    }
    expect(answered).toBe(20_000);
    const noRequests = Array.from({ length: 400 }, () => {
      const line = `${pick(['GET', 'G\0T', '', 'CONNECT', 'get', '\x16\x03\x01'])} ${target()} ${pick(['HTTP/1.1', 'HTTP/9', ''])}`;
      return `${line}\r\n${pick(['Host: x\r\n\r\n', '\r\n', ': \r\n\r\n', 'Content-Length: -1\r\n\r\n', 'A: \0\r\n\r\n'])}`;
    });
    for (let at = 0; at < noRequests.length; at += 50) {
      const texts = await Promise.all(
        noRequests.slice(at, at + 50).map((bytes) => exchange(served.origin, `${bytes}GARBAGE\r\n\r\n`)),
      );
      for (const text of texts) judge(text);
    }
    expect([...seen.keys()].filter((status) => !/^[234]/.test(status))).toEqual([]);
    // It was no garbage alone: all kinds of answers were given.
    for (const status of ['200', '301', '400', '404', '405', '414'])
      expect(seen.get(status)).toBeGreaterThan(0);
    expect((await ask(served.origin, '/a/b.iso')).text).toBe('open');
    expect(served.said()).toMatch(/^mirrorhash: serving [^\n]*\n$/);
    expect((await served.stop()).status).toBe(143);
  }, 60_000);

  test('a head without end, and a body that nobody asked for', async () => {
    const served = await serving(where, '--no-access-log');
    const head = await exchange(
      served.origin,
      `GET / HTTP/1.1\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(40)}`,
    );
    expect(head).toMatch(/^HTTP\/1\.1 431 /);
    const body = await exchange(served.origin, 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello');
    expect(body).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n/);
    await served.stop();
  });
});

test('a download that breaks off leaves nothing open', async () => {
  const served = await serving(where);
  for (let round = 0; round < 5; round += 1) {
    const responses = await Promise.all(Array.from({ length: 4 }, () => begin(served, '/large.iso')));
    await untilOpen(served.pid, large);
    for (const response of responses) response.destroy();
  }
  await until(() => !openFiles(served.pid).has(large), 'the file to be closed');
  const { stdout } = await served.stop();
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(20);
  for (const line of lines) expect(line).toMatchObject({ target: '/large.iso', status: 200, aborted: true });
});

describe('too many at once', () => {
  test('are told to come back', async () => {
    const served = await serving(where, '--max-requests', '2');
    const busy = await Promise.all([begin(served, '/large.iso'), begin(served, '/large.iso')]);
    await untilOpen(served.pid, large);
    const { status, headers } = await ask(served.origin, '/a/b.iso');
    expect(status).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    for (const response of busy) response.destroy();
    await until(() => !openFiles(served.pid).has(large), 'the file to be closed');
    expect((await ask(served.origin, '/a/b.iso')).status).toBe(200);
    await served.stop();
  });
});

describe('the end', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s: within two seconds, whoever is slow', async (signal, status) => {
    const served = await serving(where);
    const slow = await begin(served, '/large.iso');
    await untilOpen(served.pid, large);
    slow.on('error', () => {});
    const begun = performance.now();
    const ended = await served.stop(signal);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(ended.status).toBe(status);
    // And its line was written.
    expect(JSON.parse(ended.stdout)).toMatchObject({ target: '/large.iso', aborted: true });
  });

  test('who reads gets all of the file; nothing new is taken', async () => {
    const served = await serving(where);
    const download = await begin(served, '/large.iso');
    await untilOpen(served.pid, large);
    const ended = served.stop();
    await until(() => false, 'the signal', 200).catch(() => {});
    await expect(ask(served.origin, '/a/b.iso')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    expect(await read(download)).toBe(64 * megabyte);
    expect((await ended).status).toBe(143);
  });
});
