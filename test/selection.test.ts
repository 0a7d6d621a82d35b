import { describe, expect, it } from 'vitest';
import { MirrorhashError } from '../src/errors.js';
import { createMatcher, createSelection, type Selection } from '../src/selection.js';

function selectionOf(include: readonly string[], exclude: readonly string[] = []): Selection {
  return createSelection({ include, exclude, defaultExcludes: false });
}

function refusal(run: () => unknown): MirrorhashError {
  try {
    run();
  } catch (error) {
    if (error instanceof MirrorhashError && error.code === 'USAGE') return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('directories', () => {
  it('are pruned by a plain last part or a trailing **, not by a wildcard that is meant for files', () => {
    const selection = selectionOf([], ['iso', 'x/**', 'tmp*', '**']);
    expect(selection.excludesDirectory('iso')).toBe(true);
    expect(selection.excludesDirectory('x')).toBe(true);
    expect(selection.excludesDirectory('tmp1')).toBe(false);
    expect(selection.excludesDirectory('other')).toBe(false);
  });

  it('never include the base', () => {
    expect(selectionOf(['nothing'], ['**', '**/']).excludesDirectory('')).toBe(false);
  });

  it('are not touched by includes', () => {
    expect(selectionOf(['iso/*.iso']).excludesDirectory('other')).toBe(false);
  });

  it('leave out all below them for whoever asks without walking, in any order', () => {
    const selection = selectionOf([], ['**/private']);
    const answers = ['private/a/b', 'public/a/b', 'x/private/c', 'public/a/c', 'private'].map((path) =>
      selection.excludesFile(path),
    );
    expect(answers).toEqual([true, false, true, false, true]);
    expect(selection.excludesDirectory('x/private/deep/er')).toBe(true);
    expect(selection.excludesDirectory('x/privates/deep')).toBe(false);
  });
});

describe('default excludes', () => {
  const temporaries = [
    '.a.iso.Ab3xY9',
    'deep/er/.name.AAAAAA',
    '.line\nfeed.aB3dE6',
    '..x.000000',
    '.~tmp~/a.iso',
    'deep/.~tmp~/a.iso',
    'lost+found/1',
    'home/lost+found/#12',
    '.snapshot/hourly.0/a.iso',
    'vol/.snapshot/a',
  ];
  const others = [
    '.hidden',
    '.a.iso.Ab3x-9',
    '.a.iso.Ab3xY',
    '.a.iso.Ab3xY91',
    '.AAAAAA',
    '..AAAAAA',
    'a.iso.Ab3xY9',
    '.a.iso.Ab3xY\n',
    '.Ab3xY9/a.iso',
    'lost+found',
    '.~tmp~',
    'x/.snapshot',
    '.snapshots/a',
    'lost+founds/a',
  ];

  it('leave out temporaries, and nothing else', () => {
    const selection = createSelection({ include: [], exclude: [], defaultExcludes: true });
    expect(temporaries.filter((path) => !selection.excludesFile(path))).toEqual([]);
    expect(others.filter((path) => selection.excludesFile(path))).toEqual([]);
    expect(['.~tmp~', 'a/lost+found', '.snapshot'].every((path) => selection.excludesDirectory(path))).toBe(
      true,
    );
  });

  it('win over includes and can be switched off', () => {
    const rules = { include: ['**'], exclude: [], defaultExcludes: true };
    expect(temporaries.every((path) => createSelection(rules).excludesFile(path))).toBe(true);
    const without = createSelection({ ...rules, defaultExcludes: false });
    expect(temporaries.filter((path) => without.excludesFile(path))).toEqual([]);
    expect(without.excludesDirectory('lost+found')).toBe(false);
  });
});

describe('globs that are refused', () => {
  it.each([
    ['', 'is empty'],
    ['{,}', 'matches only the empty path'],
    ['/iso/**', 'begins with "/"'],
    ['{,iso}/x', 'begins with "/"'],
    ['../x', 'has a part "." or ".."'],
    ['a/../b', 'has a part "." or ".."'],
    ['a/..', 'has a part "." or ".."'],
    ['.', 'has a part "." or ".."'],
    ['a/./b', 'has a part "." or ".."'],
    ['./', 'has a part "." or ".."'],
    ['!*.iso', 'begins with "!"'],
    ['{!a,b}', 'begins with "!"'],
    ['[z-a]', 'cannot be read'],
    ['{a', 'cannot be read'],
    ['\\', 'cannot be read'],
    ['{1..100000}', 'cannot be read'],
  ])('%j %s', (glob, problem) => {
    const message = `the glob ${JSON.stringify(glob)} ${problem}`;
    for (const run of [
      () => createMatcher(['ok', glob]),
      () => createSelection({ include: [glob], exclude: [], defaultExcludes: true }),
      () => createSelection({ include: [], exclude: [glob], defaultExcludes: true }),
    ]) {
      expect(refusal(run).message.startsWith(message)).toBe(true);
    }
  });

  it('a leading slash comes with the way out', () => {
    expect(refusal(() => createMatcher(['/iso'])).hint).toBe(
      'globs are relative to the base: leave the leading "/" out',
    );
  });

  it('dots inside names and ranges are fine', () => {
    expect(['a..b', 'c...', '...'].filter(createMatcher(['a..b', 'c...', '...']))).toEqual([
      'a..b',
      'c...',
      '...',
    ]);
    expect(createMatcher(['part{1..3}'])('part2')).toBe(true);
  });
});

it('no globs match every file', () => {
  expect(['a', '.b', 'c\nd/e'].every(createMatcher([]))).toBe(true);
});
