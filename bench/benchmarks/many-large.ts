/**
 * Many large files: all cores are busy, so what counts is how much work a byte costs.
 */
import { join } from 'node:path';
import { autoZsyncBlockSize } from '../../src/recipe.js';
import { type Benchmark, ratio } from '../benchmark.js';
import { MiB, makeLargeFiles, readAll } from '../data.js';
import { opensslSum, sumName } from '../openssl-sum.js';
import { coldRun, ours } from '../ours.js';
import { eachFile, zsyncmake } from '../programs.js';
import { torrentOfEachFile } from './torrents.js';
import { treeHashers } from './trees.js';

export const manyLarge: Benchmark = {
  id: 'many-large',
  claim: 'all sums of many files, faster than each digest by OpenSSL on all cores',
  async prepare(site) {
    const [files, size] = site.quick ? [8, 4 * MiB] : [64, 16 * MiB];
    const tree = await makeLargeFiles(join(site.directory, `many-large-${files}-${size}`), files, size);
    readAll(tree);
    const sum = opensslSum(site.cores, files * size, site.quick);
    const zsync = eachFile(tree, zsyncmake(autoZsyncBlockSize(size)), site.cores, 1);
    return {
      work: `${files} files of ${size / MiB} MiB`,
      contestants: [
        coldRun(site, tree),
        sum,
        ...treeHashers(site, tree, 1),
        {
          who: `zsyncmake, xargs -P ${site.cores}`,
          does: 'zsync sums, sha1',
          needs: ['zsyncmake', 'find', 'xargs'],
          run: () => site.measure([[zsync]]),
        },
        torrentOfEachFile(site, tree),
      ],
      goals: (results) => [
        {
          text: '≥ 1.15 × the rate of the OpenSSL sum',
          bound: 'at least',
          limit: 1.15,
          unit: '×',
          value: ratio(results.seconds(sumName), results.seconds(ours)),
        },
      ],
      remarks: () => [sum.remark()],
    };
  },
};
