import { expect, it } from 'vitest';
import type { Contestant } from '../../bench/benchmark.js';
import { CommandFailed } from '../../bench/measure.js';
import { runRounds } from '../../bench/rounds.js';

const host = { missing: () => null, tell: () => {} };

function contestant(who: string, log: string[], changed: Partial<Contestant> = {}): Contestant {
  const run = async () => {
    log.push(who);
    return { seconds: log.length, cpuSeconds: null, peakBytes: null };
  };
  return { who, does: '', run, ...changed };
}

it('everybody has a turn in every round, and each round begins with another one', async () => {
  const log: string[] = [];
  const contestants = ['a', 'b', 'c'].map((who) => contestant(who, log));
  const results = await runRounds(contestants, 4, host);
  expect(log.join(' ')).toBe('a b c b c a c a b a b c');
  expect(results.map(({ who, samples }) => [who, samples.length])).toEqual([
    ['a', 4],
    ['b', 4],
    ['c', 4],
  ]);
});

it('what is short is run more than once, each time as if it were the first', async () => {
  const log: string[] = [];
  const before = (): void => void log.push('clean');
  await runRounds([contestant('a', log, { repeat: 2, before })], 1, host);
  expect(log).toEqual(['clean', 'a', 'clean', 'a']);
});

it('a program that is not installed or fails is out, with the reason', async () => {
  const log: string[] = [];
  const fails = (): never => {
    throw new CommandFailed('b ended with 1: no');
  };
  const contestants = [
    contestant('a', log),
    contestant('b', log, { needs: ['rhash'], before: fails }),
    contestant('c', log),
  ];
  const missing = ({ who }: Contestant) => (who === 'c' ? 'not installed: c' : null);
  const results = await runRounds(contestants, 2, { ...host, missing });
  expect(log).toEqual(['a', 'a']);
  expect(results.map((result) => result.missing)).toEqual([
    null,
    'failed: b ended with 1: no',
    'not installed: c',
  ]);
});

it('our own failure ends it', async () => {
  const broken = (error: Error) => contestant('broken', [], { run: () => Promise.reject(error) });
  await expect(runRounds([broken(new CommandFailed('no'))], 1, host)).rejects.toThrow('no');
  const needing = { ...broken(new TypeError('a bug')), needs: ['rhash'] as const };
  await expect(runRounds([contestant('a', []), needing], 1, host)).rejects.toThrow('a bug');
});
