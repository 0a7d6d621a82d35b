import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Control, type JobControl } from '../../src/files/control.js';
import { hashPart } from '../../src/files/hash-part.js';
import { loadKernel } from '../../src/files/kernel-file.js';
import { SharedFile, sharedLayout } from '../../src/files/shared-file.js';
import type { Digests, FileRecipe, FileTask, Sums } from '../../src/model.js';
import { contents, vectors } from '../hash/content.js';
import { asVector, MiB, openBelow, sumsOf, taskOf, WatchedControl, writeOld } from '../support/hashing.js';
import { inDirectory } from '../support/listing.js';
import type { PartsRequest } from '../support/parts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { ask, startThreads } from '../support/threads.js';

const kernel = loadKernel();
const recipe: FileRecipe = { pieceLength: 262_144, zsyncBlockSize: 2048 };
const noise = contents.lcg(33 * MiB);

let base: string;

beforeEach(() => {
  base = temporaryDirectory();
});

afterEach(() => {
  expect(openBelow(base)).toEqual([]);
});

function fileOf(content: Uint8Array, of = recipe): FileTask {
  writeOld(`${base}/file`, content);
  return taskOf(base, 'file', of);
}

const allocate = ({ stat, recipe }: FileTask, count: number): SharedFile =>
  SharedFile.allocate(sharedLayout(stat.size, recipe, count));

type Result = ReturnType<typeof hashPart>;

/** One part, in this thread. */
function part(
  task: FileTask,
  number: number,
  shared: SharedFile,
  control: JobControl = new WatchedControl(),
): Result {
  const { memory, layout } = shared;
  return inDirectory(base, '', (directory) =>
    hashPart(kernel, directory, task, { number, count: layout.parts, memory }, control),
  );
}

/** What the parts come to, in the form of a golden vector. */
function together(task: FileTask, shared: SharedFile, results: readonly Result[]) {
  const digests = Object.assign({}, ...results) as Digests;
  const sums: Sums = { ...digests, ...shared.sums(task.recipe) };
  return asVector('x', task.stat.size, sums);
}

const orders = [[0], [0, 1], [1, 0], [0, 1, 2], [2, 0, 1]];
const counts = [1, 2, 3];
const sizes = [0, 1, 4 * MiB - 1, 4 * MiB, 4 * MiB + 1, 13 * MiB + 5];
const recipes: readonly FileRecipe[] = [
  { pieceLength: 16_384, zsyncBlockSize: null },
  { pieceLength: 16_384, zsyncBlockSize: 65_536 },
  { pieceLength: 262_144, zsyncBlockSize: 2048 },
  { pieceLength: 262_144, zsyncBlockSize: 8192 },
  { pieceLength: 16 * MiB, zsyncBlockSize: 4096 },
  { pieceLength: 16 * MiB, zsyncBlockSize: null },
];
const named = recipes.map((recipe) => [recipe.pieceLength, recipe.zsyncBlockSize ?? 'no', recipe] as const);

describe.each(named)(
  'with pieces of %i and %s blocks a file has the sums that it has as a whole',
  (_, __, of) => {
    it('one part after the other, in any order', () => {
      for (const size of sizes) {
        const content = noise.subarray(0, size);
        const task = fileOf(content, of);
        const whole = asVector('x', size, sumsOf(content, of, kernel));
        for (const order of orders) {
          const shared = allocate(task, order.length);
          const results = order.map((number) => part(task, number, shared));
          expect([size, order, together(task, shared, results)]).toEqual([size, order, whole]);
        }
      }
    });

    it('all parts at once, each in a thread', async () => {
      const threads = await startThreads(3, 'parts.ts', { base });
      for (const size of [...sizes, 33 * MiB]) {
        const content = noise.subarray(0, size);
        const task = fileOf(content, of);
        const whole = asVector('x', size, sumsOf(content, of, kernel));
        for (const count of counts) {
          const shared = allocate(task, count);
          const results = await Promise.all(
            threads.slice(0, count).map((thread, number) => {
              const request: PartsRequest = {
                what: 'hash',
                task,
                part: { number, count, memory: shared.memory },
              };
              return ask<Result>(thread, request);
            }),
          );
          expect([size, count, together(task, shared, results)]).toEqual([size, count, whole]);
        }
      }
    });
  },
);

