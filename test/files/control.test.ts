import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Control } from '../../src/files/control.js';
import { startThreads } from '../support/threads.js';
import type { Booking } from '../support/throttled.js';

describe('slots', () => {
  it('hold what was written, each its own', () => {
    const control = Control.allocate(3);
    control.write(0, 1, 10, 100);
    control.write(1, 2, 20, 200);
    control.write(2, 63, 5_000_000_000_000, 9_007_199_254_740_991);
    expect([0, 1, 2].map((slot) => control.read(slot))).toEqual([
      { file: 1, fileBytes: 10, jobBytes: 100 },
      { file: 2, fileBytes: 20, jobBytes: 200 },
      { file: 63, fileBytes: 5_000_000_000_000, jobBytes: 9_007_199_254_740_991 },
    ]);
  });

  it('are empty when cleared, and only those', () => {
    const control = Control.allocate(2);
    control.write(0, 1, 10, 100);
    control.write(1, 2, 20, 200);
    control.clear(0);
    expect(control.read(0)).toEqual({ file: -1, fileBytes: 0, jobBytes: 0 });
    expect(control.read(1)).toEqual({ file: 2, fileBytes: 20, jobBytes: 200 });
  });

  it('are the same on the other side', () => {
    const control = Control.allocate(1);
    const other = new Control(structuredClone(control.memory));
    other.write(0, 4, 5, 6);
    expect(control.read(0)).toEqual({ file: 4, fileBytes: 5, jobBytes: 6 });
  });

  it('do not touch the stop or the limit', () => {
    const control = Control.allocate(2);
    control.write(0, 1, 1, 1);
    control.write(1, 1, 1, 1);
    expect(control.stopped).toBe(false);
    const started = performance.now();
    control.throttle(1, 1_000_000);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

it('a stop is seen on the other side, and stays', () => {
  const control = Control.allocate(1);
  const other = new Control(control.memory);
  expect(other.stopped).toBe(false);
  control.stop();
  control.clear(0);
  expect([control.stopped, other.stopped]).toEqual([true, true]);
});

/** Two threads that book; resolves when both have ended. */
async function startTwo(
  booking: Omit<Booking, 'memory'>,
  control = Control.allocate(1),
): Promise<{ control: Control; ended: Promise<number> }> {
  const workers = await startThreads(2, 'throttled.ts', { ...booking, memory: control.memory });
  const started = performance.now();
  const ended = Promise.all(workers.map((worker) => once(worker, 'message')));
  for (const worker of workers) worker.postMessage('go');
  return { control, ended: ended.then(() => performance.now() - started) };
}

describe('the read limit', () => {
  it('holds for two threads together', async () => {
    // 2 × 30 chunks of 20 ms: 1.2 s, less the last chunk, which nobody waits for.
    const { ended } = await startTwo({ chunks: 30, bytes: 20_000, bytesPerSecond: 1_000_000 });
    const milliseconds = await ended;
    expect(milliseconds).toBeGreaterThan(1_150);
    expect(milliseconds).toBeLessThan(3_000);
  });

  it('loses no booking when two threads book at the same moment', async () => {
    const control = Control.allocate(1);
    const timeLine = () => new BigInt64Array(control.memory)[1] ?? 0n;
    // Far ahead of the clock each booking moves the time line by its cost; a stopped thread does not wait for it.
    control.stop();
    control.throttle(3_600, 1);
    const before = timeLine();
    const { ended } = await startTwo({ chunks: 100_000, bytes: 1, bytesPerSecond: 1_000 }, control);
    await ended;
    expect(timeLine() - before).toBe(200_000n * 1_000_000n);
  });

  it('does not keep a stopped thread waiting', async () => {
    const { control, ended } = await startTwo({ chunks: 10, bytes: 60, bytesPerSecond: 1 });
    await setTimeout(200);
    const stopped = performance.now();
    control.stop();
    await ended;
    expect(performance.now() - stopped).toBeLessThan(2_000);
  });

  it('lets the first chunk through at once', () => {
    const control = Control.allocate(1);
    const started = performance.now();
    control.throttle(60, 1);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('saves up nothing while nothing is read', async () => {
    const control = Control.allocate(1);
    control.throttle(1, 1000);
    await setTimeout(300);
    const started = performance.now();
    control.throttle(200, 1000);
    control.throttle(200, 1000);
    expect(performance.now() - started).toBeGreaterThan(190);
  });

  it('counts fractions of a nanosecond, not nothing', () => {
    const control = Control.allocate(1);
    control.throttle(1, Number.MAX_SAFE_INTEGER);
    expect(new BigInt64Array(control.memory)[1]).toBeGreaterThan(0n);
  });
});
