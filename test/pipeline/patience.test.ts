/**
 * How long a redirector that is away is waited for: counted from its failure, not from the beginning of the work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MirrorhashError } from '../../src/errors.js';
import { patiently } from '../../src/pipeline/patience.js';

function away(): never {
  throw new MirrorhashError('REDIRECTOR_AWAY', 'away');
}

function tries(
  patience: number,
  work: (attempt: number, achieve: () => void) => Promise<unknown>,
): Promise<unknown> {
  let attempt = 0;
  let achieved = 0;
  return patiently(() => work(++attempt, () => achieved++), {
    signal: new AbortController().signal,
    until: (since) => since + patience,
    achieved: () => achieved,
    onAway: () => {},
  });
}

test('a first try that took longer than the patience is followed by another', async () => {
  const result = await tries(200, async (attempt) => {
    if (attempt > 1) return 'done';
    await sleep(300);
    throw away();
  });
  expect(result).toBe('done');
});

test('what goes on between the failures is not given up', async () => {
  const result = await tries(400, async (attempt, achieve) => {
    if (attempt === 5) return 'done';
    achieve();
    throw away();
  });
  expect(result).toBe('done');
});

test('what only fails is given up', async () => {
  const started = performance.now();
  await expect(tries(400, () => Promise.reject(away()))).rejects.toThrow('away');
  expect(performance.now() - started).toBeGreaterThanOrEqual(400);
});

test('any other failure is not tried again', async () => {
  let attempts = 0;
  const work = async (): Promise<never> => {
    attempts++;
    throw new MirrorhashError('REDIRECTOR_UNUSABLE', 'wrong password');
  };
  await expect(tries(60_000, work)).rejects.toThrow('wrong password');
  expect(attempts).toBe(1);
});
