/** What is done to the cache, by one run or by two at once. */
import { deepStrictEqual, throws } from 'node:assert/strict';
import fc from 'fast-check';
import type { VanishedFile } from '../../../src/jobs.js';
import type { FileRecord, TreePath } from '../../../src/model.js';
import type { CacheChange } from '../../../src/store/cache.js';
import { recordOf } from '../../support/records.js';
import { by, type CacheDeed, comings, memories } from './cache-memories.js';
import type { CacheModel } from './cache-model.js';
import { directory, path, somePaths } from './paths.js';
import { type RealCache, target } from './real-cache.js';
import { spelled } from './record-text.js';
import { deeds } from './running.js';

const signature = fc.option(
  fc.record({
    size: fc.constantFrom(0, 3),
    mtimeNs: fc.constantFrom(-1n, 5_000_000_001n),
    text: fc.option(fc.constantFrom('a\nü💾', '')),
  }),
);

/** Lengths of pieces and blocks that no recipe has: sums of the largest file take some hundred bytes. */
const lengths = [2 ** 38, 2 ** 40] as const;

/** Another size, mtime, inode, recipe or content: often the same as before. Sums are as many as the size wants. */
const version = fc
  .record({
    size: fc.constantFrom(0, 1_000, 5_000_000_000_000),
    mtimeNs: fc.constantFrom(-1_500_000_000n, 1_600_000_000_123_456_789n, 2n ** 63n + 1n),
    inode: fc.constantFrom(7n, 2n ** 64n - 1n),
    seed: fc.constantFrom('one', 'other'),
    pieceLength: fc.constantFrom(...lengths),
    zsync: fc.option(
      fc.record({
        blockSize: fc.constantFrom(...lengths),
        hashLengths: fc.constantFrom(
          { sequence: 1, rsum: 2, checksum: 4 } as const,
          { sequence: 2, rsum: 4, checksum: 16 } as const,
        ),
      }),
    ),
    fill: fc.constantFrom(1, 2),
    signature,
  })
  .map(({ pieceLength, zsync, fill, ...rest }) => {
    const sums = (length: number, each: number): Uint8Array =>
      new Uint8Array(each * Math.ceil(rest.size / length)).fill(fill);
    return {
      ...rest,
      pieces: { length: pieceLength, sha1: sums(pieceLength, 20) },
      zsync: zsync && {
        ...zsync,
        sums: sums(zsync.blockSize, zsync.hashLengths.rsum + zsync.hashLengths.checksum),
      },
    };
  });

const put = fc.record({ path, version, adopted: fc.boolean() }).map(
  ({ path, version, adopted }): CacheChange => ({
    ...{ kind: 'put', record: recordOf(path, version) },
    ...(adopted ? { adopted } : {}),
  }),
);
const amend: fc.Arbitrary<CacheChange> = fc.record({
  kind: fc.constant('amend' as const),
  path,
  dropZsync: fc.boolean(),
  signature: fc.option(signature, { nil: undefined }),
});
const changes = fc.array(fc.oneof({ weight: 3, arbitrary: put }, { weight: 1, arbitrary: amend }), {
  maxLength: 8,
  size: 'max',
});

function pathOf(change: CacheChange): TreePath {
  return change.kind === 'put' ? change.record.path : change.path;
}

function apply(changes: readonly CacheChange[], by: number, model: CacheModel, real: RealCache): void {
  real.note(changes.map(pathOf));
  deepStrictEqual(real.writer(by).apply(changes), model.sequence);
  for (const change of changes) {
    if (change.kind === 'put') model.put(change.record, change.adopted === true);
    else model.amend(change.path, change.dropZsync, change.signature);
  }
}

const applying: CacheDeed = deeds('apply', fc.record({ changes, by }), ({ changes, by }, model, real) =>
  apply(changes, by, model, real),
);

const broken: CacheDeed = deeds('fail to apply', fc.record({ changes, by }), ({ changes, by }, _, real) => {
  const record = { ...recordOf('broken'), sha256: 'no bytes' as unknown as Uint8Array };
  throws(() => real.writer(by).apply([...changes, { kind: 'put', record }]));
});

/** What a run saw is gone, though others may have written it anew meanwhile. */
const pruning: CacheDeed = deeds(
  'prune',
  fc.record({ paths: somePaths, meanwhile: fc.oneof(fc.constant([]), changes), by }),
  ({ paths, meanwhile, by }, model, real) => {
    const seen = paths.flatMap((path) => real.writer(1 - by).fileAt(path) ?? []);
    if (meanwhile.length > 0) apply(meanwhile, 1 - by, model, real);
    remove(seen, by, model, real);
  },
);

const forgetting: CacheDeed = deeds(
  'forget',
  fc.record({
    paths: fc.array(
      fc.oneof(
        directory.filter((path) => path !== ''),
        path,
      ),
      { maxLength: 3 },
    ),
    by,
  }),
  ({ paths, by }, model, real) => {
    const cache = real.writer(by);
    remove(
      paths.flatMap((path) => [...cache.filesBelow(path), ...[cache.fileAt(path) ?? []].flat()]),
      by,
      model,
      real,
    );
  },
);

const emptying: CacheDeed = deeds('forget all', by, (by, model, real) =>
  remove(real.writer(by).filesBelow(''), by, model, real),
);

function remove(files: readonly VanishedFile[], by: number, model: CacheModel, real: RealCache): void {
  const removed = real.writer(by).remove(files);
  deepStrictEqual(removed, model.remove(files.map(({ sequence }) => sequence)));
}

/** As a sync does it: what is gone first, then what changed, in portions; it may end after any of them. */
const syncing: CacheDeed = deeds(
  'sync',
  fc.record({
    limit: fc.integer({ min: 1, max: 8 }),
    bytes: fc.constantFrom(0, 300, 1e9),
    portions: fc.integer({ min: 0, max: 12 }),
    by,
  }),
  ({ limit, bytes, portions, by }, model, real) => {
    const cache = real.writer(by);
    const until = cache.lastSequence();
    let at = cache.targets().find(({ name }) => name === target)?.sequence ?? 0;
    for (const { path } of cache.tombstonesAfter(at, 1_000)) real.replica.delete(path);
    for (let left = portions; left > 0; left--) {
      const found = cache.changesAfter(at, limit, bytes);
      for (const { record } of found) real.replica.set(record.path, spelled(record) ?? '');
      at = found.at(-1)?.sequence ?? until;
      cache.setTarget({ name: target, identity: 'same', sequence: at });
      model.positions.set(target, { identity: 'same', sequence: at });
    }
    if (at === until) deepStrictEqual(new Map(real.replica), replicaOf(model));
  },
);

function replicaOf(model: CacheModel): Map<TreePath, string> {
  const records: FileRecord[] = [...model.files.values()].map(({ record }) => record);
  return new Map(records.map((record) => [record.path, spelled(record) ?? '']));
}

/** Records change most often. */
export const cacheDeeds: CacheDeed[] = [
  ...[
    applying,
    applying,
    applying,
    applying,
    pruning,
    pruning,
    forgetting,
    syncing,
    syncing,
    emptying,
    broken,
  ],
  ...memories,
  ...comings,
];
