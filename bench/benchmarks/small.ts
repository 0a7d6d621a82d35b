/**
 * Many small files: what counts is what a file costs besides its bytes.
 */
import { type Benchmark, ratio } from '../benchmark.js';
import { readAll } from '../data.js';
import { coldRun, ours } from '../ours.js';
import { mixedTree, treeHashers } from './trees.js';

export const small: Benchmark = {
  id: 'small',
  claim: 'small files as fast as rhash, which writes no database',
  async prepare(site) {
    const { tree, files } = await mixedTree(site);
    readAll(tree);
    return {
      work: `${files.toLocaleString('en')} files of 0 to 7 KiB, 100 a directory`,
      contestants: [coldRun(site, tree), ...treeHashers(site, tree, 64)],
      goals: (results) => [
        {
          text: '≥ the files per second of rhash',
          bound: 'at least',
          limit: 1,
          unit: '×',
          value: ratio(results.seconds('rhash'), results.seconds(ours)),
        },
      ],
    };
  },
};
