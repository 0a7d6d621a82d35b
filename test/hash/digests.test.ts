import { expect, test } from 'vitest';
import { type DigestName, DigestsHash } from '../../src/hash/digests.js';
import { hex } from './content.js';

/** Of "abc", from RFC 1321 and FIPS 180-4. */
const ofAbc = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
};

test.each<[DigestName[]]>([[['md5']], [['sha1', 'sha256']], [['md5', 'sha1', 'sha256']], [[]]])(
  'just the digests that are asked for (%j), in one and in three chunks',
  (names) => {
    for (const chunks of [['abc'], ['a', 'b', 'c'], ['', 'ab', 'c']]) {
      const hash = new DigestsHash(names);
      for (const chunk of chunks) hash.update(Buffer.from(chunk));
      const digests = Object.entries(hash.finish()).map(([name, digest]) => [name, hex(digest)]);
      expect(digests).toEqual(names.map((name) => [name, ofAbc[name]]));
    }
  },
);
