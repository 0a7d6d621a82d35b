/**
 * MD4 and rsum as their definitions read: one byte, one word, one step after the other. Slow, and checked itself, by
 * the vectors of RFC 1320, in test/hash/kernel.test.ts.
 */

const start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

type Mix = (x: number, y: number, z: number) => number;

/** RFC 1320, section 3.4: function, constant, order of the words, rotations. */
const rounds: readonly (readonly [Mix, number, readonly number[], readonly number[]])[] = [
  [
    (x, y, z) => (x & y) | (~x & z),
    0,
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [3, 7, 11, 19],
  ],
  [
    (x, y, z) => (x & y) | (x & z) | (y & z),
    0x5a827999,
    [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    [3, 5, 9, 13],
  ],
  [
    (x, y, z) => x ^ y ^ z,
    0x6ed9eba1,
    [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    [3, 9, 11, 15],
  ],
];

export function md4(message: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(64 * Math.ceil((message.length + 9) / 64));
  padded.set(message);
  padded[message.length] = 0x80;
  padded.writeBigUInt64LE(8n * BigInt(message.length), padded.length - 8);
  let state: readonly number[] = start;
  for (let at = 0; at < padded.length; at += 64) {
    const after = chunk(state, padded.subarray(at, at + 64));
    state = state.map((word, i) => (word + (after[i] as number)) | 0);
  }
  const digest = Buffer.alloc(16);
  state.forEach((word, i) => {
    digest.writeInt32LE(word | 0, 4 * i);
  });
  return digest;
}

function chunk(state: readonly number[], bytes: Buffer): readonly number[] {
  let [a, b, c, d] = state as [number, number, number, number];
  for (const [mix, constant, order, rotations] of rounds) {
    order.forEach((word, i) => {
      const sum = (a + mix(b, c, d) + bytes.readUInt32LE(4 * word) + constant) | 0;
      const bits = rotations[i % 4] as number;
      [a, b, c, d] = [d, (sum << bits) | (sum >>> (32 - bits)), b, c];
    });
  }
  return [a, b, c, d];
}

/** A in the first, B in the last two of four bytes. */
export function rsum(block: Uint8Array): Uint8Array {
  let a = 0;
  let b = 0;
  block.forEach((byte, i) => {
    a = (a + byte) % 65_536;
    b = (b + (block.length - i) * byte) % 65_536;
  });
  return Uint8Array.of(a >> 8, a & 255, b >> 8, b & 255);
}

/** The sums of whole blocks, packed. */
export function blockSums(
  data: Uint8Array,
  blockSize: number,
  lengths: { rsum: number; checksum: number },
): Buffer {
  const sums: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += blockSize) {
    const block = data.subarray(at, at + blockSize);
    sums.push(rsum(block).subarray(4 - lengths.rsum), md4(block).subarray(0, lengths.checksum));
  }
  return Buffer.concat(sums);
}
