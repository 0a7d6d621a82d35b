import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DirectoryWork, WorkQueue } from '../../src/pipeline/work-queue.js';
import { examine } from '../support/examining.js';
import { MiB } from '../support/hashing.js';

let queue: WorkQueue;

beforeEach(() => {
  queue = new WorkQueue({ files: 256, bytes: 8 * 1024 * 1024 });
});

/** A directory as the walk saw it. */
function seen(path: string, files: number, bytes = 0): DirectoryWork {
  return { path, only: null, seen: { ...examine({ path }), work: { files, bytes } } };
}

/** Some files of a directory that are taken up again. */
function again(path: string, only: number | null): DirectoryWork {
  const names = only === null ? null : Array.from({ length: only }, (_, index) => String(index));
  return { path, only: names, seen: null };
}

/** The paths of all groups until the queue ends. */
async function rest(): Promise<string> {
  const groups: string[] = [];
  for await (const group of queue.groups()) groups.push(group.map(({ path }) => path).join(' '));
  return groups.join(' | ');
}

describe('what waits leaves in groups', () => {
  it.each<[string, readonly DirectoryWork[], string]>([
    ['nothing', [], ''],
    ['small ones together, in their order', [seen('b', 1), seen('a', 9), seen('c', 3)], 'b a c'],
    ['as many files as a job has', [seen('a', 128), seen('b', 128)], 'a b'],
    ['one more', [seen('a', 128), seen('b', 129)], 'a | b'],
    ['as many bytes as a job has', [seen('a', 1, 4 * MiB), seen('b', 1, 4 * MiB)], 'a b'],
    ['one more', [seen('a', 1, 4 * MiB), seen('b', 1, 4 * MiB + 1)], 'a | b'],
    ['a large one alone', [seen('a', 1), seen('b', 9999), seen('c', 1)], 'a | b | c'],
    ['a large one at first, too', [seen('a', 1, 99 * MiB), seen('b', 1)], 'a | b'],
    [
      'each group anew',
      [seen('a', 200), seen('b', 100), seen('c', 156), seen('d', 1), seen('e', 255)],
      'a | b c | d e',
    ],
    ['files taken up again count', [again('a', 200), again('b', 56), again('c', 1)], 'a b | c'],
    ['a directory taken up again may have many', [seen('a', 1), again('b', null), seen('c', 1)], 'a | b | c'],
  ])('%s', async (_, works, groups) => {
    for (const work of works) queue.push(work);
    queue.close();
    expect(await rest()).toBe(groups);
  });
});

describe('who takes them', () => {
  it('waits for the next one, and is not given it twice', async () => {
    const groups = queue.groups();
    const paths = async () => (await groups.next()).value?.map(({ path }: DirectoryWork) => path);
    let first = paths();
    queue.push(seen('a', 1));
    expect(await first).toEqual(['a']);
    first = paths();
    await setImmediate();
    queue.push(seen('b', 1));
    queue.push(seen('c', 1));
    expect(await first).toEqual(['b', 'c']);
  });

  it('is sent home when the queue is closed, also while waiting', async () => {
    const ended = queue.groups().next();
    await setImmediate();
    queue.close();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(await rest()).toBe('');
  });

  it('gets what was there before it was closed', async () => {
    const all = rest();
    await setImmediate();
    queue.push(seen('a', 300));
    queue.push(seen('b', 1));
    queue.close();
    expect(await all).toBe('a | b');
  });
});
