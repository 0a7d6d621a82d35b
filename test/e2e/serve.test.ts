/**
 * `mirrorhash serve`, the built program: it starts, answers, refuses what it cannot serve, and ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { installed, type Site, site } from '../support/e2e.js';
import { type Served, serving } from '../support/serving.js';

let where: Site;
let served: Served;
const content = Buffer.alloc(300_000, 'bytes that compress well, but nobody compresses them\n');

beforeAll(async () => {
  where = site();
  mkdirSync(join(where.tree, 'iso'));
  writeFileSync(join(where.tree, 'iso/a b.iso'), content);
  await where.hash();
  served = await serving(where);
});

describe('clients', () => {
  const [curl, wget, sums] = [
    installed('curl', '-V'),
    installed('wget', '-V'),
    installed('sha256sum', '--version'),
  ];

  it.runIf(curl && sums)('curl fetches a file and its sum, and sha256sum accepts it', () => {
    const [file, sum] = [join(where.home, 'a b.iso'), join(where.home, 'a b.iso.sha256')];
    for (const [to, path] of [
      [file, 'iso/a%20b.iso'],
      [sum, 'iso/a%20b.iso.sha256'],
    ] as const) {
      expect(spawnSync('curl', ['-sSfL', '-o', to, `${served.origin}/${path}`]).status).toBe(0);
    }
    expect(readFileSync(file).equals(content)).toBe(true);
    const checked = spawnSync('sha256sum', ['-c', '--strict', sum], { cwd: where.home, encoding: 'utf8' });
    expect(checked.stdout).toBe('a b.iso: OK\n');
  });

  it.runIf(curl)('curl goes on with a download', () => {
    const to = join(where.home, 'part');
    writeFileSync(to, content.subarray(0, 123_456));
    const { status } = spawnSync('curl', ['-sSf', '-C', '-', '-o', to, `${served.origin}/iso/a%20b.iso`]);
    expect(status).toBe(0);
    expect(readFileSync(to).equals(content)).toBe(true);
  });

  it.runIf(wget)('wget goes on with a download, and keeps the time', () => {
    const to = join(where.home, 'a b.iso');
    writeFileSync(to, content.subarray(0, 1000));
    const { status } = spawnSync('wget', ['-q', '-c', `${served.origin}/iso/a%20b.iso`], { cwd: where.home });
    expect(status).toBe(0);
    expect(readFileSync(to).equals(content)).toBe(true);
  });
});

describe('what cannot be served is told in a line', () => {
  const [usage, fatal] = [2, 1];
  test.each([
    ['TREE --redirector none', usage, /nothing can be served of the redirector none/],
    ['TREE --redirector postgres://mb@db/mb', usage, /MirrorBrain/],
    ['TREE --redirector sqlite:DIR/no.db', usage, /no redirector database .*no\.db/],
    ['TREE --state DIR/no-state', usage, /nothing is known of/],
    ['TREE/iso', usage, /is a directory in the tree/],
    ['DIR/nowhere', usage, /does not exist/],
    ['TREE --listen 8080', usage, /--listen: "8080" is no HOST:PORT/],
    ['TREE --listen 127.0.0.1:70000', usage, /--listen/],
    ['TREE --metrics-listen x', usage, /--metrics-listen/],
    ['TREE --trust-proxy 10.0.0.0/33', usage, /--trust-proxy: "10\.0\.0\.0\/33" is no address/],
    ['TREE --country-header X-Country', usage, /nobody is trusted/],
    ['TREE --trust-proxy loopback --country-header a:b', usage, /--country-header: "a:b" is no name/],
    ['TREE --public-url ftp://x/', usage, /--public-url/],
    ['TREE --min-redirect-size x', usage, /--min-redirect-size/],
    ['TREE --max-requests 0', usage, /--max-requests/],
    ['TREE --tracker x', usage, /--tracker/],
    ['TREE --dht-node x', usage, /--dht-node/],
    ['TREE --publisher <>', usage, /--publisher/],
    ['TREE --access-log DIR/no/where', usage, /--access-log: cannot write/],
    ['TREE --listen OCCUPIED', fatal, /cannot listen at 127\.0\.0\.1, port \d+/],
    ['TREE --listen 127.0.0.1:0 --metrics-listen OCCUPIED', fatal, /cannot listen at 127\.0\.0\.1/],
  ])('serve %s', async (words, status, message) => {
    const args = words
      .replaceAll('TREE', where.tree)
      .replaceAll('DIR', where.directory)
      .replace('OCCUPIED', new URL(served.origin).host)
      .split(' ');
    const state = args.includes('--state') ? [] : ['--state', where.state];
    const ended = await where.run(['serve', ...args, ...state]);
    expect(ended.stderr).toMatch(/^mirrorhash: [^\n]*\nhint: [^\n]*\n$|^mirrorhash: [^\n]*\n$/);
    expect(ended.stderr).toMatch(message);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
  });
});
