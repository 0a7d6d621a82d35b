/**
 * The first sync to MirrorBrain's database, beside the way of every script: one INSERT a row, each committed by itself.
 */
import { type Benchmark, ratio, type Sample } from '../benchmark.js';
import { mirrorhash, ours } from '../ours.js';
import { Databases, makeRecords, recordsFrom, withClient } from '../redirector.js';

const single = 'INSERT by INSERT';

/** So many of the rows are inserted one by one; the time is multiplied. */
const share = 20;

const insert = `WITH f AS (INSERT INTO filearr (path, mirrors) VALUES ($1, '{}') RETURNING id)
  INSERT INTO hash SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12 FROM f`;

export const firstSync: Benchmark = {
  id: 'first-sync',
  claim: "a site's rows in MirrorBrain's PostgreSQL within minutes, in little memory",
  async prepare(site) {
    const rows = site.quick ? 2_000 : 200_000;
    const { tree, state } = await makeRecords(site.directory, rows);
    const databases = await Databases.start();
    let url = '';
    const before = async (): Promise<void> => {
      url = await databases.next();
    };
    return {
      work: `${rows.toLocaleString('en')} rows of 3 pieces and 100 zsync blocks each, PostgreSQL on the same machine`,
      end: () => databases.end(),
      contestants: [
        {
          who: ours,
          does: 'all rows, COPY and one upsert a batch',
          before,
          run: () =>
            site.measure([[mirrorhash('sync', '--quiet', '--state', state, '--redirector', url, tree)]]),
        },
        {
          who: single,
          does: `one row in ${share}, time × ${share}`,
          before,
          run: () => insertOneByOne(url, rows / share),
        },
      ],
      goals: (results) => [
        {
          text: '≥ 20,000 rows/s',
          bound: 'at least',
          limit: 20_000,
          unit: 'rows/s',
          value: ratio(rows, results.seconds(ours)),
        },
        {
          text: '≥ 10 × one autocommitted INSERT a row',
          bound: 'at least',
          limit: 10,
          unit: '×',
          value: ratio(results.seconds(single), results.seconds(ours)),
        },
        {
          text: 'peak memory ≤ 300 MB',
          bound: 'at most',
          limit: 300,
          unit: 'MB',
          value: results.peakMegabytes(ours),
        },
      ],
    };
  },
};

/** Prepared once, as a careful script does it. */
function insertOneByOne(url: string, rows: number): Promise<Sample> {
  const record = recordsFrom('one by one');
  return withClient(url, async (client) => {
    const started = performance.now();
    for (let index = 0; index < rows; index += 1) {
      const { path, mtimeNs, size, md5, sha1, sha256, pieces, btih, zsync } = record(index);
      const mtime = Number(mtimeNs / 1_000_000_000n);
      const sums = [md5, sha1, sha256, pieces.length, pieces.sha1, btih];
      const values = [path, mtime, size, ...sums, zsync?.blockSize, '2,2,4', zsync?.sums];
      await client.query({ name: 'insert', text: insert, values });
    }
    return { seconds: (share * (performance.now() - started)) / 1000, cpuSeconds: null, peakBytes: null };
  });
}
