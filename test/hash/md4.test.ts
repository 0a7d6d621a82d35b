import { describe, expect, test } from 'vitest';
import { loadMd4 } from '../../src/hash/md4.js';
import { hex } from './content.js';

describe('MD4', () => {
  // RFC 1320, A.5
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      'e33b4ddc9c38f2199c3e7b164fcc0536',
    ],
  ])('of %j', async (text, expected) => {
    const md4 = await loadMd4();
    expect(hex(md4(Buffer.from(text)))).toBe(expected);
  });

  test('a digest stands when the next one is made', async () => {
    const md4 = await loadMd4();
    const first = md4(Buffer.from('a'));
    md4(Buffer.from('abc'));
    expect(hex(first)).toBe('bde52cb31de33e46245e05fbdbd6fb24');
  });

  test('is loaded once', async () => {
    expect(await loadMd4()).toBe(await loadMd4());
  });
});
