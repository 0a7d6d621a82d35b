/**
 * A sparse file of 1 TiB, which anybody can make in no time and nobody can read in an hour: the others beside it are
 * hashed, little memory is needed, and who interrupts the run waits two seconds at most.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Dice } from '../faults/dice.js';
import { seed, tell } from '../faults/plan.js';
import { ask } from '../support/asking.js';
import { type Running, Site, told, untilOpen } from '../support/e2e.js';
import { redirectorRows, write, writeSparse } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

const TiB = 1024 ** 4;
const small = Array.from({ length: 60 }, (_, n) => `d${n % 6}/f${n}`);
const dice = new Dice(seed);
const place = new Site();
let isThere = true;

beforeAll(() => {
  process.stderr.write(`hostile: a sparse file, MIRRORHASH_FAULTS_SEED=${seed}\n`);
  try {
    writeSparse(join(place.tree, 'huge.iso'), TiB, 'not quite empty');
  } catch (error) {
    process.stderr.write(`hostile: a sparse file of 1 TiB: skipped: ${String(error)}\n`);
    isThere = false;
  }
  for (const path of small) write(join(place.tree, path), path);
});
afterAll(() => place.remove());

/** MiB that it needed at most so far. */
function peakOf({ pid }: { readonly pid: number }): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Interrupts a run some time after the huge file was opened. @returns how long it took to end, in seconds */
async function interrupt(running: Running, signal: NodeJS.Signals, after: number) {
  await untilOpen(running.pid, join(place.tree, 'huge.iso'));
  await sleep(after);
  const peak = peakOf(running);
  const sent = performance.now();
  running.child.kill(signal);
  const ended = await running.ended;
  return { ended, peak, seconds: (performance.now() - sent) / 1000 };
}

const interruptions = [
  { signal: 'SIGINT', status: 130, options: [] },
  { signal: 'SIGTERM', status: 143, options: ['--jobs', '1'] },
  { signal: 'SIGINT', status: 130, options: ['--jobs', '6'] },
  { signal: 'SIGTERM', status: 143, options: ['--read-limit', '30M'] },
] as const;

for (const { signal, status, options } of interruptions) {
  test(`${signal} ${options.join(' ')}`, async (context) => {
    if (!isThere) return context.skip();
    const running = place.startHash('--force', ...options);
    const after = dice.between(0, 2000);
    const { ended, peak, seconds } = await interrupt(running, signal, after);
    const run = told(ended);
    tell('a sparse file', {
      'ms until it ended': Math.round(seconds * 1000),
      'MiB of memory': Math.round(peak),
    });
    expect(run.status, run.stderr).toBe(status);
    expect(seconds, `after ${after} ms`).toBeLessThan(2);
    expect(peak).toBeLessThan(400);
    // The others did not wait for it: they were done before it was opened, and stay so.
    const done = run.files.map(({ path, outcome }) => `${path} ${outcome}`);
    expect(done.sort()).toEqual(small.map((path) => `${path} hashed`).sort());
    const rest = await place.hash('--exclude', 'huge.iso');
    expect(rest.summary.files).toMatchObject({ hashed: 0, unchanged: small.length });
    expect([...redirectorRows(place.state).keys()].sort()).toEqual([...small].sort());
  });
}

test('its last byte is served', async (context) => {
  if (!isThere) return context.skip();
  const served = await serving(place);
  const { status, headers, body } = await ask(served.origin, '/huge.iso', { headers: { range: 'bytes=-1' } });
  expect([status, headers['content-range']]).toEqual([206, `bytes ${TiB - 1}-${TiB - 1}/${TiB}`]);
  expect(body).toEqual(Buffer.alloc(1));
  await served.stop();
});
