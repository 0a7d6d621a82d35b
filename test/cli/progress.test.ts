import { describe, expect, test } from 'vitest';
import { type ActiveFile, canRedraw, chooseFiles, createRate, renderProgress } from '../../cli/progress.js';
import { columnsOf } from '../../cli/text.js';
import type { Progress } from '../../src/model.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

const walking: Progress = {
  walked: false,
  directories: 3111,
  filesSeen: 46_232,
  filesDone: 0,
  filesTotal: 0,
  bytesDone: 0,
  bytesTotal: 0,
  active: [],
  waiting: null,
};
const working: Progress = {
  ...walking,
  walked: true,
  filesDone: 1234,
  filesTotal: 46_232,
  bytesDone: 1.25 * GiB,
  bytesTotal: 2.95 * GiB,
};

function render(
  progress: Progress,
  columns: number,
  files: readonly ActiveFile[] = [],
  rate: number | null = null,
) {
  return renderProgress({ progress, files, rate, columns });
}

describe('the overall line', () => {
  test('at 80 columns has all of it', () => {
    expect(render(working, 80, [], 361 * MiB)).toEqual([
      '[######----------]  42 %  1.2/2.9 GiB  361 MiB/s  1,234/46,232 files  0:05 left',
    ]);
  });

  test.each([
    [60, '[######----------]  42 %  1.2/2.9 GiB  361 MiB/s  0:05 left'],
    [40, '[##-----]  42 %  1.2/2.9 GiB  0:05 left'],
    [20, '42 %  1.2/2.9 GiB'],
    [10, '42 %'],
  ])('gives up the less important at %d columns', (columns, expected) => {
    expect(render(working, columns, [], 361 * MiB)).toEqual([expected]);
  });

  test('has no rate and no time left before there is a rate', () => {
    expect(render(working, 80)).toEqual([
      '[############------------------]  42 %  1.2/2.9 GiB  1,234/46,232 files',
    ]);
  });

  test('calls totals "at least" while the walk goes on, and shows no share of them', () => {
    expect(render({ ...working, walked: false }, 80, [], 361 * MiB)).toEqual([
      '1.2/2.9+ GiB  361 MiB/s  1,234/46,232+ files  3,111 directories',
    ]);
  });

  test('writes both units when they differ, and no 100 % before the end', () => {
    const almost = {
      ...working,
      filesDone: 0,
      filesTotal: 1,
      bytesDone: 1023 * MiB + 1023 * 1024,
      bytesTotal: GiB,
    };
    expect(render(almost, 80)).toEqual([
      '[#############################-]  99 %  1023 MiB/1.0 GiB  0/1 file',
    ]);
  });

  test('is full at the end, with no rate and no time left', () => {
    const end = { ...working, filesDone: 46_232, bytesDone: 2.95 * GiB };
    expect(render(end, 60, [], 361 * MiB)).toEqual([
      '[################]  100 %  2.9/2.9 GiB  46,232/46,232 files',
    ]);
  });

  test('counts files when all of them are empty', () => {
    const empty = { ...working, filesDone: 1, filesTotal: 4, bytesDone: 0, bytesTotal: 0 };
    expect(render(empty, 60)).toEqual(['[#######-----------------------]  25 %  1/4 files']);
  });
});

test('while nothing is to be read, the walk is shown', () => {
  expect(render(walking, 80)).toEqual(['looked at 46,232 files in 3,111 directories']);
  expect(render(walking, 40)).toEqual(['46,232 files, 3,111 dirs']);
  expect(render(walking, 20)).toEqual(['46,232 files']);
  expect(render({ ...walking, filesSeen: 1, directories: 1 }, 80)).toEqual([
    'looked at 1 file in 1 directory',
  ]);
});

test('a wait is explained', () => {
  const waiting = { ...walking, waiting: 1.2 };
  expect(render(waiting, 80)[1]).toBe('waiting 2 s for files written a moment ago');
  expect(render(waiting, 40)[1]).toBe('waiting 2 s for new files');
  expect(render(waiting, 20)[1]).toBe('waiting 2 s');
});

describe('a line of a file', () => {
  const large = { path: 'iso/leap/16.0/dvd.iso', size: 4 * GiB, done: 1 * GiB };

  test('has a bar of its own when the file is large', () => {
    expect(render(working, 80, [large])[1]).toBe('  [##--------]  25 %  iso/leap/16.0/dvd.iso');
    expect(render(working, 40, [large])[1]).toBe(' 25 %  iso/leap/16.0/dvd.iso');
    expect(render(working, 20, [large])[1]).toBe(' 25 %  iso/...d.iso');
  });

  test('is only its name when it is small', () => {
    expect(render(working, 80, [{ path: 'a.rpm', size: 64 * MiB - 1, done: 0 }])[1]).toBe('  a.rpm');
  });

  test('cannot be broken by its name', () => {
    expect(render(working, 80, [{ path: 'a\n\x1b[2J.rpm', size: 1, done: 0 }])[1]).toBe('  a\\n\\x1b[2J.rpm');
  });
});

test('nothing is ever as wide as the terminal', () => {
  const path = `${'日本語ー'.repeat(50)}/${'\x1b\u202e'.repeat(50)}👨\u200d👩\u200d👧❤\ufe0f.iso`;
  const files = [
    { path, size: 4 * GiB, done: GiB },
    { path, size: 1, done: 0 },
  ];
  const huge = { ...working, filesDone: 12_345_678, filesTotal: 23_456_789, bytesTotal: 5e15, waiting: 1e6 };
  for (let columns = 10; columns <= 200; columns += 1) {
    for (const progress of [walking, working, huge, { ...huge, walked: false }]) {
      for (const line of render(progress, columns, files, 1)) {
        expect(columnsOf(line), `${columns}: ${line}`).toBeLessThan(columns);
      }
    }
  }
});

describe('chooseFiles', () => {
  const file = (path: string, size: number): ActiveFile => ({ path, size, done: 0 });
  const large = ['a', 'b', 'c', 'd', 'e'].map((path, i) => file(path, (900 - i) * MiB));
  const paths = (files: readonly ActiveFile[]) => files.map(({ path }) => path).join(' ');

  test('takes the four largest', () => {
    expect(paths(chooseFiles(large, []))).toBe('a b c d');
  });

  test('lets a file keep its line when a larger one comes', () => {
    expect(paths(chooseFiles(large, large.slice(3)))).toBe('d e a b');
  });

  test('takes one small file, and only when no large one runs', () => {
    expect(paths(chooseFiles([file('s', 9), file('t', 8)], large))).toBe('s');
    expect(paths(chooseFiles([file('s', 9), file('t', 8)], [file('t', 8)]))).toBe('t');
    expect(paths(chooseFiles([file('x', 64 * MiB), file('s', 9)], [file('s', 9)]))).toBe('x');
  });
});

test('the rate is that of the last five seconds', () => {
  const rate = createRate();
  expect(rate(0, 0)).toBeNull();
  expect(rate(50, 500)).toBeNull();
  expect(rate(100, 1000)).toBe(100);
  expect(rate(500, 5000)).toBe(100);
  expect(rate(500, 10_000)).toBe(0);
});

test('a dumb terminal, a pipe and a file show no progress', () => {
  expect(canRedraw({ isTTY: true }, 'xterm-256color')).toBe(true);
  expect(canRedraw({ isTTY: true }, undefined)).toBe(true);
  expect(canRedraw({ isTTY: true }, 'dumb')).toBe(false);
  expect(canRedraw({ isTTY: false }, 'xterm')).toBe(false);
  expect(canRedraw({}, 'xterm')).toBe(false);
});
