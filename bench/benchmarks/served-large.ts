/**
 * What is long or has much to decide: torrent and metalink of a large image, and the redirect to one of twenty mirrors.
 */
import { join } from 'node:path';
import type { Benchmark, Contestant, Goal, Results } from '../benchmark.js';
import { GiB, MiB, makeSparseFile } from '../data.js';
import { answers, ask, type Load, type Served, startServer, stopServer } from '../load.js';
import { mirrorhash, serve } from '../ours.js';

const mirrors = 20;

/** What is asked for, and how often a second at least. */
const kinds = [
  { who: '.torrent', does: '330 KB', path: '/sparse.iso.torrent', status: 200, goal: 1_000 },
  { who: '.meta4', does: '1 MB', path: '/sparse.iso.meta4', status: 200, goal: 200 },
  { who: '302', does: `one of ${mirrors} mirrors, all links`, path: '/sparse.iso', status: 302, goal: 5_000 },
] as const;

export const servedLarge: Benchmark = {
  id: 'served-large',
  claim: 'torrents, metalinks and redirects of an image of 4 GiB as fast as anybody asks for them',
  async prepare(site) {
    const size = site.quick ? 64 * MiB : 4 * GiB;
    const tree = await makeSparseFile(join(site.directory, `served-large-${size}`), size);
    const state = join(site.directory, `state of served-large-${size}`);
    let server: Served | null = null;
    const contestant = ({ who, does, path, status }: (typeof kinds)[number]): Contestant => ({
      who,
      does,
      needs: ['wrk'],
      run: () => {
        if (server === null) throw new Error('the server was not started');
        const load: Load = { path, status, seconds: site.quick ? 1 : 8 };
        return ask(server, load, site.directory);
      },
    });
    return {
      work: `one file of ${size / MiB} MiB on ${mirrors} mirrors; time of 10,000 answers`,
      beforeRounds: async () => {
        await site.measure([[mirrorhash('hash', '--quiet', '--state', state, tree)]]);
        for (let mirror = 0; mirror < mirrors; mirror += 1)
          await site.measure(addMirror(mirror, state, tree));
        server = await startServer(serve({ tree, state }).args);
      },
      contestants: kinds.map(contestant),
      goals: (results) => [
        ...kinds.map((kind) => rateGoal(kind, results)),
        {
          text: 'memory ≤ 250 MB',
          bound: 'at most',
          limit: 250,
          unit: 'MB',
          value: Math.max(...kinds.map(({ who }) => results.peakMegabytes(who) ?? 0)) || null,
        },
      ],
      end: async () => {
        if (server !== null) await stopServer(server);
      },
    };
  },
};

function rateGoal({ who, goal }: (typeof kinds)[number], results: Results): Goal {
  const seconds = results.seconds(who);
  return {
    text: `${who}: ≥ ${goal.toLocaleString('en')} a second`,
    bound: 'at least',
    limit: goal,
    unit: 'answers/s',
    value: seconds === null ? null : answers / seconds,
  };
}

function addMirror(mirror: number, state: string, tree: string) {
  const name = `mirror${mirror}.example.org`;
  const common = ['--quiet', '--state', state];
  const url = `https://${name}/pub/`;
  const country = ['de', 'fr', 'us', 'jp'][mirror % 4] ?? 'de';
  return [
    [mirrorhash('mirror', 'add', ...common, '--country', country, '--region', 'eu', tree, name, url)],
    [mirrorhash('mirror', 'files', ...common, '--all', tree, name)],
  ];
}
