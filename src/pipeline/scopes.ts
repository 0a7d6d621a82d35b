/**
 * Which parts of the tree a run looks at. PURE.
 *
 * Overlapping wishes are merged, so that no directory is done twice in one run.
 */
import type { TreePath } from '../model.js';
import { split } from '../paths.js';

/** What the user named. */
export type Wish =
  /** a directory and all below it */
  | { readonly kind: 'tree'; readonly path: TreePath }
  /** a directory's own files only */
  | { readonly kind: 'directory'; readonly path: TreePath }
  /** one file */
  | { readonly kind: 'file'; readonly path: TreePath };

/** One directory to look at. */
export interface Scope {
  readonly path: TreePath;
  readonly recursive: boolean;
  /** these names only, null for the whole directory */
  readonly only: readonly string[] | null;
}

export function scopesOf(wishes: readonly Wish[]): readonly Scope[] {
  const wanted = new Set(wishes.filter((wish) => wish.kind === 'tree').map((wish) => wish.path));
  const trees = [...wanted].filter((path) => path === '' || !isCovered(split(path).directory, wanted)).sort();
  const inTrees = (path: TreePath): boolean => isCovered(path, wanted);
  const whole = new Set<TreePath>();
  for (const { kind, path } of wishes) if (kind === 'directory' && !inTrees(path)) whole.add(path);
  const names = new Map<TreePath, Set<string>>();
  for (const { kind, path } of wishes) {
    if (kind !== 'file') continue;
    const { directory, name } = split(path);
    if (inTrees(directory) || whole.has(directory)) continue;
    const known = names.get(directory) ?? new Set();
    names.set(directory, known.add(name));
  }
  return [
    ...trees.map((path) => ({ path, recursive: true, only: null })),
    ...[...whole].map((path) => ({ path, recursive: false, only: null })),
    ...[...names].map(([path, only]) => ({ path, recursive: false, only: [...only] })),
  ];
}

/** Whether a path or one of the directories above it is in the set. */
function isCovered(path: TreePath, trees: ReadonlySet<TreePath>): boolean {
  if (trees.has(path)) return true;
  return path !== '' && isCovered(split(path).directory, trees);
}
