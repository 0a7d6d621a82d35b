/**
 * The nightly run that finds nothing new: walk, stat, compare. What `find` does is the least of it.
 */
import { join } from 'node:path';
import { type Benchmark, ratio } from '../benchmark.js';
import { makeSmallFiles } from '../data.js';
import { ours, warmRun } from '../ours.js';
import { findStats } from '../programs.js';

const find = 'find -printf';

export const warm: Benchmark = {
  id: 'warm',
  claim: 'an unchanged tree in little more than the time of find, in little memory',
  async prepare(site) {
    const directories = site.quick ? 50 : 10_000;
    // Half of them empty: what a file holds does not matter to a run that reads none.
    const tree = await makeSmallFiles(join(site.directory, `warm-${directories}`), {
      directories,
      filesEach: 100,
      size: (random) => (random() < 0.5 ? 0 : 1 + Math.floor(random() * 15)),
    });
    const contestant = warmRun(site, tree, 'names, sizes, mtimes; the cache');
    return {
      work: `second run over ${(directories * 100).toLocaleString('en')} files, 100 a directory`,
      beforeRounds: async () => {
        await contestant.run();
      },
      contestants: [
        contestant,
        {
          who: find,
          does: 'names, sizes, mtimes',
          needs: ['find'],
          run: () => site.measure([[findStats(tree)]]),
        },
      ],
      goals: (results) => [
        {
          text: '≤ 1.5 × find',
          bound: 'at most',
          limit: 1.5,
          unit: '×',
          value: ratio(results.seconds(ours), results.seconds(find)),
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
