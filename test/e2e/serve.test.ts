/**
 * `mirrorhash serve`, the built program: it starts, answers, refuses what it cannot serve, and ends.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
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
