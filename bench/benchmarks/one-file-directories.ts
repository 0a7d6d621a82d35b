/**
 * Trees of other shapes: directories with one file each, one directory with all files. A file should cost there what
 * it costs elsewhere. The start of the program and of its threads, measured on a tree of one file, is taken off, or the
 * smallest tree would measure nothing else.
 */
import type { Benchmark, Contestant, Goal, Results, Site } from '../benchmark.js';
import { readAll } from '../data.js';
import { coldRun } from '../ours.js';
import { mixedTree, smallTree } from './trees.js';

interface Shape {
  readonly who: string;
  readonly tree: string;
  readonly files: number;
  /** short runs need more samples */
  readonly repeat: number;
}

const single = 'one file';
const mixed = 'mixed tree';

export const oneFileDirectories: Benchmark = {
  id: 'one-file-directories',
  claim: 'a file costs the same, however files are spread over directories',
  mostRounds: 3,
  async prepare(site) {
    const one = await smallTree(site, 1, 1);
    const reference: Shape = { who: mixed, ...(await mixedTree(site)), repeat: 1 };
    const shapes = await Promise.all(
      site.quick
        ? [shape(site, 20, 1, 2), shape(site, 500, 1, 1), shape(site, 1, 2000, 1)]
        : [shape(site, 100, 1, 5), shape(site, 10_000, 1, 1), shape(site, 1, 100_000, 1)],
    );
    for (const { tree } of [reference, ...shapes]) readAll(tree);
    const run = ({ who, tree, files, repeat }: Shape): Contestant => ({
      ...coldRun(site, tree, who, `mirrorhash, ${files.toLocaleString('en')} files`),
      repeat,
    });
    const start: Contestant = { ...coldRun(site, one, single, 'mirrorhash, 1 file'), repeat: 5 };
    return {
      work: `${reference.files.toLocaleString('en')} files in directories of 100, and other shapes`,
      contestants: [...[reference, ...shapes].map(run), start],
      goals: (results) => shapes.map((other) => goalOf(results, other, reference)),
    };
  },
};

async function shape(site: Site, directories: number, filesEach: number, repeat: number): Promise<Shape> {
  const who = `${directories.toLocaleString('en')} × ${filesEach.toLocaleString('en')}`;
  return { who, tree: await smallTree(site, directories, filesEach), files: directories * filesEach, repeat };
}

function goalOf(results: Results, other: Shape, reference: Shape): Goal {
  const start = results.seconds(single) ?? 0;
  const perFile = ({ who, files }: Shape, less: number): number =>
    (((results.seconds(who) ?? Number.NaN) - less) / files) * 1e6;
  const [own, its] = [perFile(other, start), perFile(reference, start)];
  const whole = perFile(other, 0) / perFile(reference, 0);
  return {
    text: `${other.who}: ≤ 1.2 × the time per file`,
    bound: 'at most',
    limit: 1.2,
    unit: '×',
    value: own / its,
    note: `${own.toFixed(0)} and ${its.toFixed(0)} µs; with the start ${whole.toFixed(2)} ×`,
  };
}
