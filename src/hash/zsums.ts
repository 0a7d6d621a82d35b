/**
 * zsync's block sums, fed in chunks of any size: per block the rolling sum and the MD4, both cut to the hash
 * lengths, as in the body of a `.zsync` of zsyncmake 0.6.2.
 *
 * The sums themselves are the kernel's work; here the file is cut into blocks. It writes no header, and it does
 * not search: a client's rolling of the sum is no business of ours.
 */

import type { HashLengths, ZsyncSums } from '../model.js';
import type { BlockSums, Kernel } from './kernel.js';
import { hashLengths } from './zsync-lengths.js';

/** The sums of consecutive blocks, put into memory of the caller's. */
export class BlockSeries {
  readonly #how: BlockSums;
  readonly #sums: Uint8Array;
  readonly #kernel: Kernel;
  #carry: Uint8Array | null = null;
  #carried = 0;
  #position = 0;

  /** @param sums room for the sums of all blocks */
  constructor(how: BlockSums, sums: Uint8Array, kernel: Kernel) {
    this.#how = how;
    this.#sums = sums;
    this.#kernel = kernel;
  }

  /**
   * The next bytes, the first of which begins a block; they are not kept.
   *
   * @param isLast whether they are known to be the last ones: then a block that is not whole need not wait for more
   */
  update(chunk: Uint8Array, isLast: boolean): void {
    const { blockSize } = this.#how;
    const offset = this.#fillCarry(chunk);
    const rest = (chunk.length - offset) % blockSize;
    const end = chunk.length - rest;
    if (end > offset) this.#add(chunk.subarray(offset, end));
    if (rest === 0) return;
    if (isLast) this.#addPadded(chunk.subarray(end));
    else this.#carryOver(chunk.subarray(end));
  }

  /** Ends the last block: zeros fill it up. */
  finish(): void {
    if (this.#carry === null || this.#carried === 0) return;
    this.#addPadded(this.#carry.subarray(0, this.#carried));
    this.#carried = 0;
  }

  /** @returns the bytes of the chunk that went into the block begun before it */
  #fillCarry(chunk: Uint8Array): number {
    if (this.#carry === null || this.#carried === 0) return 0;
    const taken = Math.min(this.#how.blockSize - this.#carried, chunk.length);
    this.#carry.set(chunk.subarray(0, taken), this.#carried);
    this.#carried += taken;
    if (this.#carried === this.#how.blockSize) this.finish();
    return taken;
  }

  #carryOver(rest: Uint8Array): void {
    this.#carry ??= new Uint8Array(this.#how.blockSize);
    this.#carry.set(rest);
    this.#carried = rest.length;
  }

  #addPadded(block: Uint8Array): void {
    this.#position = this.#kernel.lastBlockSums(block, this.#how, this.#sums, this.#position);
  }

  #add(blocks: Uint8Array): void {
    this.#position = this.#kernel.blockSums(blocks, this.#how, this.#sums, this.#position);
  }
}

/** The zsync sums of a file. */
export class ZsumsHash {
  readonly #size: number;
  readonly #blockSize: number;
  readonly #lengths: HashLengths;
  readonly #sums: Uint8Array;
  readonly #blocks: BlockSeries;
  #fed = 0;

  /**
   * @param size      of the file, bytes; exactly as many must be fed
   * @param blockSize bytes, a power of two of at least 4
   */
  constructor(size: number, blockSize: number, kernel: Kernel) {
    this.#size = size;
    this.#blockSize = blockSize;
    this.#lengths = hashLengths(size, blockSize);
    const { rsum, checksum } = this.#lengths;
    this.#sums = new Uint8Array(Math.ceil(size / blockSize) * (rsum + checksum));
    this.#blocks = new BlockSeries({ blockSize, lengths: this.#lengths }, this.#sums, kernel);
  }

  /**
   * The next bytes; they are not kept.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void {
    this.#fed += chunk.length;
    if (this.#fed > this.#size) throw new RangeError(`zsums: more than ${this.#size} bytes`);
    this.#blocks.update(chunk, this.#fed === this.#size);
  }

  /** @throws RangeError when fewer bytes than the size were fed */
  finish(): ZsyncSums {
    if (this.#fed !== this.#size) throw new RangeError(`zsums: ${this.#fed} of ${this.#size} bytes`);
    this.#blocks.finish();
    return { blockSize: this.#blockSize, hashLengths: this.#lengths, sums: this.#sums };
  }
}
