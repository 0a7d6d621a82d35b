import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Batch } from '../../src/batches.js';
import { loadKernel } from '../../src/files/kernel-file.js';
import { infohash } from '../../src/formats/infohash.js';
import type { FilesReply } from '../../src/jobs.js';
import type { FileRecord, FileTask, TreePath } from '../../src/model.js';
import { unpackRecords } from '../../src/packed-records.js';
import { split } from '../../src/paths.js';
import type { HashPool } from '../../src/pipeline/hash-pool.js';
import { defaultRecipe, fileRecipe } from '../../src/recipe.js';
import { contents, hex } from '../hash/content.js';
import { writeSparse } from '../support/e2e-files.js';
import { MiB, sumsOf, taskOf, writeOld } from '../support/hashing.js';
import { temporaryDirectory } from '../support/temporary.js';

/** As it was built: threads of Node run no TypeScript. */
const built = new URL('../../dist/src/pipeline/hash-pool.js', import.meta.url).href;
const pools = (await import(built)) as typeof import('../../src/pipeline/hash-pool.js');

const kernel = loadKernel();
const noise = contents.lcg(10 * MiB);

/** Paths and sizes: in two directories, of all kinds. */
const tree: readonly (readonly [TreePath, number])[] = [
  ...[0, 1, 2047, 262_145, MiB - 1].map((size) => [`small/${size}`, size] as const),
  ...Array.from({ length: 9 }, (_, index) => [`some/${index}`, MiB + index * 300_000] as const),
  ['some/tiny', 5],
  ['some/large', 9 * MiB + 5],
];

let base: string;

beforeEach(() => {
  base = temporaryDirectory();
});

/** Closed when the test has ended. */
function poolOf(threads: number, readLimit: number | null = null): HashPool {
  const scan = {
    base,
    cacheFile: null,
    manifestFile: '/nonexistent/exports.db',
    selection: { include: [], exclude: [], defaultExcludes: false },
    recipe: defaultRecipe,
    oneFileSystem: false,
    listUnchanged: false,
    checkInode: false,
    force: false,
  };
  const broken: unknown[] = [];
  const pool = new pools.HashPool(
    { scan, readLimit },
    { threads, eager: false, onBroken: (error) => broken.push(error) },
  );
  onTestFinished(async () => {
    await pool.close();
    expect(broken).toEqual([]);
  });
  return pool;
}

/** Writes the tree, no two files with the same content. @returns the tasks of each directory */
function writeTree(): ReadonlyMap<TreePath, readonly FileTask[]> {
  const tasks = new Map<TreePath, FileTask[]>();
  for (const [place, [path, size]] of tree.entries()) {
    mkdirSync(`${base}/${dirname(path)}`, { recursive: true });
    writeOld(`${base}/${path}`, noise.subarray(place, place + size));
    const { directory, name } = split(path);
    const task = taskOf(`${base}/${directory}`, name, fileRecipe(defaultRecipe, size, true));
    tasks.set(directory, [...(tasks.get(directory) ?? []), task]);
  }
  return tasks;
}

type Values = readonly unknown[];

function valuesOf({
  path,
  size,
  md5,
  sha1,
  sha256,
  btih,
  pieces,
  zsync,
}: Omit<FileRecord, 'mtimeNs' | 'inode'>): Values {
  const sums = zsync && [zsync.blockSize, { ...zsync.hashLengths }, hex(zsync.sums)];
  return [path, size, hex(md5), hex(sha1), hex(sha256), hex(btih), pieces.length, hex(pieces.sha1), sums];
}

const byPath = (records: readonly Values[]) => new Map(records.map((values) => [values[0], values]));

const wanted = byPath(
  tree.map(([path, size], place) => {
    const content = noise.subarray(place, place + size);
    const sums = sumsOf(content, fileRecipe(defaultRecipe, size, true), kernel);
    const btih = infohash({ name: split(path).name, size, sums });
    return valuesOf({ path, size, ...sums, btih, signature: null });
  }),
);

/** What replies told, all of which must be records. */
function recordsOf(replies: readonly (readonly [TreePath, FilesReply])[]): ReadonlyMap<unknown, Values> {
  const records = replies.flatMap(([path, { hashed, kept, problems }]) => {
    expect([kept, problems]).toEqual([[], []]);
    return unpackRecords(path, hashed).map(({ record }) => valuesOf(record));
  });
  return byPath(records);
}

function inBatches(pool: HashPool, path: TreePath, batches: readonly Batch[]) {
  return Promise.all(batches.map(async (batch) => [path, await pool.hash(path, batch)] as const));
}

const single = (tasks: readonly FileTask[]) => tasks.map((task): Batch => ({ kind: 'single file', task }));

describe.each([1, 2, 7])('%i threads give each file the sums that it has', (threads) => {
  it('in jobs of several files', async () => {
    const pool = poolOf(threads);
    const tasks = [...writeTree()];
    const replies = tasks.map(([path, tasks]) => inBatches(pool, path, [{ kind: 'files', tasks }]));
    expect(recordsOf((await Promise.all(replies)).flat())).toEqual(wanted);
  });

  it('each in parts', async () => {
    const pool = poolOf(threads);
    const replies = [...writeTree()].map(([path, tasks]) => inBatches(pool, path, single(tasks)));
    expect(recordsOf((await Promise.all(replies)).flat())).toEqual(wanted);
  });

  it('in parts, one file after the other', async () => {
    const pool = poolOf(threads);
    const replies: (readonly [TreePath, FilesReply])[] = [];
    for (const [path, tasks] of writeTree())
      for (const batch of single(tasks)) replies.push([path, await pool.hash(path, batch)]);
    expect(recordsOf(replies)).toEqual(wanted);
  });

  it('by directories: small ones at once, and the others are named', async () => {
    const pool = poolOf(threads);
    const paths = [...writeTree().keys()];
    const replies = await pool.directories(paths.map((path) => ({ path, only: null })));
    const later = replies.map(({ scan }) => (scan.status === 'scanned' ? scan.tasks : []));
    expect(later.map((tasks) => tasks.length)).toEqual([0, 10]);
    const rest = await Promise.all(
      later.map((tasks, index) => inBatches(pool, paths[index] ?? '', single(tasks))),
    );
    const now = replies.map(({ files }, index) => [paths[index] ?? '', files] as const);
    expect(recordsOf([...now, ...rest.flat()])).toEqual(wanted);
  });

  it('under a read limit', async () => {
    const pool = poolOf(threads, 500 * MiB);
    const replies = [...writeTree()].map(([path, tasks]) => inBatches(pool, path, single(tasks)));
    expect(recordsOf((await Promise.all(replies)).flat())).toEqual(wanted);
  });
});

