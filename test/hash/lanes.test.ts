import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadKernel } from '../../src/files/kernel-file.js';
import { laneBytes, laneCount } from '../../src/hash/kernel.js';
import { Md5Lanes } from '../../src/hash/lanes.js';
import { contents, hex } from './content.js';

const kernel = loadKernel();
const everything = contents.lcg(3 * laneBytes + 1000);

interface Message {
  readonly bytes: Uint8Array;
  /** how many bytes are supplied at once, at most */
  readonly portion: number;
}

/** A message of its own for each `seed`. */
function message(length: number, seed = 0, portion = laneBytes): Message {
  return { bytes: everything.subarray(seed % 997, (seed % 997) + length), portion };
}

/** As a reader would: whatever lane is idle takes the next message, whatever lane is hungry is filled. */
function md5sOf(messages: readonly Message[], lanesInUse = laneCount): readonly string[] {
  const lanes = new Md5Lanes(kernel);
  const waiting = messages.map((text, index) => ({ ...text, index, at: 0 }));
  const inLane: ((typeof waiting)[number] | undefined)[] = Array.from({ length: lanesInUse });
  const found: string[] = [];
  for (let left = messages.length; left > 0; lanes.advance()) {
    for (let lane = 0; lane < lanesInUse; lane++) {
      let text = inLane[lane];
      if (lanes.status(lane) === 'done' && text !== undefined) {
        found[text.index] = hex(lanes.digest(lane));
        left--;
      }
      if (lanes.status(lane) === 'idle') {
        text = waiting.shift();
        inLane[lane] = text;
        if (text !== undefined) lanes.start(lane);
      }
      if (lanes.status(lane) === 'hungry' && text !== undefined) {
        const portion = text.bytes.subarray(text.at, text.at + text.portion);
        text.at += portion.length;
        kernel.lanes[lane]?.fill(0xaa).set(portion);
        lanes.supply(lane, portion.length, text.at === text.bytes.length);
      }
    }
  }
  return found;
}

function expectAll(messages: readonly Message[], lanesInUse?: number): void {
  const expected = messages.map(({ bytes }) => createHash('md5').update(bytes).digest('hex'));
  expect(md5sOf(messages, lanesInUse)).toEqual(expected);
}

