import { describe, expect, it, test } from 'vitest';
import { absolute, fitsSystem, isWithin, join, relativeTo, signatureName, split } from '../src/paths.js';

describe('join and split', () => {
  it.each([
    ['', 'a', 'a'],
    ['a', 'b', 'a/b'],
    ['a/b', 'c d', 'a/b/c d'],
    ['', '.hidden', '.hidden'],
    ['-x', '\\', '-x/\\'],
    ['ü', 'line\nfeed', 'ü/line\nfeed'],
  ])('%j and %j are %j', (directory, name, path) => {
    expect(join(directory, name)).toBe(path);
    expect(split(path)).toEqual({ directory, name });
  });

  it('the base splits into itself and no name', () => {
    expect(split('')).toEqual({ directory: '', name: '' });
  });
});

describe('isWithin', () => {
  it.each([
    ['a', '', true],
    ['', '', true],
    ['a', 'a', true],
    ['a/b', 'a', true],
    ['a/b/c', 'a/b', true],
    ['ab', 'a', false],
    ['a', 'a/b', false],
    ['', 'a', false],
    ['a b/c', 'a', false],
    ['a%2Fb', 'a', false],
    ['A/b', 'a', false],
  ])('%j in %j: %j', (path, directory, within) => {
    expect(isWithin(path, directory)).toBe(within);
  });
});

describe('absolute and relativeTo', () => {
  it.each([
    ['/srv', 'a/b', '/srv/a/b'],
    ['/srv', '', '/srv'],
    ['/', 'a', '/a'],
    ['/', '', '/'],
  ])('%s and %j are %s', (base, path, whole) => {
    expect(absolute(base, path)).toBe(whole);
    expect(relativeTo(base, whole)).toBe(path);
  });

  it.each([
    ['/srv', '/srv2/a'],
    ['/srv', '/'],
    ['/srv', '/sr'],
    ['/srv/a', '/srv/ab'],
    ['/srv', '/SRV/a'],
  ])('outside of %s is %s', (base, path) => {
    expect(relativeTo(base, path)).toBeNull();
  });
});

describe('the longest path is 4,095 bytes', () => {
  const base = '/base';
  test.each([
    ['that long', 'x'.repeat(4095 - 6), true],
    ['a byte more', 'x'.repeat(4095 - 5), false],
    ['two bytes a letter, that long', `x${'ü'.repeat(2044)}`, true],
    ['two bytes a letter, a byte more', 'ü'.repeat(2045), false],
    ['four bytes a pair of units, that long', `x${'💾'.repeat(1022)}`, true],
    ['four bytes a pair of units, three bytes more', '💾'.repeat(1023), false],
    ['three bytes a letter, that long', '字'.repeat(1363), true],
    ['three bytes a letter, three bytes more', '字'.repeat(1364), false],
    ['the empty path', '', true],
  ])('%s', (_, path, fits) => {
    expect(fitsSystem(base, path)).toBe(fits);
  });

  it('counted from the root where that is the base', () => {
    expect(fitsSystem('/', 'x'.repeat(4094))).toBe(true);
    expect(fitsSystem('/', 'x'.repeat(4095))).toBe(false);
  });
});

test('a signature stands beside its file', () => {
  expect(signatureName('a.iso')).toBe('a.iso.asc');
  expect(signatureName('a.asc')).toBe('a.asc.asc');
});
