import { expect, it } from 'vitest';
import { benchmarks } from '../../bench/benchmarks/index.js';
import { type Outcome, summary, toMarkdown, toText } from '../../bench/table.js';

const samples = [0.1, 0.3, 0.2].map((seconds) => ({ seconds, cpuSeconds: null, peakBytes: 125e6 }));

const outcome: Outcome = {
  id: 'small',
  claim: 'small files as fast as rhash',
  work: '100 files',
  rounds: 3,
  results: [
    { who: 'mirrorhash', does: 'everything', samples, missing: null },
    { who: 'rhash', does: 'some', samples: samples.slice(0, 1), missing: null },
    { who: 'hashdeep', does: 'some', samples: [], missing: `failed: ${'x'.repeat(200)}` },
  ],
  goals: [{ text: '≥ rhash', bound: 'at least', limit: 1, unit: '×', value: 0.5 }],
  remarks: ['a remark'],
};

it('is a table for a terminal', () => {
  expect(toText(outcome).split('\n').slice(0, 5)).toEqual([
    'small: small files as fast as rhash',
    '  100 files; 3 rounds',
    '  who         median s    min–max s  × first   MB  computes',
    '  mirrorhash     0.200  0.100–0.300     1.00  125  everything',
    '  rhash          0.100  0.100–0.100     0.50  125  some',
  ]);
  expect(toText(outcome).split('\n').slice(-2)).toEqual(['  goal ≥ rhash', '       0.50 ×: missed by 50 %']);
});

it('is at most 100 columns wide', () => {
  const seconds = [1234.5, 1345.6].map((value) => ({
    seconds: value,
    cpuSeconds: null,
    peakBytes: 12_345e6,
  }));
  const long = {
    who: 'zsyncmake, xargs -P 128',
    does: 'each digest apart; MD4 1.25 GiB/s',
    samples: seconds,
    missing: null,
  };
  const lines = toText({ ...outcome, results: [...outcome.results, long] }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
});

it('is the same as Markdown', () => {
  expect(toMarkdown(outcome)).toContain('| rhash | 0.100 | 0.100–0.100 | 0.50 | 125 | some |');
  expect(toMarkdown(outcome)).toContain('- goal ≥ rhash: **0.50 ×: missed by 50 %**');
});

it('ends with what was reached', () => {
  expect(summary([outcome])).toBe('0 of 1 goals reached; missed in small');
});

it('every benchmark has an id of its own and names its claim', () => {
  expect(new Set(benchmarks.map(({ id }) => id)).size).toBe(benchmarks.length);
  for (const { claim } of benchmarks) expect(claim).not.toBe('');
});
