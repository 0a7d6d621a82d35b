/**
 * Clients are sent to mirrors: which ones, with which words, and when not.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, exchange, valuesOf } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

const content = 'x'.repeat(5000);
let where: Site;
let trusting: Served;
let plain: Served;

function change(sql: string, ...values: readonly unknown[]): void {
  const database = new Database(join(where.state, 'redirector.db'));
  database.prepare(sql).run(...values);
  database.close();
}

beforeAll(async () => {
  where = site();
  for (const name of ['big.iso', 'big.iso.asc', 'SHA256SUMS', 'no-mirror.iso', 'stale.iso'])
    write(join(where.tree, name), content);
  write(join(where.tree, 'small.iso'), 'x'.repeat(4095));
  write(join(where.tree, 'edge.iso'), 'x'.repeat(4096));
  await where.hash();
  const insert =
    'INSERT INTO server (id, identifier, baseurl, country, region, score, enabled) VALUES (?,?,?,?,?,?,?)';
  // Twenty: four in Germany, one of those with all of the score, and the rest somewhere.
  for (let id = 1; id <= 20; id += 1) {
    const [country, region] = id <= 4 ? ['de', 'eu'] : id <= 8 ? ['fr', 'eu'] : ['us', 'na'];
    change(insert, id, `m${id}`, `https://m${id}.example/pub/`, country, region, id === 2 ? 300 : 100, 1);
  }
  change(insert, 21, 'off', 'https://off.example/', 'de', 'eu', 100, 0);
  change(insert, 22, 'zero', 'https://zero.example/', 'de', 'eu', 0, 1);
  change(insert, 23, 'broken', 'https://broken.example/\r\nX-Evil: 1', 'de', 'eu', 100, 1);
  change(
    'UPDATE filearr SET mirrors = ?',
    JSON.stringify(Array.from({ length: 25 }, (_, index) => index + 1)),
  );
  change("UPDATE filearr SET mirrors = '[]' WHERE path = 'no-mirror.iso'");
  write(join(where.tree, 'stale.iso'), `${content}!`);
  const country = ['--country-header', 'X-Country', '--region-header', 'X-Region'];
  trusting = await serving(where, '--trust-proxy', '10.0.0.0/8,loopback', ...country);
  plain = await serving(where, '--trust-proxy', '10.0.0.0/8', ...country);
});

async function destinations(served: Served, headers: Readonly<Record<string, string>>, count: number) {
  const found = new Map<string, number>();
  for (const told of await Promise.all(
    Array.from({ length: count }, () => ask(served.origin, '/big.iso', { headers })),
  )) {
    expect(told.status).toBe(302);
    const host = new URL(String(told.headers.location)).hostname;
    found.set(host, (found.get(host) ?? 0) + 1);
  }
  return found;
}

test('302 with all that a client needs to get along without us', async () => {
  const raw = await exchange(
    plain.origin,
    'GET /big.iso HTTP/1.1\r\nHost: dl.example\r\nConnection: close\r\n\r\n',
  );
  expect(raw).toMatch(/^HTTP\/1.1 302 Found\r\n/);
  expect(valuesOf(raw, 'location')[0]).toMatch(/^https:\/\/m\d+\.example\/pub\/big\.iso$/);
  const digest = createHash('sha256').update(content).digest('base64');
  expect(valuesOf(raw, 'digest')).toEqual([`SHA-256=${digest}`]);
  const links = valuesOf(raw, 'link');
  expect(links.slice(0, 3)).toEqual([
    '<http://dl.example/big.iso.meta4>; rel=describedby; type="application/metalink4+xml"',
    '<http://dl.example/big.iso.torrent>; rel=describedby; type="application/x-bittorrent"',
    '<http://dl.example/big.iso.asc>; rel=describedby; type="application/pgp-signature"',
  ]);
  const duplicates = links.slice(3);
  expect(duplicates).toHaveLength(20);
  expect(duplicates[0]).toBe('<https://m2.example/pub/big.iso>; rel=duplicate; pri=1; geo=de');
  expect(duplicates[19]).toMatch(/; rel=duplicate; pri=20; geo=/);
  expect(raw).not.toMatch(/off\.example|zero\.example|broken|Evil/);
});

test.each(['/small.iso', '/big.iso.asc', '/SHA256SUMS', '/no-mirror.iso', '/stale.iso'])(
  '%s is delivered here',
  async (path) => {
    expect((await ask(plain.origin, path)).status).toBe(200);
  },
);

test('a file of just the size goes to mirrors', async () => {
  expect((await ask(plain.origin, '/edge.iso')).status).toBe(302);
  const all = await serving(where, '--min-redirect-size', '5001');
  expect((await ask(all.origin, '/big.iso')).status).toBe(200);
  await all.stop();
});

describe('the place of the client', () => {
  test('who is trusted tells the country: near mirrors only, by their scores', async () => {
    const found = await destinations(trusting, { 'X-Country': 'DE' }, 600);
    expect([...found.keys()].sort()).toEqual(['m1.example', 'm2.example', 'm3.example', 'm4.example']);
    // Half of them: 300 of 600, and seven standard deviations on either side.
    const share = found.get('m2.example') ?? 0;
    expect(share).toBeGreaterThan(210);
    expect(share).toBeLessThan(390);
  });

  test('and the region, where no mirror is in the country', async () => {
    const found = await destinations(trusting, { 'X-Country': 'es', 'X-Region': 'EU' }, 200);
    expect(found.size).toBe(8);
    expect([...found.keys()].every((host) => Number(/\d+/.exec(host)) <= 8)).toBe(true);
  });

  test('nobody else does', async () => {
    expect((await destinations(plain, { 'X-Country': 'de' }, 200)).size).toBeGreaterThan(8);
  });

  test('nor who is trusted, with garbage', async () => {
    expect((await destinations(trusting, { 'X-Country': 'deutschland' }, 200)).size).toBeGreaterThan(8);
  });
});

test('X-Forwarded-* count from who is trusted, and from nobody else', async () => {
  const headers = { Host: 'inner', 'X-Forwarded-Host': 'dl.example', 'X-Forwarded-Proto': 'https' };
  const path = '/no-mirror.iso.meta4';
  expect((await ask(trusting.origin, path, { headers })).text).toContain(
    '>https://dl.example/no-mirror.iso<',
  );
  expect((await ask(plain.origin, path, { headers })).text).toContain('>http://inner/no-mirror.iso<');
  const named = await serving(where, '--public-url', 'https://pub.example/x');
  expect((await ask(named.origin, path, { headers })).text).toContain(
    '>https://pub.example/x/no-mirror.iso<',
  );
  await named.stop();
});

test('the details page lists mirrors, nearest first', async () => {
  const { text } = await ask(trusting.origin, '/big.iso.mirrorlist', { headers: { 'X-Country': 'fr' } });
  expect(text.indexOf('m5.example')).toBeGreaterThan(0);
  expect(text.indexOf('m5.example')).toBeLessThan(text.indexOf('m1.example'));
  expect(text).not.toMatch(/off\.example|zero\.example/);
});

test('a mirror that is switched off gets nobody any more', async () => {
  change('UPDATE server SET enabled = 0 WHERE id <> 7');
  let last = 0;
  for (const end = Date.now() + 5000; Date.now() < end; ) {
    const { headers } = await ask(plain.origin, '/big.iso');
    last = String(headers.location).startsWith('https://m7.') ? last + 1 : 0;
    if (last === 30) break;
  }
  expect(last).toBe(30);
});
