/**
 * A server that runs as somebody who may read the state, and write nothing.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Site, site, withoutPrivileges } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { servingWith } from '../support/serving.js';

const prefix = process.getuid?.() === 0 ? withoutPrivileges() : null;
if (process.getuid?.() !== 0) process.stderr.write('e2e: not root: tests of another reader are skipped\n');

async function hashed(mode: number): Promise<Site> {
  const where = site();
  chmodSync(where.tree, 0o755);
  write(join(where.tree, 'f'), 'hi\n');
  await where.hash();
  chmodSync(where.state, mode);
  // Who may enter it may read from then on.
  await where.hash();
  return where;
}

function refusal(where: Site) {
  const words = ['serve', where.tree, '--state', where.state, '--listen', '127.0.0.1:0'];
  return where.run(words, { prefix: prefix ?? [], cwd: '/' });
}

describe.skipIf(prefix === null)('as somebody else', () => {
  test('serves by a state that it may only read', async () => {
    const where = await hashed(0o755);
    const served = await servingWith(where, { prefix: prefix ?? [], cwd: '/' });
    const { status, text } = await ask(served.origin, '/f.sha256');
    // printf 'hi\n' | sha256sum
    const sum = '98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4';
    expect([status, text]).toEqual([200, `${sum}  f\n`]);
    await served.stop();
  });

  test('says what to do where the log of the database is gone', async () => {
    const where = await hashed(0o755);
    for (const suffix of ['-wal', '-shm']) rmSync(join(where.state, `redirector.db${suffix}`));
    const { status, stderr } = await refusal(where);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /redirector\.db cannot be read: its -wal and -shm are missing.*\nhint: run mirrorhash hash/,
    );
  });

  test('says that it may not, where it may not', async () => {
    const { status, stderr } = await refusal(await hashed(0o700));
    expect(status).toBe(1);
    expect(stderr).toMatch(/redirector\.db cannot be opened.*\nhint: check the permissions/);
  });
});
