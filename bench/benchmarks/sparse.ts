/**
 * A very large file: memory must not grow with it.
 */
import { join } from 'node:path';
import type { Benchmark } from '../benchmark.js';
import { makeSparseFile } from '../data.js';
import { coldRun, ours } from '../ours.js';

const gigabyte = 1e9;

export const sparse: Benchmark = {
  id: 'sparse',
  claim: 'memory that does not grow with the file',
  long: true,
  mostRounds: 1,
  async prepare(site) {
    const size = (site.quick ? 0.2 : 20) * gigabyte;
    const tree = await makeSparseFile(join(site.directory, `sparse-${size}`), size);
    return {
      work: `a sparse file of ${size / gigabyte} GB`,
      contestants: [coldRun(site, tree)],
      goals: (results) => [
        {
          text: 'peak memory ≤ 400 MB',
          bound: 'at most',
          limit: 400,
          unit: 'MB',
          value: results.peakMegabytes(ours),
        },
      ],
    };
  },
};
