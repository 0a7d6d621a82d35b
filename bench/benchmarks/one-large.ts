/**
 * One large file: its bytes have one order, so the longest single digest (MD5) is the least that it can take.
 */
import { join } from 'node:path';
import { autoZsyncBlockSize } from '../../src/recipe.js';
import { type Benchmark, ratio } from '../benchmark.js';
import { GiB, MiB, makeLargeFiles, readAll } from '../data.js';
import { md5Alone, md5Name, opensslSum, sumName } from '../openssl-sum.js';
import { coldRun, ours } from '../ours.js';
import { rhash, withFile, zsyncmake } from '../programs.js';
import { torrentOfFile } from './torrents.js';
import { treeHashers } from './trees.js';

const pair = 'rhash + zsyncmake';

export const oneLarge: Benchmark = {
  id: 'one-large',
  claim: 'one file on several cores: hardly longer than its MD5 alone',
  async prepare(site) {
    const size = site.quick ? 64 * MiB : 2 * GiB;
    const tree = await makeLargeFiles(join(site.directory, `one-large-${size}`), 1, size);
    const file = join(tree, 'f000000.iso');
    readAll(tree);
    const sum = opensslSum(site.cores, size, site.quick);
    const zsync = withFile(zsyncmake(autoZsyncBlockSize(size)), file);
    return {
      work: `one file of ${size / MiB} MiB`,
      contestants: [
        coldRun(site, tree),
        md5Alone(file),
        sum,
        {
          who: pair,
          does: 'md5 sha1 sha256 btih, zsync sums',
          needs: ['rhash', 'zsyncmake'],
          run: () => site.measure([[rhash(file), zsync]]),
        },
        ...treeHashers(site, tree, 1),
        torrentOfFile(site, file),
      ],
      goals: (results) => {
        const [md5, all] = [results.seconds(md5Name), results.seconds(sumName)];
        return [
          {
            text: '≤ 1.15 × the longer of MD5 alone and OpenSSL sum',
            bound: 'at most',
            limit: 1.15,
            unit: '×',
            value: ratio(results.seconds(ours), md5 === null || all === null ? null : Math.max(md5, all)),
          },
          {
            text: '≥ 1.5 × faster than rhash and zsyncmake side by side',
            bound: 'at least',
            limit: 1.5,
            unit: '×',
            value: ratio(results.seconds(pair), results.seconds(ours)),
          },
        ];
      },
      remarks: () => [sum.remark()],
    };
  },
};
