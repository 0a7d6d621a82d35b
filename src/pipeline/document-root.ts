/**
 * Whether the base is the document root of a redirector, told by the paths that both know.
 *
 * A redirector asks for paths relative to its document root: rows of another base are never found, and nobody would
 * notice. The mirror scanner fills `filearr`, so on a site that is at work most of the paths are in it already.
 */
import { dirname, sep } from 'node:path';
import { MirrorhashError } from '../errors.js';
import type { TreePath } from '../model.js';
import { absolute } from '../paths.js';
import type { CacheReader } from '../store/cache-reader.js';
import type { Redirector } from '../store/redirector.js';

/** Paths that are asked for. */
const sampled = 200;
/** Paths that make a `filearr` one that is in use. */
const many = 100;
/** How many directories the base may be off, for a proposal. */
const deepest = 4;

/**
 * @param isWhole false while more paths are to come: few of them tell nothing, for a README is everywhere
 * @returns false when it cannot be told yet
 * @throws MirrorhashError PATHS_UNKNOWN
 */
export async function checkDocumentRoot(
  redirector: Redirector,
  cache: CacheReader,
  base: string,
  isWhole: boolean,
): Promise<boolean> {
  if ((await redirector.listedCount(many)) < many) return true;
  const paths = cache.spreadPaths(sampled);
  if (paths.length < many && !isWhole) return false;
  const known = (await redirector.listed(paths)).size;
  if (known * 2 >= paths.length) return true;
  const root = await probableRoot(redirector, paths, base);
  const meant = 'if the paths are new to it, say --new-paths';
  throw new MirrorhashError(
    'PATHS_UNKNOWN',
    `${paths.length - known} of ${paths.length} paths that were tried are unknown to ${redirector.name}, which lists ` +
      `others: ${base} is probably not its document root; nothing was written`,
    { hint: root === null ? meant : `the document root may be ${root}: try --base ${root}; ${meant}` },
  );
}

/** The directory near the base for which most paths are known, or null. */
async function probableRoot(
  redirector: Redirector,
  paths: readonly TreePath[],
  base: string,
): Promise<string | null> {
  const isKnown = async (candidates: readonly TreePath[]): Promise<boolean> =>
    (await redirector.listed(candidates)).size * 2 >= paths.length;
  let root = base;
  let prefix = '';
  for (let up = 0; up < deepest && root !== sep; up++) {
    prefix = `${root.slice(root.lastIndexOf(sep) + 1)}/${prefix}`;
    root = dirname(root);
    if (await isKnown(paths.map((path) => prefix + path))) return root;
  }
  for (let down = 1; down <= deepest; down++) {
    const top = commonest(paths.map((path) => path.split('/').slice(0, down).join('/')));
    const below = paths.filter((path) => path.startsWith(`${top}/`));
    if (await isKnown(below.map((path) => path.slice(top.length + 1)))) return absolute(base, top);
  }
  return null;
}

function commonest(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}