describe('MD5, as node:crypto makes it', () => {
  // RFC 1321, A.5
  test('of the texts of the RFC', () => {
    const texts = ['', 'a', 'abc', 'message digest', 'abcdefghijklmnopqrstuvwxyz'];
    expect(md5sOf(texts.map((text) => ({ bytes: Buffer.from(text), portion: laneBytes })))).toEqual([
      'd41d8cd98f00b204e9800998ecf8427e',
      '0cc175b9c0f1b6a831c399e269772661',
      '900150983cd24fb0d6963f7d28e17f72',
      'f96b697d7cb7938d525a2f31aaf161d0',
      'c3fcd3d76192e4007dfb496cca67e13b',
    ]);
  });

  // 1 lane is the kernel of one message, 2 to 4 that of four, 5 to 8 that of eight.
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('of every length from 0 to 200, in %i lanes', (lanesInUse) => {
    const lengths = Array.from({ length: 201 }, (_, length) => length);
    expectAll(
      lengths.map((length) => message(length, 13 * length)),
      lanesInUse,
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('of %i equally long messages in as many lanes', (count) => {
    for (const length of [64, 640, 6400, 64_001]) {
      expectAll(
        Array.from({ length: count }, (_, i) => message(length, 31 * i)),
        count,
      );
    }
  });

  const edges = [64 * 1000, laneBytes - 64, laneBytes, laneBytes + 64, 2 * laneBytes, 3 * laneBytes];

  test.each(edges)('of lengths around %i', (edge) => {
    expectAll(
      [-65, -64, -63, -56, -9, -8, -1, 0, 1, 55, 56, 63, 64, 65].map((more) =>
        message(edge + more, more + 65),
      ),
    );
  });

  test('of short and long messages that start at different times', () => {
    const lengths = [
      3_000_000, 5, 0, 70_000, 64, 2_097_153, 119, 120, 500_000, 1, 6_000_000, 0, 0, 63, 4_194_304, 9,
    ];
    const messages = lengths.map((length, i) => message(length, 101 * i));
    for (const lanesInUse of [8, 5, 3, 1]) expectAll(messages, lanesInUse);
  });

  test('of messages in portions of any number of chunks, the last of which may be empty', () => {
    const portions = [64, 128, 192, 4096, 65_536];
    expectAll(
      portions.flatMap((portion, i) => [0, 63, 64, 640, 12_345].map((n) => message(n, i + n, portion))),
    );

    const lanes = new Md5Lanes(kernel);
    lanes.start(2);
    kernel.lanes[2]?.set(Buffer.from('x'.repeat(64)));
    lanes.supply(2, 64, false);
    lanes.advance();
    lanes.supply(2, 0, true);
    lanes.advance();
    expect(hex(lanes.digest(2))).toBe(createHash('md5').update('x'.repeat(64)).digest('hex'));
  });

  test('of more than 2^32 bits', { timeout: 60_000 }, () => {
    const lanes = new Md5Lanes(kernel);
    const hash = createHash('md5');
    const zeros = kernel.lanes[6]?.fill(0) as Uint8Array;
    lanes.start(6);
    const portions = 600 / 2;
    for (let i = 0; i < portions; i++) {
      hash.update(zeros);
      lanes.supply(6, laneBytes, false);
      lanes.advance();
    }
    hash.update(zeros.subarray(0, 7));
    lanes.supply(6, 7, true);
    lanes.advance();
    expect(hex(lanes.digest(6))).toBe(hash.digest('hex'));
  });
});

describe('a lane', () => {
  test('is idle, hungry, full and done in turn', () => {
    const lanes = new Md5Lanes(kernel);
    expect(lanes.status(0)).toBe('idle');
    lanes.start(0);
    expect(lanes.status(0)).toBe('hungry');
    lanes.supply(0, 128, false);
    expect(lanes.status(0)).toBe('full');
    lanes.advance();
    expect(lanes.status(0)).toBe('hungry');
    lanes.supply(0, 0, false);
    expect(lanes.status(0)).toBe('hungry');
    lanes.supply(0, 1, true);
    expect(lanes.status(0)).toBe('full');
    lanes.advance();
    expect(lanes.status(0)).toBe('done');
    lanes.digest(0);
    expect(lanes.status(0)).toBe('idle');
  });

  test('that runs dry ends the advance, and the others go on from there', () => {
    const lanes = new Md5Lanes(kernel);
    kernel.lanes[0]?.set(everything.subarray(0, 1000));
    kernel.lanes[1]?.set(everything.subarray(0, 100));
    for (const lane of [0, 1]) lanes.start(lane);
    lanes.supply(0, 1000, true);
    lanes.supply(1, 100, true);
    lanes.advance();
    expect([lanes.status(0), lanes.status(1)]).toEqual(['full', 'done']);
    lanes.advance();
    expect([lanes.status(0), lanes.status(1)]).toEqual(['done', 'done']);
    for (const [lane, length] of [
      [0, 1000],
      [1, 100],
    ] as const) {
      const expected = createHash('md5').update(everything.subarray(0, length)).digest('hex');
      expect(hex(lanes.digest(lane))).toBe(expected);
    }
  });

  test('that was abandoned takes no part, and may take another message', () => {
    const lanes = new Md5Lanes(kernel);
    for (const lane of [3, 4]) {
      lanes.start(lane);
      kernel.lanes[lane]?.set(everything.subarray(0, 640));
      lanes.supply(lane, 640, lane === 4);
    }
    lanes.abandon(3);
    lanes.advance();
    expect([lanes.status(3), lanes.status(4)]).toEqual(['idle', 'done']);
    lanes.start(3);
    kernel.lanes[3]?.set(Buffer.from('abc'));
    lanes.supply(3, 3, true);
    lanes.advance();
    expect(hex(lanes.digest(3))).toBe('900150983cd24fb0d6963f7d28e17f72');
    expect(hex(lanes.digest(4))).toBe(createHash('md5').update(everything.subarray(0, 640)).digest('hex'));
  });

  test('keeps its bytes; only what lies behind them is overwritten', () => {
    const lanes = new Md5Lanes(kernel);
    for (const length of [100, 120, laneBytes]) {
      kernel.lanes[7]?.fill(0x33);
      lanes.start(7);
      lanes.supply(7, length, true);
      lanes.advance();
      lanes.digest(7);
      expect(kernel.lanes[7]?.subarray(0, length).every((byte) => byte === 0x33)).toBe(true);
    }
  });

  test('refuses what it cannot do now', () => {
    const lanes = new Md5Lanes(kernel);
    expect(() => lanes.supply(0, 64, false)).toThrow('lane 0 is idle');
    expect(() => lanes.digest(0)).toThrow('lane 0 is idle');
    lanes.start(0);
    expect(() => lanes.start(0)).toThrow('lane 0 is hungry');
    expect(() => lanes.supply(0, 65, false)).toThrow(RangeError);
    expect(() => lanes.supply(0, laneBytes + 1, true)).toThrow(RangeError);
    expect(() => lanes.start(laneCount)).toThrow(RangeError);
    lanes.supply(0, 64, false);
    expect(() => lanes.supply(0, 64, false)).toThrow('lane 0 is full');
  });

  test('none of them full: there is nothing to advance', () => {
    const lanes = new Md5Lanes(kernel);
    lanes.advance();
    lanes.start(5);
    lanes.advance();
    expect(lanes.status(5)).toBe('hungry');
  });
});

test('a digest has memory of its own', () => {
  const lanes = new Md5Lanes(kernel);
  lanes.start(0);
  lanes.supply(0, 0, true);
  lanes.advance();
  const digest = lanes.digest(0);
  expect(digest.buffer.byteLength).toBe(16);
  lanes.start(0);
  expect(hex(digest)).toBe('d41d8cd98f00b204e9800998ecf8427e');
});
