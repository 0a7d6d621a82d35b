/**
 * Listings of directories, made once for all who ask at the same time, and a few at a time.
 *
 * A large one is kept for a moment: its pages are asked for one after the other.
 */
import { listVisible, type VisibleEntry } from '../files/visible-listing.js';
import type { VisibleTree } from '../files/visible-tree.js';
import type { TreePath } from '../model.js';

type Entries = readonly VisibleEntry[] | null;

/** Entries above which a listing takes long enough to be kept. */
const large = 2000;
/** Milliseconds. */
const keptFor = 2000;
/** Each may hold some ten megabytes. */
const mostAtOnce = 4;

export class Listings {
  private readonly made = new Map<TreePath, Promise<Entries>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(private readonly tree: VisibleTree) {}

  /** @returns null when the directory is gone meanwhile */
  get(path: TreePath): Promise<Entries> {
    const before = this.made.get(path);
    if (before !== undefined) return before;
    const entries = this.make(path);
    this.made.set(path, entries);
    return entries;
  }

  private async make(path: TreePath): Promise<Entries> {
    let keep = false;
    if (this.running >= mostAtOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      const entries = await listVisible(this.tree, path);
      keep = entries !== null && entries.length > large;
      return entries;
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
      if (keep) setTimeout(() => this.made.delete(path), keptFor).unref();
      else this.made.delete(path);
    }
  }
}
