/**
 * The export of every night that finds nothing changed: it should cost no more than the run that found it.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Benchmark, ratio, type Sample } from '../benchmark.js';
import { mirrorhash, ours, warmRun } from '../ours.js';
import { mixedTree } from './trees.js';

const exporting = 'mirrorhash export';

export const exported: Benchmark = {
  id: 'exported',
  claim: 'an export with nothing changed costs no more than the run before it',
  mostRounds: 5,
  async prepare(site) {
    const { tree, files } = await mixedTree(site);
    const out = join(site.directory, `export of ${files}`);
    const state = join(site.directory, `state of export of ${files}`);
    const warm = warmRun(site, { tree, state }, 'the warm hash run over the same files');
    const run = (): Promise<Sample> =>
      site.measure([
        [mirrorhash('export', '--quiet', '--state', state, '--formats', 'all', '--to', out, ...urls, tree)],
      ]);
    let first: Sample | null = null;
    return {
      work: `all formats of ${files.toLocaleString('en')} files, exported before`,
      beforeRounds: async () => {
        await warm.run();
        first = await run();
        // What was written a moment ago is looked at once more; from then on, the directories tell that nothing came.
        await setTimeout(2_500);
        await run();
      },
      contestants: [
        { who: exporting, does: 'looks at every file, directory and record', repeat: 3, run },
        { ...warm, repeat: 3 },
      ],
      goals: (results) => [
        {
          text: '≤ the warm hash run',
          bound: 'at most',
          limit: 1,
          unit: '×',
          value: ratio(results.seconds(exporting), results.seconds(ours)),
        },
      ],
      remarks: () =>
        first === null
          ? []
          : [
              `the first export took ${first.seconds.toFixed(0)} s` +
                (first.peakBytes === null ? '' : ` and ${(first.peakBytes / 1e6).toFixed(0)} MB`),
            ],
    };
  },
};

const urls = ['--base-url', 'https://download.example.org/', '--tracker', 'udp://tracker.example.org:6969'];
