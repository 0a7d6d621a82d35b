/**
 * Targets of requests, one by one: what they mean, and what is refused before anything is asked.
 */
import { describe, expect, test } from 'vitest';
import { parseTarget, splitSuffix } from '../../src/server/target.js';

describe('targets', () => {
  test.each([
    ['/', { path: '', isDirectory: true }],
    ['/a', { path: 'a', isDirectory: false }],
    ['/d/e/', { path: 'd/e', isDirectory: true }],
    ['/%61%20b', { path: 'a b' }],
    // Taken off once, and no more than that.
    ['/%2561', { path: '%61' }],
    ['/%C3%A4', { path: 'ä' }],
    ['/a%0Ab', { path: 'a\nb' }],
    ['/..a/b..', { path: '..a/b..' }],
    ['/a?sha256', { path: 'a', view: 'sha256' }],
    ['/a?x=1&torrent=&md5', { view: 'torrent' }],
    ['/a?file', { view: null }],
    ['/a?constructor', { view: null }],
    ['/d/?page=2', { page: 2 }],
    ['/d/?page=0', { page: 1 }],
    ['/d/?page=1e3', { page: 1 }],
    ['/d/?page=9999999999', { page: 1 }],
    ['http://h:1/a?md5', { path: 'a', view: 'md5', authority: 'h:1' }],
    ['HTTP://h', { path: '', authority: 'h' }],
  ])('%s', (url, expected) => {
    expect(parseTarget(url)).toMatchObject(expected);
  });

  test.each([
    ['', 400],
    ['*', 400],
    ['a', 400],
    ['ftp://h/a', 400],
    ['/..', 400],
    ['/a/../b', 400],
    ['/%2e%2E/b', 400],
    ['/a/.', 400],
    ['/a%2fb', 400],
    ['/a%2Fb', 400],
    ['/a%00', 400],
    ['/%ff', 400],
    ['/%c0%af', 400],
    ['/%', 400],
    ['/a#b', 400],
    ['/a b', 400],
    ['//a', 404],
    ['/a//b', 404],
    [`/${'a'.repeat(8192)}`, 414],
  ])('%s is refused with %d', (url, status) => {
    expect(parseTarget(url)).toMatchObject({ status });
  });
});

test.each([
  ['a.iso.sha256', { stem: 'a.iso', view: 'sha256' }],
  ['a.mirrorlist', { stem: 'a', view: 'mirrorlist' }],
  ['.md5', null],
  ['a.file', null],
  ['a.SHA256', null],
  ['md5', null],
])('the suffix of %s', (name, expected) => {
  expect(splitSuffix(name)).toEqual(expected);
});
