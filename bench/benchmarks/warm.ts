/**
 * The nightly run that finds nothing new: walk, stat, compare. What `find` does is the least of it.
 */
import { type Benchmark, ratio } from '../benchmark.js';
import { ours, warmRun } from '../ours.js';
import { findStats } from '../programs.js';
import { warmTree } from './trees.js';

const find = 'find -printf';

export const warm: Benchmark = {
  id: 'warm',
  claim: 'an unchanged tree in little more than the time of find, in little memory',
  async prepare(site) {
    const { directories, ...hashed } = await warmTree(site);
    const contestant = warmRun(site, hashed, 'names, sizes, mtimes; the cache');
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
          run: () => site.measure([[findStats(hashed.tree)]]),
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