it.each(vectors.filter(({ size }) => size > 0 && size < 4 * MiB))(
  'the golden vector of $size bytes',
  (vector) => {
    const { size, pieceLength, zsync } = vector;
    const task = fileOf(contents.mod251(size), { pieceLength, zsyncBlockSize: zsync?.blocksize ?? null });
    const shared = allocate(task, 3);
    const results = [0, 1, 2].map((number) => part(task, number, shared));
    const { btihMirrorBrain: _, name: __, ...sums } = vector;
    expect(together(task, shared, results)).toMatchObject(sums);
  },
);

it.each([
  [1, [['md5', 'sha1', 'sha256']]],
  [2, [['md5'], ['sha1', 'sha256']]],
  [3, [['md5'], ['sha1'], ['sha256']]],
])('in %i parts each digest is made once', (count, names) => {
  const task = fileOf(noise.subarray(0, 100));
  const shared = allocate(task, count);
  const results = names.map((_, number) => part(task, number, shared));
  expect(results.map((result) => Object.keys(result ?? {}))).toEqual(names);
});

it.each([
  [0, 1],
  [1, 0],
])('the units go to whoever comes first (%i), and one that comes late has none left', (first, late) => {
  const task = fileOf(noise.subarray(0, 13 * MiB));
  const shared = allocate(task, 2);
  part(task, first, shared);
  const sums = shared.sums(recipe);
  shared.pieces.fill(0);
  shared.zsums.fill(0);
  part(task, late, shared);
  expect(sums.pieces.sha1.some(Boolean)).toBe(true);
  expect(shared.pieces.some(Boolean) || shared.zsums.some(Boolean)).toBe(false);
});

describe('parts that read', () => {
  it('the same are unanimous', () => {
    const task = fileOf(noise.subarray(0, 5 * MiB));
    const shared = allocate(task, 3);
    for (const number of [0, 1, 2]) part(task, number, shared);
    expect(shared.isUnanimous).toBe(true);
  });

  it.each([0, 1, 2])('another content than part %i are not, though no time tells', (odd) => {
    const content = noise.slice(0, 5 * MiB);
    const shared = allocate(fileOf(content), 3);
    for (const number of [0, 1, 2]) {
      // As a program does that writes through a memory map: each part is told of a file that did not change.
      content[4 * MiB + 7] = number === odd ? 1 : 2;
      part(fileOf(content), number, shared);
    }
    expect(shared.isUnanimous).toBe(false);
  });
});

describe('the progress', () => {
  it('is told by whoever comes first, and by nobody else', () => {
    const task = fileOf(noise.subarray(0, 5 * MiB));
    const shared = allocate(task, 2);
    const told: number[] = [];
    const control = new WatchedControl((file, bytes) => told.push(file, bytes));
    part(task, 1, shared, control);
    expect(told).toEqual(Array.from({ length: 20 }, (_, i) => [0, (i + 1) * 262_144]).flat());
    part(task, 0, shared, control);
    expect(told).toHaveLength(40);
  });

  it('asks for each byte once, whoever reads it', () => {
    const task = fileOf(noise.subarray(0, 5 * MiB + 1));
    const shared = allocate(task, 3);
    const control = new WatchedControl();
    let bytes = 0;
    control.proceed = (more) => {
      bytes += more;
      return true;
    };
    for (const number of [2, 0, 1]) part(task, number, shared, control);
    expect(bytes).toBe(5 * MiB + 1);
  });
});

