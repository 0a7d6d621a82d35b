import { describe, expect, it } from 'vitest';
import type { Found } from '../src/examine.js';
import { cachedOf, examine, fileOf, nothing, wantedOf } from './support/examining.js';

describe('what is excluded', () => {
  it('is counted, neither hashed nor missed', () => {
    const scan = examine(
      { files: [fileOf('a.tmp'), fileOf('b')], problems: [] },
      cachedOf(['a.tmp', 'b']),
      wantedOf({ rules: { exclude: ['**/*.tmp'] } }),
    );
    expect(scan).toMatchObject({ excluded: 1, unchanged: 1, tasks: [], vanished: [] });
  });

  it('is not entered, and not missed', () => {
    const directories = ['in', 'out'].map((name) => ({ name, device: 1n }));
    const wanted = wantedOf({ rules: { exclude: ['**/out'] } });
    const scan = examine({ directories }, cachedOf([], ['in', 'out']), wanted);
    expect(scan.subdirectories).toEqual(['d/in']);
    expect(scan.vanishedDirectories).toEqual([]);
  });

  it('has no problems', () => {
    const problem = (path: string) =>
      ({ outcome: 'skipped', path, code: 'NAME_NOT_UTF8', message: 'm' }) as const;
    const wanted = wantedOf({ rules: { exclude: ['**/*.tmp'] } });
    const scan = examine({ problems: [problem('d/x.tmp'), problem('d/y')] }, nothing, wanted);
    expect(scan.problems).toEqual([problem('d/y')]);
  });
});

describe('other file systems', () => {
  const directories = [
    { name: 'here', device: 1n },
    { name: 'mounted', device: 2n },
  ];
  it.each([
    ['are entered', null, ['d/here', 'd/mounted']],
    ['are not entered when one was asked for, and not missed', 1n, ['d/here']],
  ])('%s', (_, device, entered) => {
    const scan = examine({ directories }, cachedOf([], ['here', 'mounted']), wantedOf({ device }));
    expect(scan.subdirectories).toEqual(entered);
    expect(scan.vanishedDirectories).toEqual([]);
  });
});

describe('what vanished', () => {
  const directory = (name: string) => ({ name, device: 1n });
  const link = { outcome: 'skipped', path: 'd/a', code: 'NOT_A_FILE', message: 'm' } as const;
  it.each<[string, Partial<Found>, string[], number[], string[]]>([
    ['nothing', { files: [fileOf('a')], directories: [directory('x')] }, ['x'], [], []],
    ['a file', { directories: [directory('x')] }, ['x'], [1], []],
    ['a directory', { files: [fileOf('a')] }, ['x'], [], ['d/x']],
    ['a file that is a directory now', { directories: [directory('a')] }, [], [1], []],
    ['a directory that is a file now', { files: [fileOf('a'), fileOf('x')] }, ['x'], [], ['d/x']],
    ['a file that is a link now', { problems: [link] }, [], [1], []],
    [
      'a directory that is a link now',
      { files: [fileOf('a')], problems: [{ ...link, path: 'd/x' }] },
      ['x'],
      [],
      ['d/x'],
    ],
    ['a directory that never held records is not missed', { files: [fileOf('a')] }, [], [], []],
    ['everything', {}, ['x', 'y'], [1], ['d/x', 'd/y']],
    ['a file that was looked at', { only: ['a', 'b'] }, ['x'], [1], []],
    ['a file that was not looked at', { only: ['b'] }, ['x'], [], []],
    [
      'a directory under a name that was looked at',
      { only: ['x', 'a'], files: [fileOf('a')] },
      ['x'],
      [],
      ['d/x'],
    ],
    ['nothing, when no name was looked at', { only: [] }, ['x'], [], []],
  ])('%s', (_, found, subdirectories, files, directories) => {
    const scan = examine(found, cachedOf(['a'], subdirectories));
    expect(scan.vanished).toEqual(files.map((id) => ({ id, sequence: id + 100 })));
    expect(scan.vanishedDirectories).toEqual(directories);
  });

  it('from the base has no slash in its path', () => {
    expect(examine({ path: '' }, cachedOf([], ['x'])).vanishedDirectories).toEqual(['x']);
  });
});
