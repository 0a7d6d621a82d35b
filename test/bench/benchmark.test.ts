import { expect, it } from 'vitest';
import { type Goal, median, Results, ratio, verdict } from '../../bench/benchmark.js';

const goal: Goal = { text: 'a goal', bound: 'at least', limit: 1.15, unit: '×', value: 1.15 };

it.each([
  [[], null],
  [[3], 3],
  [[3, 1], 2],
  [[10, 9, 1], 9],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %s', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it.each<[Partial<Goal>, string]>([
  [{}, '1.15 ×: reached'],
  [{ value: 0.92 }, '0.92 ×: missed by 20 %'],
  [{ value: 1.14 }, '1.14 ×: missed by 0.9 %'],
  [{ value: null }, 'not measured'],
  [{ bound: 'at most', value: 1.15 }, '1.15 ×: reached'],
  [{ bound: 'at most', value: 2.3 }, '2.30 ×: missed by 100 %'],
  [{ bound: 'at most', limit: 300, unit: 'MB', value: 299.6 }, '300 MB: reached'],
  [{ note: 'of two' }, '1.15 ×: reached (of two)'],
])('the verdict on %j', (changed, expected) => {
  expect(verdict({ ...goal, ...changed })).toBe(expected);
});

it('results answer null for what was not measured', () => {
  const sample = { seconds: 2, cpuSeconds: null, peakBytes: null };
  const results = new Results([{ who: 'a', does: '', samples: [sample], missing: null }]);
  expect([results.seconds('a'), results.seconds('b'), results.peakMegabytes('a')]).toEqual([2, null, null]);
  expect(ratio(results.seconds('a'), results.seconds('b'))).toBeNull();
});
