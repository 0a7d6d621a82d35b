import { expect, test } from 'vitest';
import { DigestsHash } from '../../src/hash/digests.js';
import { hex } from './content.js';

test('the digests of "abc" from RFC 1321 and FIPS 180-4, in one and in three chunks', () => {
  for (const chunks of [['abc'], ['a', 'b', 'c'], ['', 'ab', 'c']]) {
    const hash = new DigestsHash();
    for (const chunk of chunks) hash.update(Buffer.from(chunk));
    const { md5, sha256 } = hash.finish();
    expect(hex(md5)).toBe('900150983cd24fb0d6963f7d28e17f72');
    expect(hex(sha256)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  }
});
