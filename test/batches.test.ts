import { describe, expect, it } from 'vitest';
import { batches, batchRules, oneJob } from '../src/batches.js';
import type { FileTask } from '../src/model.js';
import { statOf } from './support/records.js';

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

const many = (count: number, size: number): FileTask[] => Array.from({ length: count }, () => taskOf(size));

/** Sizes, a list for each job; a single file stands without one. */
function sizes(tasks: readonly FileTask[], rules = batchRules(null, 0)): (number | number[])[] {
  return [...batches(tasks, rules)].map((batch) =>
    batch.kind === 'files' ? batch.tasks.map((task) => task.stat.size) : batch.task.stat.size,
  );
}

const times = (count: number, size: number): number[] => Array.from({ length: count }, () => size);

describe('small files', () => {
  it.each<[string, FileTask[], number[][]]>([
    ['nothing', [], []],
    ['one file', many(1, 0), [[0]]],
    ['as many empty files as fit', many(128, 0), [times(128, 0)]],
    ['one more', many(129, 0), [times(128, 0), [0]]],
    ['files that fill a job to the byte', many(16, MiB / 2), [times(16, MiB / 2)]],
    ['a byte more', [...many(16, MiB / 2), taskOf(1)], [times(16, MiB / 2), [1]]],
    ['an empty file joins a full job', [...many(16, MiB / 2), taskOf(0)], [[...times(16, MiB / 2), 0]]],
    [
      'large files that are not read',
      [taskOf(90 * MiB, 'keep'), taskOf(90 * MiB, 'trim')],
      [times(2, 90 * MiB)],
    ],
  ])('%s', (_, tasks, expected) => {
    expect(sizes(tasks)).toEqual(expected);
  });

  it('in smaller jobs under a read limit', () => {
    expect(sizes(many(4, MiB / 2), batchRules(4 * MiB, 0))).toEqual([times(2, MiB / 2), times(2, MiB / 2)]);
    expect(sizes(many(2, MiB / 2), batchRules(1000, 0))).toEqual([[MiB / 2], [MiB / 2]]);
  });
});

describe('files of some size', () => {
  it.each<[string, number[], (number | number[])[]]>([
    ['the largest first, and before small ones', [1, MiB, 2 * MiB], [2 * MiB, MiB, [1]]],
    ['three side by side', times(3, MiB), [times(3, MiB)]],
    ['eight side by side', times(8, MiB), [times(8, MiB)]],
    ['fewer one by one', times(2, MiB), times(2, MiB)],
    ['two eights, and what is left over', times(18, MiB), [MiB, MiB, times(8, MiB), times(8, MiB)]],
    ['those of 64 MiB and more always alone', times(9, 64 * MiB), times(9, 64 * MiB)],
    ['together not above 256 MiB', times(9, 50 * MiB), [times(5, 50 * MiB), times(4, 50 * MiB)]],
    [
      'similar sizes together',
      [2 * MiB, ...times(4, 9 * MiB), 3 * MiB, ...times(4, 9 * MiB)],
      [3 * MiB, 2 * MiB, times(8, 9 * MiB)],
    ],
  ])('%s', (_, of, expected) => {
    expect(sizes(of.map((size) => taskOf(size)))).toEqual(expected);
  });

  it.each<[number, number, (number | number[])[]]>([
    [16, 2, [times(8, MiB), times(8, MiB)]],
    [8, 2, [times(4, MiB), times(4, MiB)]],
    [7, 2, [MiB, times(3, MiB), times(3, MiB)]],
    [5, 2, times(5, MiB)],
    [8, 8, times(8, MiB)],
    [8, -3, [times(8, MiB)]],
  ])('%i of them among %i idle threads', (count, threads, expected) => {
    expect(sizes(many(count, MiB), batchRules(null, threads))).toEqual(expected);
  });

  it('one by one under a read limit', () => {
    expect(sizes(many(8, MiB), batchRules(100 * MiB, 0))).toEqual(times(8, MiB));
  });
});

it('every task is in just one job', () => {
  const tasks = Array.from({ length: 2000 }, (_, index) => taskOf((index * 7919) % (4 * MiB)));
  const all = [...batches(tasks, batchRules(null, 0))].flatMap((batch) =>
    batch.kind === 'files' ? batch.tasks : [batch.task],
  );
  expect(all).toHaveLength(tasks.length);
  expect(new Set(all)).toEqual(new Set(tasks));
});

describe('what one job can do', () => {
  it('are small files, in their order', () => {
    const tasks = [taskOf(1), taskOf(2 * MiB), taskOf(2), taskOf(99 * MiB, 'keep')];
    expect(oneJob(tasks, batchRules(null, 0))).toEqual({
      now: [tasks[0], tasks[2], tasks[3]],
      later: [tasks[1]],
    });
  });

  it('has the limits of a job', () => {
    const tasks = many(300, 1);
    const { now, later } = oneJob(tasks, batchRules(null, 0));
    expect([now.length, later.length]).toEqual([128, 172]);
    expect(oneJob(tasks, { files: 128, bytes: 100 }).now).toHaveLength(100);
    expect(oneJob([], { files: 128, bytes: 100 })).toEqual({ now: [], later: [] });
  });
});
