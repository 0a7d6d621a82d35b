import { describe, expect, test } from 'vitest';
import {
  bytes,
  clock,
  columnsOf,
  count,
  counted,
  duration,
  jsonLine,
  printable,
  said,
  shorten,
} from '../../cli/text.js';

describe('printable', () => {
  test.each([
    ['iso/a b.iso', 'iso/a b.iso'],
    ['größe/日本語/👍.iso', 'größe/日本語/👍.iso'],
    ['it\u2019s 100 % "quoted" $x', 'it\u2019s 100 % "quoted" $x'],
    ['a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['\x00\x1b[2J\x7f', '\\x00\\x1b[2J\\x7f'],
    ['\x85\x9b31m', '\\x85\\x9b31m'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\u202egnp.exe\u202c', '\\u202egnp.exe\\u202c'],
    ['\u202a\u202b\u202d\u2066\u2067\u2068\u2069', '\\u202a\\u202b\\u202d\\u2066\\u2067\\u2068\\u2069'],
    ['\u200e\u200f\u061c', '\\u200e\\u200f\\u061c'],
    ['lone \ud800 and \udc00', 'lone \\ud800 and \\udc00'],
    ['not UTF-8: \ufffd', 'not UTF-8: \ufffd'],
  ])('%j is written as %s', (name, expected) => {
    expect(printable(name)).toBe(expected);
  });

  test('a name with a backslash never looks like the escaped form of another name', () => {
    expect(printable('a\\nb')).toBe('a\\\\nb');
    expect(printable('a\\\nb')).toBe('a\\\\\\nb');
  });
});

test('show, forget and others left escape sequences of one character (U+009B) in JSON as they were', () => {
  const value = { path: '\x1b[31m\x7f\x85\x9b31m\u2028\u202e\u2066', other: 'größe 👍' };
  const line = jsonLine(value);
  expect(line).toMatch(/^[ -~größe👍]*$/u);
  expect(JSON.parse(line)).toEqual(value);
});

describe('numbers', () => {
  test.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [10_239, '9.9 KiB'],
    [102_399, '99.9 KiB'],
    [102_400, '100 KiB'],
    [1_048_575, '1023 KiB'],
    [1_048_576, '1.0 MiB'],
    [378_535_936, '361 MiB'],
    [1_288_490_189, '1.2 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [378_535_936.7, '361 MiB'],
    [0.5, '0 B'],
  ])('%d bytes are %s', (n, expected) => {
    expect(bytes(n)).toBe(expected);
  });

  test.each([
    [0, '0.00 s'],
    [0.042, '0.04 s'],
    [0.994, '0.99 s'],
    [0.996, '1.0 s'],
    [3.42, '3.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [125, '2 min 5 s'],
    [3599.4, '59 min 59 s'],
    [3599.6, '1 h 0 min'],
    [3780, '1 h 3 min'],
    [86_369, '23 h 59 min'],
    [86_399, '1 d 0 h'],
    [187_200, '2 d 4 h'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
  });

  test.each([
    [0.2, '0:01'],
    [5, '0:05'],
    [125, '2:05'],
    [3599.5, '1:00:00'],
    [3725, '1:02:05'],
    [360_000, '100:00:00'],
  ])('a clock counts %d seconds down as %s', (seconds, expected) => {
    expect(clock(seconds)).toBe(expected);
  });

  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [46_232, '46,232'],
    [1_234_567, '1,234,567'],
  ])('%d is written as %s', (n, expected) => {
    expect(count(n)).toBe(expected);
  });

  test('one is singular, all else plural', () => {
    expect(counted(1, 'file')).toBe('1 file');
    expect(counted(0, 'file')).toBe('0 files');
    expect(counted(3111, 'directory', 'directories')).toBe('3,111 directories');
  });
});

test('the program says its name, and the hint on a line of its own', () => {
  expect(said('no such file')).toBe('mirrorhash: no such file\n');
  expect(said('no such file', 'check the path')).toBe('mirrorhash: no such file\nhint: check the path\n');
});

describe('shorten', () => {
  test.each([
    ['short.iso', 9, 'short.iso'],
    ['abcdefghij', 9, 'abc...hij'],
    ['abcdefghij', 8, 'ab...hij'],
    ['abcdefghij', 4, '...j'],
    ['abcdefghij', 3, '...'],
    ['abcdefghij', 2, '..'],
    ['abcdefghij', 0, ''],
    ['abcdefghij', -5, ''],
    ['日本語日本語', 12, '日本語日本語'],
    ['日本語日本語', 11, '日本...本語'],
    ['日本語日本語', 10, '日...本語'],
    ['日本語日本語', 9, '日...本語'],
  ])('%s in %d columns is %s', (text, width, expected) => {
    expect(shorten(text, width)).toBe(expected);
  });

  test('does not cut a letter from its accent', () => {
    expect(shorten('abcdefu\u0308gh', 7)).toBe('ab...gh');
    expect(shorten('a\u0308bcdefgh', 7)).toBe('a\u0308b...gh');
  });
});

test.each([
  ['iso', 3],
  ['größe', 5],
  ['gro\u0308ße', 5],
  ['日本語', 6],
  ['ディストリビューション', 22],
  ['한국어', 6],
  ['（全角）！', 10],
  ['👍', 2],
  ['a\u200bb', 2],
  ['❤\ufe0f', 2],
  ['👨\u200d👩\u200d👧', 6],
])('%s takes at most %d columns', (text, expected) => {
  expect(columnsOf(text)).toBe(expected);
});
