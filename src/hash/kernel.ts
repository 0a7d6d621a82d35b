/**
 * The WebAssembly of workers/simd and its memory: lanes for eight messages, zsync's block sums, MD5 side by side.
 *
 * The memory never grows, so its views never detach: whoever reads files reads them right into the lanes, and gives
 * views of them to other hashes as well. No file is read here (the module is given), no message padded (lanes.ts), no
 * file cut into blocks (zsums.ts). One kernel serves any number of files of one thread; between two calls it keeps
 * nothing but what is in the lanes and their MD5 states.
 */

import type { HashLengths } from '../model.js';

/** How many messages are hashed side by side. */
export const laneCount = 8;

/** bytes; a multiple of the common block sizes and piece lengths, so that few of them have to be put together */
export const laneBytes = 2 * 1024 * 1024;

/** Room for a message's padding behind each lane; as much as also keeps the lanes out of each other's cache lines. */
const marginBytes = 4096 + 64;
/** The first page is the module's own. */
const pageBytes = 65_536;
/** Where packed sums wait to be fetched. */
const packedAt = pageBytes;
const packedBytes = 65_536;
/** For blocks from elsewhere; small enough to stay in the processor's cache. */
const scratchAt = packedAt + packedBytes;
const scratchBytes = 262_144;
const lanesAt = scratchAt + scratchBytes;
const pages = Math.ceil((lanesAt + laneCount * (laneBytes + marginBytes)) / pageBytes);

const md5Start = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

/** What workers/simd exports. Lengths are in bytes; what is called `at` is an address. */
interface Simd {
  beginSums(blockSize: number, rsum: number, checksum: number, at: number): void;
  addBlocks(at: number, count: number): void;
  beginBlock(): void;
  addToBlock(at: number, length: number): void;
  endBlock(): void;
  md5(count: number, chunks: number): void;
  readonly md5Active: WebAssembly.Global;
  readonly md5Positions: WebAssembly.Global;
  readonly md5States: WebAssembly.Global;
}

/** How a file's block sums are made: the block size (a power of two, at least 4) and the bytes kept of each sum. */
export interface BlockSums {
  readonly blockSize: number;
  readonly lengths: Pick<HashLengths, 'rsum' | 'checksum'>;
}

/** @throws Error when the module is not the one of workers/simd */
export function createKernel(module: WebAssembly.Module): Kernel {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return new Kernel(exports as Simd, memory.buffer);
}

export class Kernel {
  /** Eight times `laneBytes`, to read messages into. */
  readonly lanes: readonly Uint8Array[];
  /** The same lanes, each with room for a message's padding behind it. */
  readonly lanesWithMargin: readonly Uint8Array[];
  readonly #simd: Simd;
  readonly #memory: ArrayBuffer;
  readonly #packed: Uint8Array;
  readonly #scratch: Uint8Array;
  readonly #active: Uint32Array;
  readonly #positions: Uint32Array;
  readonly #states: Uint32Array;
  /** the states again, as bytes */
  readonly #digests: Uint8Array;

  /** By `createKernel`. */
  constructor(simd: Simd, memory: ArrayBuffer) {
    this.#simd = simd;
    this.#memory = memory;
    this.#packed = new Uint8Array(memory, packedAt, packedBytes);
    this.#scratch = new Uint8Array(memory, scratchAt, scratchBytes);
    this.lanes = laneAddresses().map((at) => new Uint8Array(memory, at, laneBytes));
    this.lanesWithMargin = laneAddresses().map((at) => new Uint8Array(memory, at, laneBytes + marginBytes));
    this.#active = new Uint32Array(memory, simd.md5Active.value, laneCount);
    this.#positions = new Uint32Array(memory, simd.md5Positions.value, laneCount);
    this.#states = new Uint32Array(memory, simd.md5States.value, 4 * laneCount);
    this.#digests = new Uint8Array(memory, simd.md5States.value, 16 * laneCount);
  }

