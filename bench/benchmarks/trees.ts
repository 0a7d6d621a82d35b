/**
 * The trees of small files that several benchmarks share, and what is run over them.
 */
import { join } from 'node:path';
import type { Contestant, Site } from '../benchmark.js';
import { KiB, makeSmallFiles, type Random } from '../data.js';
import type { HashedTree } from '../ours.js';
import { coreutils, eachFile, hashdeep, rhash } from '../programs.js';

const sizes = 7 * KiB + 1;

/** @returns the path of a tree of files of 0 to 7 KiB */
export function smallTree(site: Site, directories: number, filesEach: number): Promise<string> {
  const size = (random: Random): number => Math.floor(random() * sizes);
  const place = join(site.directory, `small-${directories}-${filesEach}`);
  return makeSmallFiles(place, { directories, filesEach, size });
}

/** The tree with which others are compared: what a repository of packages looks like, but smaller. */
export async function mixedTree(site: Site): Promise<{ readonly tree: string; readonly files: number }> {
  const directories = site.quick ? 20 : 1000;
  return { tree: await smallTree(site, directories, 100), files: directories * 100 };
}

/** A million files that a run finds as it left them; their state is kept from one benchmark to the next. */
export async function warmTree(site: Site): Promise<HashedTree & { readonly directories: number }> {
  const directories = site.quick ? 50 : 10_000;
  // Half of them empty: what a file holds does not matter to a run that reads none.
  const tree = await makeSmallFiles(join(site.directory, `warm-${directories}`), {
    directories,
    filesEach: 100,
    size: (random) => (random() < 0.5 ? 0 : 1 + Math.floor(random() * 15)),
  });
  return { tree, directories, state: join(site.directory, `state of warm-${directories}`) };
}

/**
 * The programs that hash whole trees.
 *
 * @param filesOfProcess of coreutils: few enough that all cores have work, else many, or starting them costs more
 */
export function treeHashers(site: Site, tree: string, filesOfProcess: number): readonly Contestant[] {
  const { cores, measure } = site;
  return [
    {
      who: 'rhash',
      does: 'md5 sha1 sha256 btih; one thread',
      needs: ['rhash'],
      run: () => measure([[rhash(tree)]]),
    },
    {
      who: 'hashdeep',
      does: 'md5 sha1 sha256; a thread a core',
      needs: ['hashdeep'],
      run: () => measure([[hashdeep(tree)]]),
    },
    {
      who: `coreutils, xargs -P ${cores}`,
      does: 'md5sum sha1sum sha256sum in turn',
      needs: ['find', 'xargs', ...coreutils],
      run: () =>
        measure(coreutils.map((program) => [eachFile(tree, { program, args: [] }, cores, filesOfProcess)])),
    },
  ];
}
