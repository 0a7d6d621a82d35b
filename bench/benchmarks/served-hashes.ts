/**
 * What a redirector is asked most: a small checksum, each time of another file. A bare server that answers the same
 * bytes is the least that it can cost.
 */
import { fileURLToPath } from 'node:url';
import { type Benchmark, type Contestant, ratio } from '../benchmark.js';
import { type Answered, ask, type Load, type Served, startServer, stopServer } from '../load.js';
import { mirrorhash, ours, serve } from '../ours.js';
import { warmTree } from './trees.js';

const bareServer = fileURLToPath(new URL('../bare-server.ts', import.meta.url));
const bare = 'bare node:http';
/** `<64 hex>  f000000` and LF */
const answerBytes = 64 + 2 + 7 + 1;

export const servedHashes: Benchmark = {
  id: 'served-hashes',
  claim: '.sha256 of any file at no less than half the rate of a bare server',
  async prepare(site) {
    const { tree, state, directories } = await warmTree(site);
    const seconds = site.quick ? 1 : 8;
    const load: Load = {
      path: '/d%d/f%d.sha256',
      numbers: [
        { below: directories, digits: 6 },
        { below: 100, digits: 6 },
      ],
      status: 200,
      seconds,
    };
    let server: Served | null = null;
    let bareProcess: Served | null = null;
    const latencies: number[] = [];
    const contestant = (who: string, does: string, of: () => Served | null): Contestant => ({
      who,
      does,
      needs: ['wrk'],
      run: async () => {
        const served = of();
        if (served === null) throw new Error(`${who} was not started`);
        const answered: Answered = await ask(served, load, site.directory);
        if (who === ours) latencies.push(answered.p99);
        return answered;
      },
    });
    return {
      work: `.sha256 of random files among ${(directories * 100).toLocaleString('en')}; time of 10,000 answers`,
      beforeRounds: async () => {
        await site.measure([[mirrorhash('hash', '--quiet', '--state', state, tree)]]);
        server = await startServer(serve({ tree, state }).args);
        bareProcess = await startServer(['--import', 'tsx', bareServer, String(answerBytes)]);
      },
      contestants: [
        contestant(ours, 'looks at the file, its directories and its record', () => server),
        contestant(bare, 'a head and body of the same length for every request', () => bareProcess),
      ],
      goals: (results) => [
        {
          text: `≥ 0.5 × the requests a second of ${bare}`,
          bound: 'at least',
          limit: 0.5,
          unit: '×',
          value: ratio(results.seconds(bare), results.seconds(ours)),
        },
        {
          text: '99th percentile ≤ 20 ms',
          bound: 'at most',
          limit: 0.02,
          unit: 's',
          value: latencies.length === 0 ? null : Math.max(...latencies) / 1000,
        },
        {
          text: 'memory ≤ 250 MB',
          bound: 'at most',
          limit: 250,
          unit: 'MB',
          value: results.peakMegabytes(ours),
        },
      ],
      end: async () => {
        for (const served of [server, bareProcess]) if (served !== null) await stopServer(served);
      },
    };
  },
};
