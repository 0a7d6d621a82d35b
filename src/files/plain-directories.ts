/**
 * Remembers directories in which no name is special, so that nobody looks in vain for such a file at every request.
 *
 * A directory's mtime changes when a name comes or goes. It is read once, beside the work, and only when its mtime is
 * old enough that no other name can come under the same one; then it stands until the mtime is another.
 */
import { readdir } from 'node:fs/promises';
import { systemCode } from '../errors.js';
import { racyNs } from '../freshness.js';
import type { TreePath } from '../model.js';
import { openToAll } from './open-to-all.js';

const calmMs = Number(racyNs) / 1e6;
/** Directories, about 10 MB. */
const mostRemembered = 100_000;
/** Directories that are read at once: requests must not wait for it. */
const mostAtOnce = 2;

export class PlainDirectories {
  /** mtime in milliseconds, when no name was special */
  private readonly plain = new Map<TreePath, number>();
  private readonly asked = new Map<TreePath, number>();
  private reading = 0;

  /** @param base absolute path without symbolic links */
  constructor(
    private readonly base: string,
    private readonly isSpecial: (name: string) => boolean,
  ) {}

  /**
   * @param mtimeMs of the directory now, with fractions
   * @returns false also when it is not known (yet)
   */
  isPlain(path: TreePath, mtimeMs: number): boolean {
    if (this.plain.get(path) === mtimeMs) return true;
    const isAsked = this.asked.get(path) === mtimeMs;
    if (!isAsked && this.reading < mostAtOnce && Date.now() - mtimeMs > calmMs) void this.read(path, mtimeMs);
    return false;
  }

  private async read(path: TreePath, mtimeMs: number): Promise<void> {
    this.reading += 1;
    for (const map of [this.plain, this.asked]) if (map.size >= mostRemembered) map.clear();
    this.asked.set(path, mtimeMs);
    this.plain.delete(path);
    try {
      const directory = openToAll(this.base, path);
      if (directory === null) return;
      const [names, mtimeNow] = await readdir(directory.self)
        .then((found) => [found, directory.stat().mtimeMs] as const)
        .finally(() => directory.close());
      // Of another directory that came meanwhile, this says nothing.
      const isSame = mtimeNow === mtimeMs;
      if (isSame && !names.some((name) => this.isSpecial(name))) this.plain.set(path, mtimeMs);
    } catch (error) {
      // What cannot be read is looked at each time.
      if (systemCode(error) === null) throw error;
    } finally {
      this.reading -= 1;
    }
  }
}
