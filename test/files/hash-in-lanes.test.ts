import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Control, type JobControl } from '../../src/files/control.js';
import { hashInLanes, type LaneHooks } from '../../src/files/hash-in-lanes.js';
import { loadKernel } from '../../src/files/kernel-file.js';
import type { FileRecipe, FileTask } from '../../src/model.js';
import { defaultRecipe, fileRecipe } from '../../src/recipe.js';
import { contents, type Vector, vectors } from '../hash/content.js';
import { asVector, MiB, openBelow, sumsOf, taskOf, WatchedControl, writeOld } from '../support/hashing.js';
import { inDirectory } from '../support/listing.js';
import { temporaryDirectory } from '../support/temporary.js';

const kernel = loadKernel();
const recipe: FileRecipe = { pieceLength: 262_144, zsyncBlockSize: 2048 };
/** As long as the longest of a test: contents begin alike, but at different places. */
const noise = contents.lcg(5 * MiB);

let base: string;

beforeEach(() => {
  base = temporaryDirectory();
});

afterEach(() => {
  expect(openBelow(base)).toEqual([]);
});

interface Told {
  readonly hashed: ReadonlyMap<string, Vector>;
  /** with what was told of them */
  readonly problems: readonly (readonly [string, string])[];
  readonly errors: readonly (readonly [string, string])[];
}

function hash(
  tasks: readonly FileTask[],
  control: JobControl = new WatchedControl(),
  hooks: Partial<LaneHooks> = {},
): Told {
  const hashed = new Map<string, Vector>();
  const problems: [string, string][] = [];
  const errors: [string, string][] = [];
  const numbered = tasks.map((task, index) => ({ task, index }));
  inDirectory(base, '', (directory) =>
    hashInLanes(kernel, directory, numbered, control, {
      onHashed: ({ name, stat }, sums) => {
        expect(hashed.has(name)).toBe(false);
        hashed.set(name, asVector(name, stat.size, sums));
      },
      onProblem: ({ name }, problem) =>
        problems.push([name, 'why' in problem ? `${problem.status}: ${problem.why}` : problem.status]),
      onError: ({ name }, error) => errors.push([name, String(error)]),
      ...hooks,
    }),
  );
  return { hashed, problems, errors };
}

const contentOf = (name: string): Uint8Array => {
  const [size, place] = name.split(' ').map(Number) as [number, number];
  return noise.subarray(place, place + size);
};

/** Writes files of these sizes, no two with the same content. */
async function files(...sizes: readonly number[]): Promise<readonly FileTask[]> {
  const names = sizes.map((size, place) => `${size} ${place}`);
  for (const name of names) writeOld(`${base}/${name}`, contentOf(name));
  // Two changes within one tick of the system's clock have the same ctime.
  await setTimeout(12);
  return names.map((name) => taskOf(base, name, recipe));
}

const known = new Map<string, Vector>();

/** Contents follow from names: what was summed up once need not be again. */
function vectorOf({ name, recipe }: FileTask): Vector {
  const key = JSON.stringify([name, recipe]);
  const content = contentOf(name);
  const vector = known.get(key) ?? asVector(name, content.length, sumsOf(content, recipe, kernel));
  known.set(key, vector);
  return vector;
}

function expected(tasks: readonly FileTask[]): ReadonlyMap<string, Vector> {
  return new Map(tasks.map((task) => [task.name, vectorOf(task)]));
}

const told = (tasks: readonly FileTask[]): Told => ({ hashed: expected(tasks), problems: [], errors: [] });

