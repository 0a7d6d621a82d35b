/**
 * From a target to what is meant: a file of the tree in some view, a directory, or nothing that anybody may see.
 */
import type { VisibleDirectory, VisibleFile, VisibleTree } from '../files/visible-tree.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { splitSuffix, type Target, type View } from './target.js';

export type Resolution =
  | { readonly kind: 'file'; readonly file: VisibleFile; readonly view: View }
  | { readonly kind: 'directory'; readonly directory: VisibleDirectory }
  /** a directory that was asked for without the slash at its end */
  | { readonly kind: 'slash' }
  | { readonly kind: 'nothing' };

/** What is really there goes before a suffix: `a.iso.sha256` on the disk is delivered as it is. */
export function resolve(tree: VisibleTree, target: Target): Resolution {
  const { directory, name } = split(target.path);
  const described = splitSuffix(name);
  // Who asks for `a.iso.sha256` rarely means a real file, and mostly it is known that there is none.
  if (described !== null && !target.isDirectory && tree.hasNoneSpecial(directory)) {
    return describedFile(tree, directory, described);
  }
  const found = target.path === '' ? tree.root() : tree.look(directory, name);
  if (found?.kind === 'directory') {
    return target.isDirectory ? { kind: 'directory', directory: found } : { kind: 'slash' };
  }
  if (target.isDirectory) return { kind: 'nothing' };
  if (found !== null) return { kind: 'file', file: found, view: target.view ?? 'file' };
  return described === null ? { kind: 'nothing' } : describedFile(tree, directory, described);
}

function describedFile(
  tree: VisibleTree,
  directory: TreePath,
  { stem, view }: NonNullable<ReturnType<typeof splitSuffix>>,
): Resolution {
  const file = tree.look(directory, stem);
  return file?.kind === 'file' ? { kind: 'file', file, view } : { kind: 'nothing' };
}
