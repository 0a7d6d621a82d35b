/**
 * Ranges and conditions (RFC 9110, 13 and 14), byte by byte.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { site } from '../support/e2e.js';
import { longAgo, write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

const content = '0123456789abcdefghij';
/** What HTTP has for the time of `write`. */
const date = 'Thu, 29 Feb 2024 12:34:56 GMT';
const dayBefore = 'Wed, 28 Feb 2024 12:34:56 GMT';
const dayAfter = 'Fri, 01 Mar 2024 12:34:56 GMT';
let served: Served;
let etag: string;

beforeAll(async () => {
  const where = site();
  write(join(where.tree, 'f'), content, { mtime: longAgo });
  write(join(where.tree, 'empty'), '');
  write(join(where.tree, 'large'), 'x'.repeat(1000));
  await where.hash();
  served = await serving(where);
  etag = String((await ask(served.origin, '/f')).headers.etag);
});

test('validators, and the digest of the whole file', async () => {
  const digest = createHash('sha256').update(content).digest('base64');
  const part = await ask(served.origin, '/f', { headers: { Range: 'bytes=0-0' } });
  for (const { headers } of [await ask(served.origin, '/f'), part]) {
    expect(headers.etag).toMatch(/^"[^"]+"$/);
    expect(headers['last-modified']).toBe(date);
    expect(headers['accept-ranges']).toBe('bytes');
    expect(headers['repr-digest']).toBe(`sha-256=:${digest}:`);
  }
});

describe('ranges', () => {
  test.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/20'],
    ['bytes=5-9', 206, '56789', 'bytes 5-9/20'],
    ['bytes=15-', 206, 'fghij', 'bytes 15-19/20'],
    ['bytes=-5', 206, 'fghij', 'bytes 15-19/20'],
    ['bytes=15-99', 206, 'fghij', 'bytes 15-19/20'],
    ['bytes=-99', 206, content, 'bytes 0-19/20'],
    ['bytes=0-', 206, content, 'bytes 0-19/20'],
    ['bytes=20-', 416, null, 'bytes */20'],
    ['bytes=99-100', 416, null, 'bytes */20'],
    ['bytes=-0', 416, null, 'bytes */20'],
    // Of another unit, malformed, overlapping, or very many: the whole file, which is always right.
    ['items=0-5', 200, content, undefined],
    ['bytes=a-b', 200, content, undefined],
    ['bytes=0-5,5-6', 200, content, undefined],
    ['bytes=0-,-1', 200, content, undefined],
    // Those that the file does not have are left out; one that is left is answered as one.
    ['bytes=5-9,20-30', 206, '56789', 'bytes 5-9/20'],
    ['bytes=20-30,40-', 416, null, 'bytes */20'],
  ])('%s', async (range, status, body, contentRange) => {
    const told = await ask(served.origin, '/f', { headers: { Range: range } });
    expect([told.status, told.headers['content-range']]).toEqual([status, contentRange]);
    if (body === null) return;
    expect(told.text).toBe(body);
    expect(told.headers['content-length']).toBe(String(body.length));
  });

  test('several, in the order in which they are asked for', async () => {
    const told = await ask(served.origin, '/f', { headers: { Range: 'bytes=5-6,0-1,-2' } });
    expect(told.status).toBe(206);
    const [, boundary = ''] =
      /^multipart\/byteranges; boundary=([\w-]+)$/.exec(String(told.headers['content-type'])) ?? [];
    // The line break before the first boundary is what Apache writes, and zsync waits for.
    const part = (range: string, text: string): string =>
      `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/20\r\n\r\n${text}`;
    const parts = [part('5-6', '56'), part('0-1', '01'), part('18-19', 'ij')];
    expect(told.text).toBe(`${parts.join('')}\r\n--${boundary}--\r\n`);
    expect(told.headers['content-length']).toBe(String(told.text.length));
    expect(told.headers['content-range']).toBeUndefined();
  });

  test('more than anybody needs', async () => {
    const ranges = (count: number): string =>
      Array.from({ length: count }, (_, i) => `${i * 2}-${i * 2}`).join();
    const of = (count: number) =>
      ask(served.origin, '/large', { headers: { Range: `bytes=${ranges(count)}` } });
    expect((await of(200)).status).toBe(206);
    expect((await of(201)).status).toBe(200);
  });

  test('of nothing, and of HEAD', async () => {
    const headers = { Range: 'bytes=0-0' };
    expect((await ask(served.origin, '/empty', { headers })).status).toBe(416);
    const empty = await ask(served.origin, '/empty');
    expect([empty.status, empty.text]).toEqual([200, '']);
    expect((await ask(served.origin, '/f', { method: 'HEAD', headers })).status).toBe(200);
  });
});

describe('conditions', () => {
  const table: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
    [{ 'If-None-Match': 'ETAG' }, 304],
    [{ 'If-None-Match': '"other", ETAG' }, 304],
    [{ 'If-None-Match': 'W/ETAG' }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': '"other"' }, 200],
    [{ 'If-Modified-Since': date }, 304],
    [{ 'If-Modified-Since': dayAfter }, 304],
    [{ 'If-Modified-Since': dayBefore }, 200],
    [{ 'If-Modified-Since': 'yesterday' }, 200],
    [{ 'If-None-Match': '"other"', 'If-Modified-Since': date }, 200],
    [{ 'If-Match': 'ETAG' }, 200],
    [{ 'If-Match': '*' }, 200],
    [{ 'If-Match': '"other"' }, 412],
    [{ 'If-Match': 'W/ETAG' }, 412],
    [{ 'If-Unmodified-Since': date }, 200],
    [{ 'If-Unmodified-Since': dayBefore }, 412],
    [{ 'If-Match': 'ETAG', 'If-Unmodified-Since': dayBefore }, 200],
    [{ Range: 'bytes=0-1', 'If-Range': 'ETAG' }, 206],
    [{ Range: 'bytes=0-1', 'If-Range': '"other"' }, 200],
    [{ Range: 'bytes=0-1', 'If-Range': 'W/ETAG' }, 200],
    [{ Range: 'bytes=0-1', 'If-Range': date }, 206],
    [{ Range: 'bytes=0-1', 'If-Range': dayAfter }, 200],
    [{ Range: 'bytes=99-', 'If-Range': '"other"' }, 200],
    [{ Range: 'bytes=0-1', 'If-None-Match': 'ETAG' }, 304],
  ];
  test.each(table.map(([headers, status]) => [JSON.stringify(headers), headers, status] as const))(
    '%s',
    async (_, headers, status) => {
      const sent = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replace('ETAG', etag)]),
      );
      const told = await ask(served.origin, '/f', { headers: sent });
      expect(told.status).toBe(status);
      if (status === 304) expect([told.text, told.headers.etag]).toEqual(['', etag]);
      if (status === 200) expect(told.text).toBe(content);
    },
  );
});