describe('files side by side have the sums that each has alone', () => {
  const small = vectors.filter(({ size }) => size < 4 * MiB);

  it.each([
    ['the golden vectors', small],
    ['the golden vectors, from behind', [...small].reverse()],
    ['fewer than there are lanes', small.slice(-3)],
    ['as many as there are lanes', small.slice(0, 8)],
  ])('%s', (_, chosen) => {
    for (const { name, size } of chosen) writeOld(`${base}/${name}`, contents.mod251(size));
    const tasks = chosen.map(({ name, size }) => taskOf(base, name, fileRecipe(defaultRecipe, size, true)));
    const hashed = new Map(chosen.map((vector) => [vector.name, vector]));
    expect(hash(tasks)).toEqual({ hashed, problems: [], errors: [] });
  });

  it.each([
    ['none', []],
    ['one that is empty', [0]],
    ['one that fills its lane', [2 * MiB]],
    ['one that is a byte longer', [2 * MiB + 1]],
    [
      'more than there are lanes, some longer than those',
      [0, 2 * MiB - 1, 2 * MiB, 1, 2 * MiB + 1, 4 * MiB + 5, 55, 56, 4 * MiB, 64, 0, 2 * MiB - 9, 300_000],
    ],
    ['short ones around a long one', [5, 5, 4 * MiB + 5, ...Array.from({ length: 30 }, (_, i) => 1000 * i)]],
  ])('%s', async (_, sizes) => {
    const tasks = await files(...sizes);
    expect(hash(tasks)).toEqual(told(tasks));
  });

  it('each by its own recipe', async () => {
    const recipes: readonly FileRecipe[] = [
      recipe,
      { pieceLength: 16_384, zsyncBlockSize: null },
      { pieceLength: 4 * MiB, zsyncBlockSize: 65_536 },
    ];
    const tasks = (await files(3 * MiB, 3 * MiB, 3 * MiB, 0, 0, 0, 9999, 9999, 9999, 1)).map(
      (task, index) => ({
        ...task,
        recipe: recipes[index % 3] as FileRecipe,
      }),
    );
    expect(hash(tasks)).toEqual(told(tasks));
  });
});

/** Puts another file under the name, in one step. */
function replace(file: string, make: (file: string) => void): void {
  make(`${base}/new`);
  renameSync(`${base}/new`, file);
}

const changes: readonly [string, (file: string) => void, string][] = [
  ['vanished', (file) => rmSync(file), 'vanished'],
  ['grew', (file) => appendFileSync(file, 'x'), 'changed: it grew'],
  ['shrank', (file) => truncateSync(file, 1), 'changed: it shrank'],
  ['was replaced', (file) => replace(file, (name) => writeFileSync(name, noise)), 'changed: it was replaced'],
  ['was written', (file) => writeFileSync(file, 'x', { flag: 'r+' }), 'changed: it was written'],
  [
    'became a FIFO',
    (file) => replace(file, (name) => void execFileSync('mkfifo', [name])),
    'changed: it became something else than a file',
  ],
];

