/**
 * The sync of every night: a few rows changed among very many that did not.
 */
import { join } from 'node:path';
import { Cache } from '../../src/store/cache.js';
import type { Benchmark, Sample } from '../benchmark.js';
import { mirrorhash, ours } from '../ours.js';
import { Databases, makeRecords, recordsFrom, withClient } from '../redirector.js';

const changed = 10;

export const laterSync: Benchmark = {
  id: 'later-sync',
  claim: 'a sync costs what changed, not what exists',
  async prepare(site) {
    const rows = site.quick ? 5_000 : 1_000_000;
    const { tree, state } = await makeRecords(site.directory, rows);
    const databases = await Databases.start();
    const url = await databases.next();
    const sync = (): Promise<Sample> =>
      site.measure([[mirrorhash('sync', '--quiet', '--state', state, '--redirector', url, tree)]]);
    let first: Sample | null = null;
    let counted = 0;
    let scanned = 0;
    const record = recordsFrom('changed');
    return {
      work: `${changed} records changed of ${rows.toLocaleString('en')}, PostgreSQL on the same machine`,
      end: () => databases.end(),
      beforeRounds: async () => {
        first = await sync();
        counted = await rowsScanned(url);
      },
      contestants: [
        {
          who: ours,
          does: 'probe, and the rows that changed',
          repeat: 3,
          before: () => {
            const cache = Cache.open(join(state, 'cache.db'));
            const changes = Array.from({ length: changed }, (_, index) =>
              record(Math.floor((index * rows) / changed)),
            );
            cache.apply(changes.map((next) => ({ kind: 'put', record: next })));
            cache.close();
          },
          run: async () => {
            const sample = await sync();
            const before = counted;
            counted = await rowsScanned(url);
            scanned = counted - before;
            return sample;
          },
        },
      ],
      goals: (results) => [
        { text: '≤ 1 s', bound: 'at most', limit: 1, unit: 's', value: results.seconds(ours) },
        {
          text: 'peak memory of the first sync ≤ 300 MB',
          bound: 'at most',
          limit: 300,
          unit: 'MB',
          value: first?.peakBytes == null ? null : first.peakBytes / 1e6,
        },
      ],
      remarks: () => [
        `rows of filearr and hash that PostgreSQL read without an index in the last sync: ${scanned}`,
        ...(first === null ? [] : [`the first sync of all rows took ${first.seconds.toFixed(0)} s`]),
      ],
    };
  },
};

/** Since the database was made, as PostgreSQL counts. */
function rowsScanned(url: string): Promise<number> {
  return withClient(url, async (client) => {
    // What a session did is counted when it has ended, or a moment later.
    await client.query('SELECT pg_sleep(1.5)');
    const { rows } = await client.query(
      "SELECT sum(seq_tup_read)::float8 AS read FROM pg_stat_user_tables WHERE relname IN ('filearr', 'hash')",
    );
    return rows[0].read as number;
  });
}