describe('a file that changes', () => {
  const file = (): string => `${base}/file`;
  const replace = (): void => {
    writeOld(`${base}/new`, noise.subarray(0, 9 * MiB));
    renameSync(`${base}/new`, file());
  };
  const changes: readonly [string, () => void, string, string][] = [
    ['vanishes', () => rmSync(file()), 'vanished', ''],
    ['grows', () => appendFileSync(file(), 'x'), 'changed', 'it grew'],
    ['shrinks', () => truncateSync(file(), 5 * MiB), 'changed', 'it shrank'],
    ['is written', () => writeFileSync(file(), 'x', { flag: 'r+' }), 'changed', 'it was written'],
    ['is replaced by its like', replace, 'changed', 'it was replaced'],
  ];

  /** A file that nobody has touched within the last tick of the system's clock. */
  async function calm(): Promise<FileTask> {
    const task = fileOf(noise.subarray(0, 9 * MiB));
    await setTimeout(12);
    return task;
  }

  const problem = (status: string, why: string) => (status === 'vanished' ? { status } : { status, why });

  it.each(changes)(
    '(it %s) after one part was done is a problem of the next, and nobody goes on',
    async (_, change, status, why) => {
      const task = await calm();
      const shared = allocate(task, 3);
      expect(part(task, 0, shared)).toHaveProperty('md5');
      change();
      expect(part(task, 2, shared)).toEqual(problem(status, `${why} before it was read`));
      expect(shared.isAbandoned).toBe(true);
    },
  );

  it.each(changes)(
    '(it %s) while a part reads it is a problem, and nobody goes on',
    async (_, change, status, why) => {
      const task = await calm();
      const shared = allocate(task, 3);
      const control = new WatchedControl((_, bytes) => bytes === 6 * MiB && change());
      expect(part(task, 0, shared, control)).toEqual(problem(status, `${why} while it was read`));
      expect(shared.isAbandoned).toBe(true);
    },
  );

  it('that cannot be opened is one', async () => {
    const task = { ...(await calm()), name: 'x'.repeat(300) };
    const shared = allocate(task, 2);
    expect(part(task, 0, shared)).toEqual({ status: 'unreadable', why: 'the name is too long' });
    expect(shared.isAbandoned).toBe(true);
  });
});

describe('a part ends without a result', () => {
  /** Ends a part of a file of three units with its sixth megabyte. @returns the bytes it has read */
  function until(
    end: (control: Control, shared: SharedFile) => void,
    number = 0,
  ): readonly [Result, number, SharedFile] {
    const task = fileOf(noise.subarray(0, 9 * MiB));
    const shared = allocate(task, 2);
    const control = Control.allocate(1);
    const watched = new WatchedControl((_, bytes) => bytes === 6 * MiB && end(control, shared), control);
    const result = part(task, number, shared, watched);
    return [result, control.read(0).fileBytes, shared];
  }

  it('when another one gives up', () => {
    expect(until((_, shared) => shared.abandon()).slice(0, 2)).toEqual([null, 6 * MiB]);
  });

  it('when the run is stopped, and the others end, too', () => {
    const [result, read, shared] = until((control) => control.stop());
    expect([result, read, shared.isAbandoned]).toEqual([null, 6 * MiB, true]);
  });

  it('when it throws, and the others end, too', () => {
    const task = fileOf(noise.subarray(0, 9 * MiB));
    const shared = allocate(task, 2);
    const control = new WatchedControl((_, bytes) => {
      if (bytes === 6 * MiB) throw new Error('a bug');
    });
    expect(() => part(task, 0, shared, control)).toThrow('a bug');
    expect(shared.isAbandoned).toBe(true);
  });

  it('when the run is stopped while it waits for one that stands still', () => {
    const task = fileOf(noise.subarray(0, 24 * MiB), { pieceLength: 8 * MiB, zsyncBlockSize: null });
    const shared = allocate(task, 2);
    // Eight units behind the first one: as far as it may be.
    shared.arrive(1, -8);
    let read = 0;
    let asked = 0;
    const control = new WatchedControl((_, bytes) => {
      read = bytes;
    });
    Object.defineProperty(control, 'stopped', { get: () => read === 8 * MiB && ++asked > 2 });
    expect(part(task, 0, shared, control)).toBeNull();
    expect(read).toBe(8 * MiB);
  });
});

it.each([
  ['done', () => {}],
  ['a problem', () => rmSync(`${base}/file`)],
])('nobody waits for a part that is %s', (_, happens) => {
  const task = fileOf(noise.subarray(0, 100));
  const shared = allocate(task, 2);
  happens();
  part(task, 1, shared);
  let asked = 0;
  shared.waitForOthers(1000, () => ++asked > 2);
  expect(asked).toBe(1);
});
