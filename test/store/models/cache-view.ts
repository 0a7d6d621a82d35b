/**
 * All that can be asked of the cache, as one object. What the model answers to the same questions has the same shape:
 * cache-answers.ts.
 */
import type { CachedDirectory } from '../../../src/examine.js';
import type { VanishedFile } from '../../../src/jobs.js';
import type { TreePath } from '../../../src/model.js';
import type { CacheReader } from '../../../src/store/cache-reader.js';
import { sorted } from './paths.js';
import { digestsOf, freshnessText, spelled } from './record-text.js';

/** What is asked for. */
export interface Questions {
  readonly paths: Iterable<TreePath>;
  readonly directories: Iterable<TreePath>;
  readonly target: string;
}

export const settingNames = ['a', 'b', 'A'];
export const enough = 10_000;

/**
 * Changes that are asked for at once: before which of the last, how many at most, and of how many bytes of sums; those of
 * the digests alone are 88.
 */
export const portions = [2, 4, enough].flatMap((last) =>
  [0, 88, 94, 176, 300, 500].map((bytes) => ({ last, most: last === 4 ? 3 : enough, bytes })),
);

export function cacheView(cache: CacheReader, questions: Questions): object {
  const last = cache.lastSequence();
  const position = cache.targets().find(({ name }) => name === questions.target)?.sequence ?? 0;
  return {
    last,
    files: [...questions.paths].map((path) => fileView(cache, path)),
    directories: [...questions.directories].map((path) => [path, ...directoryAnswers(cache, path)]),
    changes: cache.changesAfter(0, enough, 1e9).map(({ sequence, record }) => [sequence, spelled(record)]),
    pending: cache.changesAfter(position, 3, 1e9).map(({ sequence }) => sequence),
    portions: portions.map((portion) => {
      const found = cache.changesAfter(last - portion.last, portion.most, portion.bytes);
      return found.map(({ sequence }) => sequence);
    }),
    latest: cache.changesUpTo(last - 1, 3).map(({ sequence, record }) => [sequence, spelled(record)]),
    graves: [
      cache.tombstonesAfter(0, enough),
      cache.tombstonesAfter(position, 3),
      cache.tombstonesUpTo(last - 1, 3),
    ],
    behind: [0, position, last].map((sequence) => cache.changesSince(sequence)),
    spread: sorted(cache.spreadPaths(last)),
    settings: settingNames.map((name) => cache.setting(name)),
    targets: cache.targets(),
    refusals: cache.refusals(questions.target),
    problems: cache.problems(),
  };
}

function fileView(cache: CacheReader, path: TreePath): unknown[] {
  const found = cache.fileAt(path);
  const sequence = found?.sequence ?? 0;
  return [
    ...[path, sequence, spelled(cache.record(path)), spelled(cache.recordOf(path, sequence, 'all'))],
    ...[spelled(cache.recordOf(path, sequence, 'glance')), cache.recordOf(path, sequence - 1, 'all')],
    found === null ? null : cache.located(found),
    cache.located({ id: found?.id ?? 1, sequence: -1 }),
  ];
}

function directoryAnswers(cache: CacheReader, path: TreePath): unknown[] {
  const below = cache.filesBelow(path).map(({ sequence }) => sequence);
  return [
    directoryView(cache.directory(path)),
    cache.count(path),
    cache.countFiles(path),
    cache.directoriesBelow(path),
    below.sort((one, other) => one - other),
    [...cache.digests(path)].map(([name, each]) => `${name} ${each.name} ${digestsOf(each)}`).sort(),
  ];
}

export function directoryView({ files, subdirectories }: CachedDirectory): object {
  // The cache tells of each file also which it is.
  const all = files as ReadonlyMap<string, VanishedFile & Parameters<typeof freshnessText>[1]>;
  return {
    files: [...all].map(([name, file]) => freshnessText(name, file)).sort(),
    subdirectories: [...subdirectories].sort(),
  };
}