  /**
   * Puts rsum and MD4 of each block, cut and packed, into `sums` from `position` on.
   *
   * @param data whole blocks; read where they are when that is in a lane, otherwise copied
   * @returns the position behind them
   * @throws RangeError when those are not whole blocks, or the sums have no room
   */
  blockSums(data: Uint8Array, how: BlockSums, sums: Uint8Array, position: number): number {
    const { blockSize, lengths } = how;
    const width = lengths.rsum + lengths.checksum;
    if (data.length % blockSize !== 0)
      throw new RangeError(`kernel: ${data.length} bytes are no whole blocks`);
    const inPlace = data.buffer === this.#memory;
    const atOnce = blocksAtOnce(
      packedBytes / width,
      inPlace ? Number.POSITIVE_INFINITY : scratchBytes / blockSize,
    );
    const step = blockSize * Math.max(1, atOnce);
    for (let offset = 0; offset < data.length; offset += step) {
      const length = Math.min(step, data.length - offset);
      this.#simd.beginSums(blockSize, lengths.rsum, lengths.checksum, packedAt);
      if (inPlace) this.#simd.addBlocks(data.byteOffset + offset, length / blockSize);
      else if (atOnce > 0) this.#addCopied(data, offset, length, blockSize);
      else this.#addLarge(data, offset, length);
      const packed = (length / blockSize) * width;
      sums.set(this.#packed.subarray(0, packed), position);
      position += packed;
    }
    return position;
  }

  /**
   * As `blockSums`, of one block of which there are fewer bytes than the block size: zeros fill it up.
   *
   * @returns the position behind its sums
   */
  lastBlockSums(data: Uint8Array, how: BlockSums, sums: Uint8Array, position: number): number {
    const { blockSize } = how;
    const isSmall = blockSize <= scratchBytes;
    const block = isSmall ? this.#scratch.subarray(0, blockSize) : new Uint8Array(blockSize);
    block.set(data);
    block.fill(0, data.length);
    return this.blockSums(block, how, sums, position);
  }

  /** Begins a message in a lane. */
  startMd5(lane: number): void {
    this.#states.set(md5Start, 4 * lane);
    this.rewindMd5(lane);
  }

  /** The message goes on at the beginning of its lane. */
  rewindMd5(lane: number): void {
    this.#positions[lane] = laneAddress(lane);
  }

  /**
   * Advances the messages in the first `count` of `lanes` by as many chunks of 64 bytes each: those that follow in
   * the lane, and nobody checks that there are any.
   */
  advanceMd5(lanes: Uint8Array, count: number, chunks: number): void {
    // An instruction works on four lanes whether they are wanted or not: what is left over repeats a wanted one.
    for (let i = 0; i < laneCount; i++) this.#active[i] = lanes[i < count ? i : 0] as number;
    this.#simd.md5(count, chunks);
  }

  /** The message's state, which is its MD5 after the padding. */
  md5(lane: number): Uint8Array {
    return this.#digests.slice(16 * lane, 16 * (lane + 1));
  }

  #addCopied(data: Uint8Array, offset: number, length: number, blockSize: number): void {
    this.#scratch.set(data.subarray(offset, offset + length));
    this.#simd.addBlocks(scratchAt, length / blockSize);
  }

  /** One block, larger than the scratch area. */
  #addLarge(data: Uint8Array, offset: number, length: number): void {
    this.#simd.beginBlock();
    for (const end = offset + length; offset < end; offset += scratchBytes) {
      this.#scratch.set(data.subarray(offset, offset + scratchBytes));
      this.#simd.addToBlock(scratchAt, scratchBytes);
    }
    this.#simd.endBlock();
  }
}

/** So many as have room; whole eights if possible, because eight are made side by side. */
function blocksAtOnce(...rooms: readonly number[]): number {
  const most = Math.floor(Math.min(...rooms));
  return most > laneCount ? most - (most % laneCount) : most;
}

function laneAddress(lane: number): number {
  return lanesAt + lane * (laneBytes + marginBytes);
}

function laneAddresses(): readonly number[] {
  return Array.from({ length: laneCount }, (_, lane) => laneAddress(lane));
}
