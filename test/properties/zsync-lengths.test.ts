/** `Hash-Lengths` for any size: what the formula gives in another language, and what zsyncmake writes. */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatHashLengths, hashLengths, parseHashLengths } from '../../src/hash/zsync-lengths.js';
import { autoZsyncBlockSize } from '../../src/recipe.js';
import { installed } from '../support/e2e.js';
import { pythonHas } from '../support/python.js';
import { temporaryDirectory } from '../support/temporary.js';
import { askPython, holds, sample } from './property.js';

/** Sizes of all magnitudes, and those around a power of two, where the formula has its edges. */
function sizesUpTo(bits: number): fc.Arbitrary<number> {
  const magnitude = fc.integer({ min: 0, max: bits - 1 });
  const power = magnitude.map((n) => 2 ** n);
  const near = fc.tuple(power, fc.integer({ min: -2, max: 2 })).map(([size, by]) => size + by);
  const between = fc.tuple(power, fc.double({ min: 1, max: 2, noNaN: true }));
  const any = between.map(([size, factor]) => Math.floor(size * factor));
  return fc.oneof(any, near).filter((size) => size > 0);
}
const blockSize = fc.integer({ min: 2, max: 17 }).map((n) => 2 ** n);

/** The formula of zsync's make.c, in C's own logarithms. */
const formula = `
import json, math, sys
for line in sys.stdin:
    size, block = json.loads(line)
    seq = 2 if size > block else 1
    rsum = math.ceil(((math.log(size) + math.log(block)) / math.log(2) - 8.6) / seq / 8)
    rsum = min(4, max(2, rsum))
    strong = math.ceil((20 + (math.log(size) + math.log(1 + size // block)) / math.log(2)) / seq / 8)
    least = int((7.9 + (20 + math.log(1 + size // block) / math.log(2))) / 8)
    print(json.dumps('%d,%d,%d' % (seq, rsum, max(strong, least))))`;

test.skipIf(!pythonHas('math'))('the formula, by Python', () => {
  const cases = sample(fc.tuple(sizesUpTo(52), blockSize), 50_000);
  const found = cases.map(([size, block]) => formatHashLengths(hashLengths(size, block)));
  expect(found).toEqual(askPython(formula, cases));
});

test('what is written is read again', () => {
  holds(
    fc.property(sizesUpTo(52), blockSize, (size, block) => {
      const lengths = hashLengths(size, block);
      expect(parseHashLengths(formatHashLengths(lengths))).toEqual(lengths);
    }),
  );
});

test.skipIf(!installed('zsyncmake', '-V'))('what zsyncmake writes, of block size, too', () => {
  const directory = temporaryDirectory();
  const [file, made] = [join(directory, 'file'), join(directory, 'file.zsync')];
  for (const size of sample(sizesUpTo(24), 150)) {
    const descriptor = openSync(file, 'w');
    ftruncateSync(descriptor, size);
    closeSync(descriptor);
    const { status, stderr } = spawnSync('zsyncmake', ['-u', 'file', '-o', made, file]);
    expect(status, String(stderr)).toBe(0);
    const head = headOf(made);
    const block = autoZsyncBlockSize(size);
    expect({ size, block: head.get('Blocksize'), lengths: head.get('Hash-Lengths') }).toEqual({
      size,
      block: String(block),
      lengths: formatHashLengths(hashLengths(size, block)),
    });
  }
});

function headOf(file: string): ReadonlyMap<string, string> {
  const buffer = Buffer.alloc(1_024);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, buffer);
  closeSync(descriptor);
  const [head = ''] = buffer.toString('latin1', 0, length).split('\n\n');
  return new Map(head.split('\n').map((line) => line.split(': ') as [string, string]));
}
