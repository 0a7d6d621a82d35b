/**
 * A sync that takes what the run committed last from memory leaves the target as one that reads all of it from the
 * cache.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { RecentChanges } from '../../src/pipeline/recent-changes.js';
import type { CacheChange } from '../../src/store/cache.js';
import { type RedirectorRow, toRow } from '../../src/store/redirector.js';
import { recordOf } from '../support/records.js';
import { numbered, Pair, watched } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

let pair: Pair;
let recent: RecentChanges;

beforeEach(() => {
  pair = new Pair(temporaryDirectory());
  recent = new RecentChanges();
});

/** Commits as the run does that syncs. */
function commit(...changes: readonly CacheChange[]): void {
  recent.add(pair.cache.apply(changes), changes);
}

const put = (path: string, seed = path): CacheChange => ({ kind: 'put', record: recordOf(path, { seed }) });
const amend = (path: string): CacheChange => ({ kind: 'amend', path, dropZsync: true, signature: undefined });
const sync = () => pair.sync(undefined, undefined, recent);

/** The rows of the target, and those that it should have. */
async function rows(): Promise<readonly [readonly RedirectorRow[], readonly RedirectorRow[]]> {
  const records = pair.cache.changesAfter(0, 100_000, 1e12).map(({ record }) => toRow(record));
  const found = await pair.target.fetch(await pair.paths(), 'all');
  const byPath = (a: RedirectorRow, b: RedirectorRow) => (a.path < b.path ? -1 : 1);
  const alike = (of: Iterable<RedirectorRow>) => structuredClone([...of].sort(byPath));
  return [alike(found.values()), alike(records)];
}

async function expectAlike(): Promise<void> {
  const [there, wanted] = await rows();
  expect(there).toEqual(wanted);
}

it('what is in memory is not read from the cache', async () => {
  await sync().run();
  // What no cache would say.
  recent.add(pair.cache.apply([put('a')]), [put('a', 'only in memory')]);
  await sync().run();
  const there = (await pair.target.fetch(['a'], 'all')).get('a');
  expect(Buffer.from(there?.md5 ?? [])).toEqual(Buffer.from(recordOf('a', { seed: 'only in memory' }).md5));
});

it('in portions, and the memory is empty then', async () => {
  await sync().run();
  commit(...numbered(1201).map((path) => put(path)));
  const batches: number[] = [];
  const running = pair.sync(
    undefined,
    watched(pair.target, (batch) => batches.push(batch)),
    recent,
  );
  await running.run();
  expect(running.result).toMatchObject({ upserted: 1201, deleted: 0 });
  expect([batches, recent.length, pair.position()]).toEqual([[1, 2, 3], 0, 1201]);
  await expectAlike();
});

describe('nothing is lost, and nothing comes back', () => {
  it.each<[string, () => void]>([
    [
      'another process wrote before',
      () => {
        pair.put('x');
        commit(put('a'));
      },
    ],
    [
      'another process wrote in between',
      () => {
        commit(put('a'));
        pair.put('x');
        commit(put('b'));
      },
    ],
    [
      'another process wrote behind',
      () => {
        commit(put('a'));
        pair.put('x');
      },
    ],
    [
      'another process wrote the same',
      () => {
        commit(put('a'));
        pair.putAs('other', 'a');
      },
    ],
    [
      'the same was put twice',
      () => {
        commit(put('a'));
        commit(put('a', 'other'));
      },
    ],
    ['the same was put twice in one commit', () => commit(put('a'), put('b'), put('a', 'other'))],
    [
      'a record was amended',
      () => {
        commit(put('a'), put('b'));
        commit(amend('a'));
        commit(put('c'));
      },
    ],
    ['records were amended and put at once', () => commit(put('a'), amend('a'), put('b'))],
    [
      'one that is not there was amended',
      () => {
        commit(put('a'));
        commit(amend('gone'));
        commit(put('b'));
      },
    ],
    [
      'one was removed by another process',
      () => {
        commit(put('a'), put('b'));
        pair.remove('a');
      },
    ],
    [
      'one was removed by another process, and more put',
      () => {
        commit(put('a'), put('b'));
        pair.remove('a');
        commit(put('c'));
      },
    ],
    [
      'one was removed by another process, and put again',
      () => {
        commit(put('a'));
        pair.remove('a');
        commit(put('a', 'other'), put('b'));
      },
    ],
    [
      'one that was there was removed',
      () => {
        pair.remove('old 1');
        commit(put('a'));
      },
    ],
    [
      'one that was there was put, and removed',
      () => {
        commit(put('old 1', 'new'));
        pair.remove('old 1');
      },
    ],
    [
      'too much gathered',
      () => {
        pair.put('a');
        recent.add(2, [put('a', 'forgotten'), ...Array.from({ length: 20_000 }, () => put('b'))]);
      },
    ],
  ])('when %s', async (_, happens) => {
    pair.put('old 1', 'old 2');
    await sync().run();
    happens();
    await sync().run();
    await expectAlike();
    commit(put('last'));
    await sync().run();
    await expectAlike();
    expect(await pair.run()).toEqual([0, 0]);
  });

  it('into a target that is compared as a whole', async () => {
    pair.put('old');
    commit(put('a'), put('b'));
    pair.remove('a');
    commit(put('c'));
    await sync().run();
    await expectAlike();
    pair.meddle('DELETE FROM hash');
    commit(put('d'));
    await sync().run();
    await expectAlike();
  });

  it('when records come while it writes', async () => {
    await sync().run();
    commit(...numbered(1200).map((path) => put(path)));
    const target = watched(pair.target, (batch) => {
      if (batch === 1) commit(put('a'), put('f/01100', 'newer'));
      if (batch === 2) pair.put('x');
      if (batch === 3) commit(put('b'));
    });
    const running = pair.sync(undefined, target, recent);
    await running.run();
    await running.run();
    await expectAlike();
    expect(pair.position()).toBe(pair.cache.lastSequence());
  });

  it('when one is removed while it writes', async () => {
    await sync().run();
    commit(...numbered(1200).map((path) => put(path)));
    const target = watched(pair.target, (batch) => batch === 1 && pair.remove('f/01100', 'f/00001'));
    const running = pair.sync(undefined, target, recent);
    await running.run();
    await running.run();
    await expectAlike();
  });

  it('when it is interrupted or fails between two batches', async () => {
    for (const fails of [false, true]) {
      commit(...numbered(1200, `${fails}`).map((path) => put(path)));
      const controller = new AbortController();
      const target = watched(pair.target, (batch) => {
        if (batch !== 2) return;
        if (fails) throw new Error('the disk is full');
        controller.abort();
      });
      await pair
        .sync(controller.signal, target, recent)
        .run()
        .catch(() => {});
      commit(put(`and ${fails}`));
      await sync().run();
      await expectAlike();
    }
  });
});

it('whatever happens, in any order', async () => {
  let x = 1;
  const chance = (below: number): number => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * below);
  };
  const some = () => `d${chance(3)}/${chance(12)}`;
  const events: readonly (() => void)[] = [
    () => commit(...Array.from({ length: 1 + chance(4) }, () => put(some(), String(x)))),
    () => commit(put(some(), String(x))),
    () => commit(amend(some())),
    () => commit(put(some(), String(x)), amend(some())),
    () => pair.putAs(String(x), some()),
    () => pair.remove(some()),
  ];
  const running = sync();
  for (let round = 0; round < 60; round++) {
    for (let i = chance(6); i >= 0; i--) events[chance(events.length)]?.();
    await running.run();
    await expectAlike();
  }
  expect(recent.length).toBe(0);
});
