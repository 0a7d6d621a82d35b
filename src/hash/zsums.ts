/**
 * zsync's block sums, fed in chunks of any size: per block the rolling sum and the MD4, both cut to the hash
 * lengths, as in the body of a `.zsync` of zsyncmake 0.6.2.
 *
 * The sums themselves are the kernel's work; here the file is cut into blocks. It writes no header, and it does not search: a client's rolling of the sum is no business of ours.
 */

import type { HashLengths, ZsyncSums } from '../model.js';
import type { BlockSums, Kernel } from './kernel.js';
import { hashLengths } from './zsync-lengths.js';

export class ZsumsHash {
  readonly #size: number;
  readonly #kernel: Kernel;
  readonly #how: BlockSums & { readonly lengths: HashLengths };
  readonly #sums: Uint8Array;
  readonly #carry: Uint8Array;
  #carried = 0;
  #fed = 0;
  #position = 0;

  /**
   * @param size      of the file, bytes; exactly as many must be fed
   * @param blockSize bytes, a power of two of at least 4
   */
  constructor(size: number, blockSize: number, kernel: Kernel) {
    this.#size = size;
    this.#kernel = kernel;
    const lengths = hashLengths(size, blockSize);
    this.#how = { blockSize, lengths };
    this.#sums = new Uint8Array(Math.ceil(size / blockSize) * (lengths.rsum + lengths.checksum));
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

    const { blockSize } = this.#how;
    let offset = 0;
    if (this.#carried > 0) {
      offset = Math.min(blockSize - this.#carried, chunk.length);
      this.#carry.set(chunk.subarray(0, offset), this.#carried);
      this.#carried += offset;
      if (this.#carried < blockSize) return;
      this.#add(this.#carry);
      this.#carried = 0;
    }
    const rest = (chunk.length - offset) % blockSize;
    const end = chunk.length - rest;
    if (end > offset) this.#add(chunk.subarray(offset, end));
    this.#carry.set(chunk.subarray(end));
    this.#carried = rest;
  }

  /** @throws RangeError when fewer bytes than the size were fed */
  finish(): ZsyncSums {
    if (this.#fed !== this.#size) throw new RangeError(`zsums: ${this.#fed} of ${this.#size} bytes`);
    if (this.#carried > 0) {
      this.#carry.fill(0, this.#carried);
      this.#add(this.#carry);
      this.#carried = 0;
    }
    return { blockSize: this.#how.blockSize, hashLengths: this.#how.lengths, sums: this.#sums };
  }

  #add(blocks: Uint8Array): void {
    this.#position = this.#kernel.blockSums(blocks, this.#how, this.#sums, this.#position);
  }
}