describe('a file does not disturb its neighbours', () => {
  const sizes = [3 * MiB, 100, 4 * MiB, 3 * MiB, 0, 4 * MiB, 5000, 3 * MiB, 4 * MiB, 3 * MiB, 7];
  const without = (tasks: readonly FileTask[], index: number) => tasks.filter((_, i) => i !== index);

  it.each(changes)('when it %s before it was opened', async (_, change, why) => {
    const tasks = await files(...sizes);
    const { name } = tasks[3] as FileTask;
    change(`${base}/${name}`);
    const words = why === 'vanished' ? why : `${why} before it was read`;
    expect(hash(tasks)).toEqual({ ...told(without(tasks, 3)), problems: [[name, words]] });
  });

  describe.each([
    ['its first bytes were read', (bytes: number) => bytes === 262_144],
    ['its lane was full', (bytes: number) => bytes === 2 * MiB],
    ['its last bytes were read', (bytes: number) => bytes === 3 * MiB],
  ])('when, after %s, it', (_, isThen) => {
    it.each(changes)('%s', async (_, change, why) => {
      const tasks = await files(...sizes);
      const { name } = tasks[3] as FileTask;
      const control = new WatchedControl((file, bytes) => {
        if (file === 3 && isThen(bytes)) change(`${base}/${name}`);
      });
      const words = why === 'vanished' ? why : `${why} while it was read`;
      expect(hash(tasks, control)).toEqual({ ...told(without(tasks, 3)), problems: [[name, words]] });
    });
  });

  it('when it cannot be opened', async () => {
    const tasks = [...(await files(...sizes))];
    const name = 'x'.repeat(300);
    tasks.splice(3, 0, { ...(tasks[3] as FileTask), name });
    expect(hash(tasks)).toEqual({
      ...told(without(tasks, 3)),
      problems: [[name, 'unreadable: the name is too long']],
    });
  });

  it('when many before and behind it cannot be opened', async () => {
    const tasks = await files(...Array.from({ length: 40 }, (_, i) => 1000 + i));
    const isThere = (index: number) => index % 13 === 7;
    for (const [index, { name }] of tasks.entries()) if (!isThere(index)) rmSync(`${base}/${name}`);
    const { hashed, problems } = hash(tasks);
    expect(hashed).toEqual(expected(tasks.filter((_, index) => isThere(index))));
    expect(problems).toHaveLength(37);
  });

  it.each<[string, FileRecipe, string]>([
    ['begins', { pieceLength: 0, zsyncBlockSize: null }, 'RangeError: Invalid typed array length'],
    ['goes on', { pieceLength: MiB, zsyncBlockSize: 2 ** 42 }, 'RangeError: '],
    ['ends', { pieceLength: Number.POSITIVE_INFINITY, zsyncBlockSize: null }, 'RangeError: offset'],
  ])('when a hash throws as it %s', async (_, impossible, error) => {
    const tasks = [...(await files(...sizes))];
    const broken = { ...(tasks[3] as FileTask), recipe: impossible };
    tasks[3] = broken;
    expect(hash(tasks)).toEqual({
      ...told(without(tasks, 3)),
      errors: [[broken.name, expect.stringContaining(error)]],
    });
  });

  it('when whoever takes its sums throws', async () => {
    const tasks = await files(...sizes);
    const { name } = tasks[3] as FileTask;
    const taken: string[] = [];
    const { errors } = hash(tasks, undefined, {
      onHashed: (task) => {
        if (task.name === name) throw new Error('no more');
        taken.push(task.name);
      },
    });
    expect(errors).toEqual([[name, 'Error: no more']]);
    expect(taken.sort()).toEqual(
      without(tasks, 3)
        .map((task) => task.name)
        .sort(),
    );
  });
});

describe('a stop', () => {
  it('before the beginning leaves out all', async () => {
    const control = Control.allocate(1);
    control.stop();
    const tasks = await files(0, 1, 3 * MiB);
    expect(hash(tasks, new WatchedControl(undefined, control))).toEqual(told([]));
  });

  it.each([
    ['the only bytes of the first file', 0, 10, 0],
    ['a whole lane', 4, 2 * MiB, 0],
    ['the last bytes of a file', 4, 3 * MiB, 3],
    ['the first bytes of a file that follows on another', 8, 262_144, 1],
  ])('after %s leaves out what is not finished', async (_, file, bytes, finished) => {
    const control = Control.allocate(1);
    const tasks = await files(10, 0, 20, ...Array.from({ length: 7 }, () => 3 * MiB));
    const read: number[] = [];
    const stopping = new WatchedControl((index, done) => {
      expect(control.stopped).toBe(false);
      read.push(index);
      if (index === file && done === bytes) control.stop();
    }, control);
    expect(hash(tasks, stopping)).toEqual(told(tasks.slice(0, finished)));
    expect(control.stopped).toBe(true);
    expect(read.at(-1)).toBe(file);
  });
});

it('the progress of each file is told under its number, and that of all together', async () => {
  const tasks = await files(3 * MiB, 0, 300_000);
  const progress = new Map<number, number[]>();
  const control = Control.allocate(1);
  const watched = new WatchedControl((file, bytes) => {
    progress.set(file, [...(progress.get(file) ?? []), bytes]);
  }, control);
  hash(tasks, watched);
  expect(progress).toEqual(
    new Map([
      [0, Array.from({ length: 12 }, (_, i) => (i + 1) * 262_144)],
      [2, [262_144, 300_000]],
    ]),
  );
  expect(control.read(0).jobBytes).toBe(3 * MiB + 300_000);
});
