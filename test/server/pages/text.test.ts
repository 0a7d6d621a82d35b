import { describe, expect, test } from 'vitest';
import * as cli from '../../../cli/text.js';
import { count, counted, isPlain, moment, size, visible } from '../../../src/server/pages/text.js';
import { hostileNames } from '../../support/names.js';

describe('a name', () => {
  test.each([
    ['example-12.1.iso', 'example-12.1.iso'],
    [' a  b ', ' a  b '],
    ['größe 日本語 💾', 'größe 日本語 💾'],
    ['<b>&amp;"\'', '<b>&amp;"\''],
    ['a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['a\\nb', 'a\\\\nb'],
    ['\x1b[31m\x7f\x9b', '\\x1b[31m\\x7f\\x9b'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\u200e\u2066\u2028', '\\u200e\\u2066\\u2028'],
    [' ', '\\x20'],
    ['\u3000\u200b\ufeff', '\\u3000\\u200b\\ufeff'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u2800', '\\u2800'],
  ])('%j is shown as %s', (name, expected) => {
    expect(visible(name)).toBe(expected);
    expect(isPlain(name)).toBe(name === expected);
  });

  test.each(hostileNames)('%j is shown as on the command line', (name) => {
    expect(visible(name)).toBe(cli.printable(name));
  });

  test('no two names look the same', () => {
    const names = [...hostileNames, ' ', '\\x20', '  ', '\u3000', '\\u3000', 'a\nb', 'a\\nb', 'a\\\nb'];
    expect(new Set(names.map(visible)).size).toBe(new Set(names).size);
  });
});

describe('numbers', () => {
  const edges = Array.from({ length: 54 }, (_, power) => 2 ** power).flatMap((n) => [
    n - 1,
    n,
    n + 1,
    n * 1.1,
  ]);
  test.each([0, 10_239, 102_400, 1_288_490_189, ...edges].map(Math.floor).filter(Number.isSafeInteger))(
    '%d bytes are written as on the command line',
    (n) => {
      expect(size(n)).toBe(cli.bytes(n));
    },
  );

  test('counts', () => {
    expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect(counted(1, 'byte')).toBe('1 byte');
    expect(counted(0, 'byte')).toBe('0 bytes');
    expect(counted(2000, 'entry', 'entries')).toBe('2,000 entries');
  });
});

describe('a moment', () => {
  // Of `date -u -d @<seconds>`.
  test.each([
    [0, '1970-01-01', '00:00:00'],
    [-1, '1969-12-31', '23:59:59'],
    [1_795_288_620, '2026-11-21', '19:17:00'],
    [253_402_300_799, '9999-12-31', '23:59:59'],
    [-62_135_596_800, '0001-01-01', '00:00:00'],
  ])('%d', (seconds, day, clock) => {
    expect(moment(seconds)).toEqual({ machine: `${day}T${clock}Z`, day, clock });
  });

  test.each([253_402_300_800, -62_135_596_801, 2 ** 53, -(2 ** 53)])('%d has no form', (seconds) => {
    expect(moment(seconds)).toBeNull();
  });
});
