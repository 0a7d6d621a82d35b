/**
 * What everybody may see at a path of the tree, for those who serve it: a file, a directory, or nothing.
 *
 * What is hidden, and what cannot be looked at, is nothing: there is one answer for it and for what does not exist.
 * Links are followed as long as they stay in the tree, and what they lead to is answered for under its own path. Here
 * it is only looked at; who delivers a file opens it anew (served-file.ts).
 */
import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { systemCode } from '../errors.js';
import type { FileStat, TreePath } from '../model.js';
import { absolute, join, relativeTo, split } from '../paths.js';
import { toFileStat, wholeSeconds } from './file-stat.js';
import { enterableSince, isListable, isOpenFile } from './open-to-all.js';
import { PlainDirectories } from './plain-directories.js';

export interface VisibleFile {
  readonly kind: 'file';
  /** its own path, without links */
  readonly path: TreePath;
  readonly stat: FileStat;
}

export interface VisibleDirectory {
  readonly kind: 'directory';
  /** its own path, without links */
  readonly path: TreePath;
  /** whole seconds since 1970 */
  readonly mtime: number;
}

export type Visible = VisibleFile | VisibleDirectory;

/** What the system says of paths that lead nowhere, or nowhere that is shown. */
const nowhere: ReadonlySet<string | null> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'EACCES',
  'EPERM',
  'ESTALE',
]);

export class VisibleTree {
  /** The mtime of directories that may be entered, null of others; for as long as the event loop does not turn. */
  private readonly remembered = new Map<TreePath, number | null>();
  private readonly plain: PlainDirectories;

  /**
   * @param base absolute path without symbolic links
   * @param isSpecial names that are asked for much more often than they exist
   */
  constructor(
    readonly base: string,
    isSpecial: (name: string) => boolean,
  ) {
    this.plain = new PlainDirectories(base, isSpecial);
  }

  /** Whether a directory is known to hold nothing with a special name. */
  hasNoneSpecial(directory: TreePath): boolean {
    const since = this.openSince(directory);
    return since !== null && this.plain.isPlain(directory, since);
  }

  /** @throws the system's error when the disk fails */
  look(directory: TreePath, name: string): Visible | null {
    const path = join(directory, name);
    // Nearly all paths are without links.
    const found = this.isOpen(directory) ? this.lstat(path) : null;
    if (found !== null && !found.isSymbolicLink()) return visible(path, found);
    if (found === null && typeof this.remembered.get(directory) === 'number') return null;
    const target = this.follow(path);
    return target === null ? null : this.lookAt(target);
  }

  /** The base itself. */
  root(): Visible | null {
    return this.lookAt('');
  }

  /** @param path without links */
  private lookAt(path: TreePath): Visible | null {
    const found = this.lstat(path);
    return found === null ? null : visible(path, found);
  }

  /**
   * Whether others may enter the base and every directory down to this one; links on the way are no directories. What
   * is asked for in the same moment is answered by one look.
   */
  private isOpen(directory: TreePath): boolean {
    return this.openSince(directory) !== null;
  }

  private openSince(directory: TreePath): number | null {
    const before = this.remembered.get(directory);
    if (before !== undefined) return before;
    const above = directory === '' || this.isOpen(split(directory).directory);
    const since = above ? enterableSince(absolute(this.base, directory)) : null;
    if (this.remembered.size === 0) setImmediate(() => this.remembered.clear());
    this.remembered.set(directory, since);
    return since;
  }

  /** Where a path leads, part by part, when all that it passes may be entered; null when it leads out of the tree. */
  private follow(path: TreePath): TreePath | null {
    let at: TreePath = '';
    for (const part of path.split('/')) {
      if (!this.isOpen(at)) return null;
      const next = join(at, part);
      const found = this.lstat(next);
      if (found === null) return null;
      const target = found.isSymbolicLink() ? this.targetOf(next) : next;
      if (target === null) return null;
      at = target;
    }
    return at;
  }

  private targetOf(link: TreePath): TreePath | null {
    // Not Node's own `realpath`, which fails where a link becomes something else between two of its looks.
    const real = unlessNowhere(() => realpathSync.native(absolute(this.base, link)));
    const target = real === null ? null : relativeTo(this.base, real);
    return target !== null && this.isOpen(split(target).directory) ? target : null;
  }

  private lstat(path: TreePath): BigIntStats | null {
    const at = absolute(this.base, path);
    return unlessNowhere(() => lstatSync(at, { bigint: true, throwIfNoEntry: false }) ?? null);
  }
}

/** What a `stat` shows of a file or directory, null for all else. */
export function visible(path: TreePath, found: BigIntStats): Visible | null {
  if (found.isFile()) return isOpenFile(found) ? { kind: 'file', path, stat: toFileStat(found) } : null;
  if (!found.isDirectory() || !isListable(found)) return null;
  return { kind: 'directory', path, mtime: wholeSeconds(toFileStat(found)) };
}

/** Null when the path leads nowhere. @throws the system's error when the disk fails */
export function unlessNowhere<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (nowhere.has(systemCode(error))) return null;
    throw error;
  }
}
