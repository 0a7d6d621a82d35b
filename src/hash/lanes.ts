/**
 * MD5 (RFC 1321) of several messages at once, each in a lane of the kernel.
 *
 * For each lane: `start`; put the next bytes into `kernel.lanes[lane]` and `supply` them, the last ones as such;
 * `advance` until the lane is `hungry` (then supply more) or `done` (then take the `digest`). Lanes need not have
 * anything to do with each other: a message may start, end or be abandoned while others are on their way. The more
 * lanes hold data when `advance` is called, the better: eight take less than twice as long as one.
 *
 * Where the bytes come from is not known here.
 */

import { type Kernel, laneBytes, laneCount } from './kernel.js';

const chunkBytes = 64;
/** The length stands in the last bytes of the last chunk. */
const lengthBytes = 8;

/**
 * - `idle`: no message
 * - `hungry`: the message goes on, and its lane may be filled anew
 * - `full`: data waits to be hashed, and must not be touched
 * - `done`: the message has ended, and its digest can be taken
 */
export type LaneStatus = 'idle' | 'hungry' | 'full' | 'done';

interface Lane {
  status: LaneStatus;
  /** chunks that wait to be hashed */
  chunks: number;
  /** bytes of the message so far */
  length: number;
  ends: boolean;
}

export class Md5Lanes {
  readonly #kernel: Kernel;
  readonly #lanes: readonly Lane[] = Array.from({ length: laneCount }, newLane);
  readonly #full = new Uint8Array(laneCount);

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  status(lane: number): LaneStatus {
    return this.#at(lane).status;
  }

  /** Starts a message in an idle lane. */
  start(lane: number): void {
    Object.assign(this.#expect(lane, 'idle'), { status: 'hungry', chunks: 0, length: 0, ends: false });
    this.#kernel.startMd5(lane);
  }

  /**
   * The first `bytes` of the lane's memory are the next ones of its message. What lies behind them may be
   * overwritten: there the padding goes.
   *
   * @param bytes  a multiple of 64 unless they are the last ones, which may be none; at best all of `laneBytes`
   * @param isLast whether the message ends with them
   */
  supply(lane: number, bytes: number, isLast: boolean): void {
    const state = this.#expect(lane, 'hungry');
    if (bytes > laneBytes || (!isLast && bytes % chunkBytes !== 0)) {
      throw new RangeError(`lanes: ${bytes} bytes are too many, or no whole chunks`);
    }
    state.length += bytes;
    const memory = this.#kernel.lanesWithMargin[lane] as Uint8Array;
    state.chunks = (isLast ? pad(memory, bytes, state.length) : bytes) / chunkBytes;
    state.ends = isLast;
    if (state.chunks > 0) state.status = 'full';
    this.#kernel.rewindMd5(lane);
  }

  /** Hashes what waits in the full lanes until the first of them has no more; with none, it does nothing. */
  advance(): void {
    let count = 0;
    let chunks = Number.POSITIVE_INFINITY;
    for (const [lane, state] of this.#lanes.entries()) {
      if (state.status !== 'full') continue;
      this.#full[count++] = lane;
      chunks = Math.min(chunks, state.chunks);
    }
    if (count === 0) return;
    this.#kernel.advanceMd5(this.#full, count, chunks);
    for (const state of this.#lanes) {
      if (state.status !== 'full') continue;
      state.chunks -= chunks;
      if (state.chunks === 0) state.status = state.ends ? 'done' : 'hungry';
    }
  }

  /** The MD5 of the lane's message, 16 bytes of their own; the lane is idle then. */
  digest(lane: number): Uint8Array {
    this.#expect(lane, 'done').status = 'idle';
    return this.#kernel.md5(lane);
  }

  /** Forgets the lane's message, if there is one. */
  abandon(lane: number): void {
    this.#at(lane).status = 'idle';
  }

  #expect(lane: number, status: LaneStatus): Lane {
    const state = this.#at(lane);
    if (state.status !== status) throw new Error(`lanes: lane ${lane} is ${state.status}, not ${status}`);
    return state;
  }

  #at(lane: number): Lane {
    const state = this.#lanes[lane];
    if (state === undefined) throw new RangeError(`lanes: there is no lane ${lane}`);
    return state;
  }
}

function newLane(): Lane {
  return { status: 'idle', chunks: 0, length: 0, ends: false };
}

/**
 * Appends the padding: a one bit, zeros, and the length of the whole message in bits, 64 of them, little-endian.
 *
 * @param used   bytes of `memory` that are the end of the message
 * @param length of the whole message, bytes
 * @returns bytes, padding included
 */
function pad(memory: Uint8Array, used: number, length: number): number {
  const end = Math.ceil((used + 1 + lengthBytes) / chunkBytes) * chunkBytes;
  memory.fill(0, used, end);
  memory[used] = 0x80;
  const last = new DataView(memory.buffer, memory.byteOffset + end - lengthBytes, lengthBytes);
  last.setBigUint64(0, 8n * BigInt(length), true);
  return end;
}
