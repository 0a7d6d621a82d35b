/**
 * What a run says of its redirector when it ends: only what is there.
 */
import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MirrorhashError } from '../../src/errors.js';
import { Locks } from '../../src/files/lock.js';
import { LiveSync } from '../../src/pipeline/live-sync.js';
import type { CacheChange } from '../../src/store/cache.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { openCache } from '../support/caching.js';
import { recordOf } from '../support/records.js';
import { watched } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

it('an interrupted run whose target was away has nothing to tell of it', async () => {
  const home = temporaryDirectory();
  mkdirSync(`${home}/base`);
  const cache = openCache(`${home}/cache.db`);
  const locks = new Locks(`${home}/locks`, (work) => cache.exclusively(work));
  const interruption = new AbortController();
  let isAway = true;
  const sync = new LiveSync({
    state: { place: { base: `${home}/base`, directory: home }, cache, locks },
    signal: interruption.signal,
    newPaths: false,
    emit: () => {},
  });
  await sync.open(async () => {
    const redirector = watched(SqliteRedirector.open(`${home}/redirector.db`), () => {
      if (isAway) throw new MirrorhashError('REDIRECTOR_AWAY', 'away');
    });
    return { redirector, lock: async () => async () => {} };
  });
  // The first sync finds nothing to write.
  await expect.poll(() => sync.result).toMatchObject({ upserted: 0 });
  const commit = (path: string): void => {
    const change: CacheChange = { kind: 'put', record: recordOf(path) };
    sync.take(cache.apply([change]), [change]);
  };
  commit('a');
  expect(sync.result).toBeNull();
  isAway = false;
  await sync.finish();
  expect(sync.result).toMatchObject({ upserted: 1 });
  isAway = true;
  commit('b');
  interruption.abort();
  await sync.close();
  expect(sync.result).toBeNull();
});
