/**
 * The stages of the pipeline, each alone and on one thread: what is not measured is not improved. A stage does one
 * step for every file of a tree; it takes no time itself.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join as joinFile } from 'node:path';
import { examineDirectory, type Wanted } from '../../src/examine.js';
import { Locks } from '../../src/files/lock.js';
import { infohash } from '../../src/formats/infohash.js';
import { defaultRecipe } from '../../src/recipe.js';
import { createMatcher, createSelection } from '../../src/selection.js';
import { defaultSettings } from '../../src/settings.js';
import { Cache, type CacheChange } from '../../src/store/cache.js';
import { CacheReader } from '../../src/store/cache-reader.js';
import { toRow } from '../../src/store/redirector.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { allSums, fed, list, pieces, readFiles, zsums } from './rooms.js';
import type { KnownFile, KnownTree } from './tree.js';

export interface Stage {
  readonly name: string;
  /** not timed, nor is `after` */
  readonly before?: () => void;
  readonly run: () => void | Promise<void>;
  readonly after?: () => void | Promise<void>;
}

/** Records in a transaction, as the pipeline commits and syncs them. */
const group = 500;

const wanted: Wanted = {
  recipe: defaultRecipe,
  checkInode: false,
  force: false,
  selection: createSelection(defaultSettings.selection),
  zsyncIncludes: createMatcher([]),
  device: null,
  listUnchanged: false,
};

/** @param state an empty directory for databases and locks */
export function stagesOf(tree: KnownTree, state: string): readonly Stage[] {
  return [...readingStages(tree), ...hashingStages(tree), ...storingStages(tree, state)];
}

function readingStages({ base, directories }: KnownTree): readonly Stage[] {
  const each = (name: string, work: (directory: (typeof directories)[number]) => unknown): Stage => ({
    name,
    run: () => {
      for (const directory of directories) work(directory);
    },
  });
  const names = new Map(directories.map(({ path, files }) => [path, files.map((file) => file.name)]));
  return [
    each('walk, with stat', ({ path }) => list(base, path, null)),
    each('stat', ({ path }) => list(base, path, names.get(path) ?? [])),
    each('read', (directory) => readFiles(base, directory)),
  ];
}

function hashingStages({ files }: KnownTree): readonly Stage[] {
  const each = (name: string, work: (file: KnownFile) => unknown): Stage => ({
    name,
    run: () => {
      for (const file of files) work(file);
    },
  });
  return [
    ...['md5', 'sha1', 'sha256'].map((algorithm) =>
      each(algorithm, ({ content }) => fed(createHash(algorithm), content).digest()),
    ),
    each('pieces', pieces),
    each('zsync sums', zsums),
    each('all sums together', allSums),
    each('infohash', ({ name, stat, record }) => infohash({ name, size: stat.size, sums: record })),
  ];
}

function storingStages({ directories, files }: KnownTree, state: string): readonly Stage[] {
  const filled = Cache.open(joinFile(state, 'filled.db'));
  const write = (cache: Cache): void => {
    for (const part of groups(files)) {
      cache.apply(part.map(({ record }): CacheChange => ({ kind: 'put', record })));
    }
  };
  write(filled);
  const reader = CacheReader.open(joinFile(state, 'filled.db'));
  const cached = directories.map((directory) => ({ directory, known: reader.directory(directory.path) }));
  const locks = new Locks(joinFile(state, 'locks'), (work) => filled.exclusively(work));
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const query: Stage = {
    name: 'query',
    run: () => {
      for (const { path } of directories) reader.directory(path);
    },
  };
  const comparison: Stage = {
    name: 'comparison',
    run: () => {
      for (const { directory, known } of cached) examineDirectory(directory, known, wanted, nowNs);
    },
  };
  const lock: Stage = {
    name: 'lock, release',
    run: () => {
      for (const { path } of directories) {
        const taken = locks.acquire(path);
        if (taken !== null) locks.release([taken]);
      }
    },
  };
  return [query, comparison, lock, cacheWrite(joinFile(state, 'written.db'), write), sync(files, state)];
}

function cacheWrite(file: string, write: (cache: Cache) => void): Stage {
  let cache: Cache;
  return {
    name: 'cache write',
    before: () => {
      cache = Cache.open(file);
    },
    run: () => write(cache),
    after: () => {
      cache.close();
      removeDatabase(file);
    },
  };
}

function sync(files: readonly KnownFile[], state: string): Stage {
  const file = joinFile(state, 'redirector.db');
  let target: SqliteRedirector;
  return {
    name: 'sync',
    before: () => {
      target = SqliteRedirector.open(file);
    },
    run: async () => {
      for (const part of groups(files)) await target.upsert(part.map(({ record }) => toRow(record)));
    },
    after: async () => {
      await target.close();
      removeDatabase(file);
    },
  };
}

function* groups<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += group) yield items.slice(at, at + group);
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}
