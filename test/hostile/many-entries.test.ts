/**
 * Very many files in one directory: 20,000 beside the other tests, a million in a long run. All are hashed and listed,
 * memory grows with their number and no faster, and the run can be interrupted.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberFrom, tell } from '../faults/plan.js';
import { ask } from '../support/asking.js';
import { type Running, type Site, site, told, until } from '../support/e2e.js';
import { select } from '../support/e2e-files.js';
import { python } from '../support/python.js';
import { serving } from '../support/serving.js';

const count = (numberFrom('MIRRORHASH_FAULTS_MINUTES') ?? 0) >= 10 ? 1_000_000 : 20_000;
/** What the README says of 400,000, in MiB for each of them, and what the program needs for nothing. */
const most = 300 + (count * 2.6) / 1024;
const patience = 60_000 + count * 1.5;

const maker = `
import os, sys
os.chdir(sys.argv[1])
for number in range(int(sys.argv[2])):
    file = os.open("f%07d" % number, os.O_CREAT | os.O_WRONLY, 0o644)
    os.utime(file, (1e9, 1e9))
    os.close(file)`;

let where: Site;
beforeAll(() => {
  where = site();
  execFileSync(python, ['-c', maker, where.tree, String(count)]);
}, patience);
afterAll(() => {
  execFileSync('rm', ['-rf', where.tree]);
}, patience);

/** MiB that a process needs at most until it ends. */
async function peakOf({ pid, child }: Running): Promise<number> {
  let peak = 0;
  for (; child.exitCode === null && child.signalCode === null; await sleep(50)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  return peak;
}

async function hash() {
  const running = where.start(where.hashArguments('--quiet'), { patience });
  const [peak, ended] = await Promise.all([peakOf(running), running.ended]);
  const { status, summary } = told(ended);
  tell(`${count} files in one directory`, {
    seconds: Math.round(ended.seconds),
    'MiB of memory': Math.round(peak),
  });
  expect(status, ended.stderr).toBe(0);
  expect(peak).toBeLessThan(most);
  return summary.files;
}

test(
  'an interrupted run ends within two seconds',
  async () => {
    const running = where.start(where.hashArguments('--quiet'), { patience });
    await until(() => existsSync(`${where.state}/cache.db`), 'the cache to be made');
    await sleep(200);
    const sent = performance.now();
    running.child.kill('SIGINT');
    expect((await running.ended).status).toBe(130);
    expect(performance.now() - sent).toBeLessThan(2000);
  },
  patience,
);

test(
  'all of them are hashed, and found unchanged',
  async () => {
    const first = await hash();
    expect([first.seen, first.failed, first.skipped]).toEqual([count, 0, 0]);
    expect(await hash()).toMatchObject({ seen: count, unchanged: count, hashed: 0, pruned: 0 });
    // All are empty: there is one digest, that of nothing.
    const rows = select<{ sum: string; number: number }>(
      `${where.state}/redirector.db`,
      'SELECT lower(hex(sha256)) AS sum, count(*) AS number FROM hash GROUP BY 1',
    );
    expect(rows).toEqual([{ sum: sumOfNothing(), number: count }]);
  },
  2 * patience,
);

function sumOfNothing(): string {
  return execFileSync('sha256sum', ['/dev/null'], { encoding: 'utf8' }).slice(0, 64);
}

test(
  'their listing has as many pages as it takes, and others are answered meanwhile',
  async () => {
    const served = await serving(where);
    const last = Math.ceil(count / 1000);
    const slow = ask(served.origin, `/?page=${last}`);
    expect((await ask(served.origin, '/f0000001')).status).toBe(200);
    expect((await slow).text).toContain(`./f${String(count - 1).padStart(7, '0')}"`);
    expect((await ask(served.origin, `/?page=${last + 1}`)).status).toBe(404);
    await served.stop();
  },
  patience,
);