const nothing = (reply: FilesReply) => [reply.hashed.names, reply.kept, reply.problems];

describe.each([1, 2, 7])('with %i threads a file', (threads) => {
  it.each<[string, () => void, string]>([
    ['that is missing', () => rmSync(`${base}/file`), 'FILE_VANISHED'],
    ['whose directory is missing', () => rmSync(base, { recursive: true }), 'FILE_VANISHED'],
    ['that changed', () => writeOld(`${base}/file`, noise.subarray(0, 3 * MiB)), 'FILE_CHANGED'],
  ])('%s is one problem, whole or in parts', async (_, happens, code) => {
    writeOld(`${base}/file`, noise.subarray(0, 2 * MiB));
    const task = taskOf(base, 'file', fileRecipe(defaultRecipe, 2 * MiB, true));
    const pool = poolOf(threads);
    happens();
    for (const batch of [...single([task]), { kind: 'files', tasks: [task] } as const]) {
      const reply = await pool.hash('', batch);
      expect(reply.problems).toEqual([
        { problem: expect.objectContaining({ path: 'file', code }), size: 2 * MiB, bytes: 2 * MiB },
      ]);
      expect([reply.hashed.names, reply.kept]).toEqual([[], []]);
    }
  });

  it('whose sums have no room is one problem, and the next one is none', async () => {
    writeOld(`${base}/file`, noise.subarray(0, 2 * MiB));
    const task = taskOf(base, 'file', fileRecipe(defaultRecipe, 2 * MiB, true));
    // As a sparse file may be on some file systems.
    const vast = { ...task, stat: { ...task.stat, size: 2 ** 62 } };
    const pool = poolOf(threads);
    const reply = await pool.hash('', { kind: 'single file', task: vast });
    expect(reply.problems).toEqual([
      {
        problem: expect.objectContaining({ path: 'file', code: 'FILE_UNREADABLE' }),
        size: 2 ** 62,
        bytes: 2 ** 62,
      },
    ]);
    expect((await pool.hash('', { kind: 'single file', task })).hashed.names).toEqual(['file']);
  });
});

describe('a file that takes long', () => {
  const size = 2 ** 40;

  function vast(name: string): FileTask {
    writeSparse(`${base}/${name}`, size);
    return taskOf(base, name, { pieceLength: 16 * MiB, zsyncBlockSize: null });
  }

  /** Waits until the first of the files in work is further than so many bytes. */
  async function further(pool: HashPool, bytes: number): Promise<ReturnType<HashPool['activity']>> {
    for (;;) {
      const activity = pool.activity();
      if ((activity.active[0]?.done ?? 0) > bytes) return activity;
      await setTimeout(10);
    }
  }

  it('is in work, once, with the bytes that were read', async () => {
    const pool = poolOf(7);
    expect(pool.activity()).toEqual({ active: [], bytes: 0 });
    const ended = pool.hash('', { kind: 'single file', task: vast('file') });
    let done = 0;
    for (let time = 0; time < 3; time++) {
      const { active, bytes } = await further(pool, done);
      expect(active).toEqual([{ path: 'file', size, done: expect.any(Number) }]);
      expect(bytes).toBeGreaterThanOrEqual(active[0]?.done ?? size);
      done = active[0]?.done ?? size;
    }
    pool.stop();
    await ended;
    expect(pool.activity()).toEqual({ active: [], bytes: 0 });
  });

  it('begins with nothing, whatever was read before', async () => {
    writeOld(`${base}/small`, noise.subarray(0, 1000));
    const pool = poolOf(1);
    await pool.hash('', {
      kind: 'files',
      tasks: [taskOf(base, 'small', fileRecipe(defaultRecipe, 1000, true))],
    });
    const ended = pool.hash('', { kind: 'files', tasks: [vast('file')] });
    expect(pool.activity()).toEqual({ active: [], bytes: 0 });
    pool.stop();
    await ended;
  });

  it.each([1, 2, 7])('is left by a stop, and so are those that wait: %i threads', async (threads) => {
    const pool = poolOf(threads);
    const tasks = Array.from({ length: 9 }, (_, index) => vast(`file ${index}`));
    const ended = inBatches(pool, '', [...single(tasks), { kind: 'files', tasks }]);
    await further(pool, 0);
    pool.stop();
    for (const [, reply] of await ended) expect(nothing(reply)).toEqual([[], [], []]);
  });

  it('is left by a stop while it waits for the read limit', async () => {
    const pool = poolOf(2, 1000);
    const ended = inBatches(pool, '', [...single([vast('a')]), { kind: 'files', tasks: [vast('b')] }]);
    await further(pool, 0);
    pool.stop();
    for (const [, reply] of await ended) expect(nothing(reply)).toEqual([[], [], []]);
  });
});
