import { expect, it } from 'vitest';
import { parseOptions, Usage } from '../../bench/options.js';

const ids = ['small', 'warm'];

it('five rounds of everything, unless somebody says otherwise', () => {
  expect(parseOptions([], ids)).toMatchObject({ only: null, rounds: 5, quick: false, profile: false });
  expect(parseOptions(['--quick'], ids)).toMatchObject({ rounds: 1, quick: true });
  expect(parseOptions(['--quick', '--rounds', '3'], ids)).toMatchObject({ rounds: 3 });
  expect(parseOptions(['--only', 'warm,profile'], ids)).toMatchObject({
    only: new Set(['warm', 'profile']),
    profile: true,
  });
});

it.each([
  [['--only', 'fast'], 'there is no benchmark fast'],
  [['--rounds', '0'], '--rounds'],
  [['--rounds', '1.5'], '--rounds'],
  [['--fast'], '--fast'],
  [['small'], 'small'],
])('%j makes no sense', (args, words) => {
  expect(() => parseOptions(args, ids)).toThrow(Usage);
  expect(() => parseOptions(args, ids)).toThrow(words);
});
