/**
 * Those who watch over a server: metrics, health, and the access log.
 */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, exchange } from '../support/asking.js';
import { type Site, site, until } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

let where: Site;

beforeAll(async () => {
  where = site();
  for (const name of ['a.iso', 'b.iso', 'c.iso']) write(join(where.tree, name), 'x'.repeat(5000));
  await where.hash();
  const database = new Database(join(where.state, 'redirector.db'));
  database.exec(`INSERT INTO server (id, identifier, baseurl) VALUES (1, 'm"1', 'https://m.example/');
    UPDATE filearr SET mirrors = '[1]' WHERE path = 'a.iso'`);
  database.close();
});

function parsed(text: string): readonly Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('Prometheus reads what was answered', async () => {
  const served = await serving(where, '--metrics-listen', '127.0.0.1:0');
  const [, origin = ''] = /metrics at (http:\/\/[^/]+)\/metrics\n/.exec(served.said()) ?? [];
  for (const path of ['/a.iso', '/b.iso', '/b.iso', '/b.iso.sha256', '/nowhere', '/'])
    await ask(served.origin, path);
  await ask(served.origin, '/', { method: 'POST' });
  for (let round = 0; round < 2; round += 1) {
    const { headers, text } = await ask(origin, '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = text.split('\n');
    for (const line of [
      'mirrorhash_requests_total{kind="redirect",status="302"} 1',
      'mirrorhash_requests_total{kind="file",status="200"} 2',
      'mirrorhash_requests_total{kind="sha256",status="200"} 1',
      'mirrorhash_requests_total{kind="nothing",status="404"} 1',
      'mirrorhash_requests_total{kind="directory",status="200"} 1',
      'mirrorhash_requests_total{kind="refused",status="405"} 1',
      'mirrorhash_redirects_total{mirror="m\\"1"} 1',
      'mirrorhash_requests_in_flight 0',
      'mirrorhash_records 3',
    ]) {
      expect(lines).toContain(line);
    }
    const age = Number(/^mirrorhash_last_run_age_seconds (.+)$/m.exec(text)?.[1]);
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(120);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  }
  expect((await ask(origin, '/healthz')).text).toBe('ok\n');
  expect((await ask(origin, '/a.iso')).status).toBe(404);
  expect((await ask(origin, '/metrics', { method: 'POST' })).status).toBe(405);
  expect((await ask(served.origin, '/metrics')).status).toBe(404);
  await served.stop();
});

describe('the access log', () => {
  test('is a JSON object a line, of printable ASCII, whatever was sent', async () => {
    const served = await serving(where, '--trust-proxy', 'loopback');
    await ask(served.origin, '/a.iso', {
      headers: { 'User-Agent': 'curl/8', 'X-Forwarded-For': '203.0.113.9' },
    });
    await exchange(
      served.origin,
      `GET /b.iso?%ff%0a HTTP/1.1\r\nHost: x\r\nUser-Agent: x"\xff\\\r\nConnection: close\r\n\r\n`,
    );
    await exchange(served.origin, 'NONSENSE\r\n\r\n');
    const { stdout } = await served.stop();
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    const [first, second, third, ...more] = parsed(stdout);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      ...{
        client: '203.0.113.9',
        method: 'GET',
        target: '/a.iso',
        status: 302,
        kind: 'redirect',
        mirror: 'm"1',
      },
      userAgent: 'curl/8',
    });
    expect(String(first?.time)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(first?.seconds).toBeGreaterThan(0);
    expect(second).toMatchObject({ target: '/b.iso?%ff%0a', status: 200, bytes: 5000, kind: 'file' });
    expect(third).toMatchObject({ status: 400, kind: 'refused', method: null, target: null });
  });

  test('goes to a file, and to a new one when that was rotated', async () => {
    const log = join(where.home, 'access.log');
    const served = await serving(where, '--access-log', log);
    await ask(served.origin, '/b.iso');
    await until(() => readFileSync(log, 'utf8').endsWith('\n'), 'the first line');
    renameSync(log, `${log}.1`);
    await sleep(1100);
    await ask(served.origin, '/c.iso');
    const { stdout } = await served.stop();
    expect(stdout).toBe('');
    expect(parsed(readFileSync(`${log}.1`, 'utf8')).map(({ target }) => target)).toEqual(['/b.iso']);
    expect(parsed(readFileSync(log, 'utf8')).map(({ target }) => target)).toEqual(['/c.iso']);
  });

  test('is not written where nobody wants it', async () => {
    const served = await serving(where, '--no-access-log');
    await ask(served.origin, '/b.iso');
    expect((await served.stop()).stdout).toBe('');
  });
});
