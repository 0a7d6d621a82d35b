import { describe, expect, it } from 'vitest';
import type { FileTask } from '../../src/model.js';
import { batches } from '../../src/pipeline/batches.js';
import { statOf } from '../support/records.js';

const MiB = 1024 * 1024;

function taskOf(size: number, payload: FileTask['payload'] = 'read'): FileTask {
  return {
    name: 'x',
    stat: statOf({ size }),
    recipe: { pieceLength: 262_144, zsyncBlockSize: null },
    reason: 'new',
    payload,
    signature: 'none',
  };
}

function lengths(tasks: readonly FileTask[]): number[] {
  return [...batches(tasks)].map((batch) => batch.length);
}

const many = (count: number, size: number): FileTask[] => Array.from({ length: count }, () => taskOf(size));

describe('batches', () => {
  it.each<[string, FileTask[], number[]]>([
    ['nothing', [], []],
    ['one file', many(1, 0), [1]],
    ['as many empty files as fit', many(64, 0), [64]],
    ['one more', many(65, 0), [64, 1]],
    ['many', many(200, 1), [64, 64, 64, 8]],
    ['files that fill a batch to the byte', many(8, MiB), [8]],
    ['a byte more', [...many(8, MiB), taskOf(1)], [8, 1]],
    ['files larger than a batch, each alone', many(3, 9 * MiB), [1, 1, 1]],
    ['a large file between small ones', [...many(3, 1), taskOf(8 * MiB), ...many(2, 1)], [3, 1, 2]],
    ['an empty file behind a full batch joins it', [taskOf(8 * MiB), taskOf(0)], [2]],
    [
      'large files that are not read',
      [taskOf(9 * MiB, 'keep'), taskOf(9 * MiB, 'trim'), taskOf(8 * MiB)],
      [3],
    ],
  ])('%s', (_, tasks, expected) => {
    expect(lengths(tasks)).toEqual(expected);
  });

  it('keep every task and their order', () => {
    const tasks = Array.from({ length: 300 }, (_, index) => taskOf((index * 7919) % (4 * MiB)));
    expect([...batches(tasks)].flat()).toEqual(tasks);
  });

  it('take no more than they are asked for', () => {
    const [first] = batches(many(1000, 9 * MiB));
    expect(first).toHaveLength(1);
  });
});
