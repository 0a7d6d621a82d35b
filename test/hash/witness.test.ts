import { createCipheriv } from 'node:crypto';
import { expect, test } from 'vitest';
import { Witness } from '../../src/hash/witness.js';

const key = new Uint8Array(32).map((_, index) => index * 7);
const content = new Uint8Array(100_000).map((_, index) => index % 251);

function witnessOf(bytes: Uint8Array, chunkSize: number, ofKey = key): string {
  const witness = new Witness(ofKey);
  for (let at = 0; at < bytes.length; at += chunkSize) witness.update(bytes.subarray(at, at + chunkSize));
  return Buffer.from(witness.finish()).toString('hex');
}

test('it is the tag of RFC 8439 for the bytes as additional data, in any chunking', () => {
  const cipher = createCipheriv('chacha20-poly1305', key, new Uint8Array(12), { authTagLength: 16 });
  cipher.setAAD(content, { plaintextLength: 0 });
  cipher.final();
  const tag = cipher.getAuthTag().toString('hex');
  for (const chunkSize of [1, 15, 16, 17, 4096, 99_999, 100_000])
    expect(witnessOf(content, chunkSize)).toBe(tag);
});

test('another byte, another order, one byte less or another key make another one', () => {
  const tag = witnessOf(content, 4096);
  const flipped = content.slice();
  flipped[50_000] = 0xff;
  const others = [
    witnessOf(flipped, 4096),
    witnessOf(content.toReversed(), 4096),
    witnessOf(content.subarray(1), 4096),
    witnessOf(content, 4096, key.toReversed()),
  ];
  expect(others).not.toContain(tag);
  expect(new Set(others).size).toBe(4);
});
