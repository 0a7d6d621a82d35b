/**
 * What everybody may see in a directory: files they may read, directories they may enter and list, links to either.
 *
 * Hidden names are left out wholly, so that not even their number shows; so each entry is looked at, a hundred thousand
 * of them in short turns that leave the program to others in between. Names that begin with a dot (all of rsync's
 * temporaries do), `lost+found` and names that are not UTF-8 are left out, too.
 */
import { readdir } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { TreePath } from '../model.js';
import { join } from '../paths.js';
import { lstatIn, wholeSeconds } from './file-stat.js';
import { isListable, openToAll } from './open-to-all.js';
import type { TreeDirectory } from './tree-directory.js';
import { unlessNowhere, type Visible, type VisibleTree, visible } from './visible-tree.js';

export interface VisibleEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** what it is or, for a link, leads to */
  readonly path: TreePath;
  /** bytes, 0 for directories */
  readonly size: number;
  /** whole seconds since 1970 */
  readonly mtime: number;
}

/** A few milliseconds of work. */
const entriesAtOnce = 500;

/**
 * @param path of a directory that everybody may see, without links
 * @returns directories first, each kind by the bytes of the names; null when it is gone, or is another thing by now
 */
export async function listVisible(
  tree: VisibleTree,
  path: TreePath,
): Promise<readonly VisibleEntry[] | null> {
  const directory = openDirectory(tree, path);
  if (directory === null) return null;
  try {
    const names = (await namesIn(directory)).filter(isListed);
    const entries: VisibleEntry[] = [];
    for (let at = 0; at < names.length; at += entriesAtOnce) {
      if (at > 0) await turn();
      for (const name of names.slice(at, at + entriesAtOnce)) {
        const found = lookIn(directory, name, path, tree);
        if (found !== null) entries.push(toEntry(name, found));
      }
    }
    return inOrder(entries);
  } finally {
    directory.close();
  }
}

function openDirectory(tree: VisibleTree, path: TreePath): TreeDirectory | null {
  const directory = openToAll(tree.base, path);
  if (directory === null || isListable(directory.stat())) return directory;
  directory.close();
  return null;
}

async function namesIn(directory: TreeDirectory): Promise<readonly string[]> {
  const names = await readdir(directory.self);
  // U+FFFD may stand for bytes that are no UTF-8, or for itself: only the bytes can tell.
  if (!names.some((name) => name.includes('\ufffd'))) return names;
  const bytes = await readdir(directory.self, { encoding: 'buffer' });
  return bytes.flatMap((raw) => {
    const name = raw.toString('utf8');
    return Buffer.from(name, 'utf8').equals(raw) ? [name] : [];
  });
}

function isListed(name: string): boolean {
  return !name.startsWith('.') && name !== 'lost+found';
}

function lookIn(directory: TreeDirectory, name: string, path: TreePath, tree: VisibleTree): Visible | null {
  const found = unlessNowhere(() => lstatIn(directory, name));
  if (found === null) return null;
  return found.isSymbolicLink() ? tree.look(path, name) : visible(join(path, name), found);
}

function toEntry(name: string, found: Visible): VisibleEntry {
  const { kind, path } = found;
  if (found.kind === 'directory') return { name, kind, path, size: 0, mtime: found.mtime };
  return { name, kind, path, size: found.stat.size, mtime: wholeSeconds(found.stat) };
}

function inOrder(entries: readonly VisibleEntry[]): readonly VisibleEntry[] {
  const byName = [...entries].sort((a, b) => compareBytes(a.name, b.name));
  return [
    ...byName.filter(({ kind }) => kind === 'directory'),
    ...byName.filter(({ kind }) => kind === 'file'),
  ];
}

/** The order of the UTF-8 bytes: that of code units, but for surrogates, which stand for the highest characters. */
function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
