/**
 * zsync's block sums, fed in chunks of any size: per block the rolling sum and the MD4, both cut to the hash
 * lengths, as in the body of a `.zsync` of zsyncmake 0.6.2.
 *
 * It writes no header, and it does not search: a client's rolling of the sum is no business of ours.
 */

import type { HashLengths, ZsyncSums } from '../model.js';
import type { Md4 } from './md4.js';
import { hashLengths } from './zsync-lengths.js';

export class ZsumsHash {
  readonly #size: number;
  readonly #blockSize: number;
  readonly #md4: Md4;
  readonly #lengths: HashLengths;
  readonly #sums: Uint8Array;
  readonly #carry: Uint8Array;
  #carried = 0;
  #fed = 0;
  #position = 0;

  /**
   * @param size      of the file, bytes; exactly as many must be fed
   * @param blockSize bytes, a power of two of at least 4
   */
  constructor(size: number, blockSize: number, md4: Md4) {
    this.#size = size;
    this.#blockSize = blockSize;
    this.#md4 = md4;
    this.#lengths = hashLengths(size, blockSize);
    const blocks = Math.ceil(size / blockSize);
    this.#sums = new Uint8Array(blocks * (this.#lengths.rsum + this.#lengths.checksum));
    this.#carry = new Uint8Array(blockSize);
  }

  /**
   * The next bytes; they are not kept.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void {
    this.#fed += chunk.length;
    if (this.#fed > this.#size) throw new RangeError(`zsums: more than ${this.#size} bytes`);

    const blockSize = this.#blockSize;
    let offset = 0;
    if (this.#carried > 0) {
      offset = Math.min(blockSize - this.#carried, chunk.length);
      this.#carry.set(chunk.subarray(0, offset), this.#carried);
      this.#carried += offset;
      if (this.#carried < blockSize) return;
      this.#add(this.#carry);
      this.#carried = 0;
    }
    for (; offset + blockSize <= chunk.length; offset += blockSize) {
      this.#add(chunk.subarray(offset, offset + blockSize));
    }
    this.#carry.set(chunk.subarray(offset));
    this.#carried = chunk.length - offset;
  }

  /** @throws RangeError when fewer bytes than the size were fed */
  finish(): ZsyncSums {
    if (this.#fed !== this.#size) throw new RangeError(`zsums: ${this.#fed} of ${this.#size} bytes`);
    if (this.#carried > 0) {
      this.#carry.fill(0, this.#carried);
      this.#add(this.#carry);
      this.#carried = 0;
    }
    return { blockSize: this.#blockSize, hashLengths: this.#lengths, sums: this.#sums };
  }

  #add(block: Uint8Array): void {
    const { rsum, checksum } = this.#lengths;
    const sums = this.#sums;
    let at = this.#position;

    const ab = rollingSum(block);
    for (let shift = 8 * (rsum - 1); shift >= 0; shift -= 8) sums[at++] = ab >>> shift;

    // A loop, because a `set` of a view would cost one more object per block.
    const strong = this.#md4(block);
    for (let i = 0; i < checksum; i++) sums[at++] = strong[i] as number;

    this.#position = at;
  }
}

/** zsync's rsum of a block: A in the upper, B in the lower 16 bits. */
function rollingSum(block: Uint8Array): number {
  const length = block.length;
  let a = 0;
  // Σ (length − i)·dᵢ is the sum of all the running sums of d. It outgrows 32 bits; `| 0` keeps it an integer
  // for the machine, and only the lowest 16 bits are wanted.
  let b = 0;
  // Four at a time: otherwise every byte waits for the sum before it.
  for (let i = 0; i < length; i += 4) {
    const d0 = block[i] as number;
    const d1 = block[i + 1] as number;
    const d2 = block[i + 2] as number;
    const d3 = block[i + 3] as number;
    b = (b + 4 * (a + d0) + 3 * d1 + 2 * d2 + d3) | 0;
    a += d0 + d1 + d2 + d3;
  }
  return ((a & 0xffff) << 16) | (b & 0xffff);
}
