/**
 * What every call costs before it does anything.
 */
import { type Benchmark, ratio } from '../benchmark.js';
import { mirrorhash, ours } from '../ours.js';

const node = 'node -e 0';

export const startUp: Benchmark = {
  id: 'start-up',
  claim: 'a call costs little more than Node itself',
  async prepare(site) {
    const repeat = site.quick ? 2 : 10;
    return {
      work: 'mirrorhash --version',
      contestants: [
        {
          who: ours,
          does: 'prints its version',
          run: () => site.measure([[mirrorhash('--version')]]),
          repeat,
        },
        {
          who: node,
          does: 'nothing',
          run: () => site.measure([[{ program: process.execPath, args: ['-e', '0'] }]]),
          repeat,
        },
      ],
      goals: (results) => [
        {
          text: '≤ 1.5 × node -e 0',
          bound: 'at most',
          limit: 1.5,
          unit: '×',
          value: ratio(results.seconds(ours), results.seconds(node)),
        },
      ],
    };
  },
};
