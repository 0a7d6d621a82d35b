/**
 * What an ordinary sync of a large database costs the server: a look at the rows that changed, never at a whole table.
 */
import { describe, expect, test } from 'vitest';
import type { RedirectorOpener } from '../../src/pipeline/open-redirector.js';
import { syncTarget } from '../../src/pipeline/sync-target.js';
import type { Cache } from '../../src/store/cache.js';
import { connectionSettings } from '../../src/store/mirrorbrain/connection-settings.js';
import { MirrorbrainRedirector } from '../../src/store/mirrorbrain/mirrorbrain-redirector.js';
import { openCache, put, removePaths } from '../support/caching.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { bothSchemas, ourSessions, pathTable } from '../support/mirrorbrain/faults.js';
import { recordOf } from '../support/records.js';
import { numbered } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

function opener(url: string): RedirectorOpener {
  return async (signal) => {
    const redirector = new MirrorbrainRedirector(connectionSettings(url, {}), signal);
    const release = (): Promise<void> => redirector.unlock();
    return { redirector, lock: async () => ((await redirector.lock()) ? release : null) };
  };
}

async function sync(cache: Cache, base: string, database: TestDatabase): Promise<readonly unknown[]> {
  const { signal } = new AbortController();
  const result = await syncTarget(opener(database.url), { cache, base, signal, full: null });
  // A session that ends hands in what it counted.
  await expect.poll(() => database.query(ourSessions), { timeout: 20_000 }).toEqual([]);
  return [result?.upserted, result?.deleted];
}

/** Rows that were read by scans of whole tables. */
async function scanned(database: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const found = await database.query(`SELECT relname, seq_tup_read::int AS read FROM pg_stat_user_tables
    WHERE relname IN ('filearr', 'hash', 'files')`);
  return Object.fromEntries(found.map(({ relname, read }) => [relname, Number(read)]));
}

async function lastNumber(database: TestDatabase, table: string): Promise<number> {
  const [row] = await database.query(`SELECT last_value::int AS n FROM ${table}_id_seq`);
  return Number(row?.n);
}

describe.each(bothSchemas)('%s', (schema) => {
  test.each([
    [20_000, 'with statistics', 'ANALYZE'],
    // Of fewer rows the server rightly thinks that reading all is no more work than to look up a hundred.
    [60_000, 'without', 'SELECT 1'],
  ])('ten changes in %s rows, %s', async (rows, _, prepare) => {
    const home = temporaryDirectory();
    const cache = openCache(`${home}/cache.db`);
    const paths = numbered(rows);
    put(cache, ...paths.map((path) => recordOf(path)));
    const database = await makeDatabase(schema);
    expect(await sync(cache, home, database)).toEqual([rows, 0]);
    await database.query(prepare);
    const before = await scanned(database);
    const number = await lastNumber(database, pathTable[schema]);
    expect(number).toBe(rows);

    put(cache, ...paths.slice(5_000, 5_008).map((path) => recordOf(path, { seed: `new ${path}` })));
    removePaths(cache, ...paths.slice(7_000, 7_002));
    expect(await sync(cache, home, database)).toEqual([8, 2]);
    expect(await sync(cache, home, database)).toEqual([0, 0]);
    const after = await scanned(database);
    for (const [table, count] of Object.entries(after))
      expect(count - (before[table] ?? 0), table).toBeLessThan(1_000);
    expect(Object.keys(after)).not.toEqual([]);
    expect(await lastNumber(database, pathTable[schema])).toBe(rows);

    // Numbers are drawn for new paths only.
    put(cache, recordOf('new/1'), recordOf('new/2'), recordOf(paths[0] ?? '', { seed: 'again' }));
    expect(await sync(cache, home, database)).toEqual([3, 0]);
    expect(await lastNumber(database, pathTable[schema])).toBe(rows + 2);
  });
});
