/**
 * A directory that outputs are written to. Others may write there, too: nothing is followed out of it, nothing that
 * lies there is written into, and a file appears whole or not at all.
 *
 * New bytes are staged under a name that everybody knows for a temporary one (rsync's pattern), flushed to the disk,
 * and then put in their place. Which file may be replaced or removed is decided by whoever calls.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { systemCode } from '../errors.js';
import type { Version } from '../freshness.js';
import type { TreePath } from '../model.js';
import { split } from '../paths.js';
import { lstatIn } from './file-stat.js';
import { shareMade } from './made-directory.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';

const flush = promisify(fsync);

/** `other`: a directory, a link, anything but a file. */
export type Found = Version | 'other' | null;

/** A file that waits under its temporary name. */
export interface Staged extends Version {
  readonly name: string;
  readonly temporary: string;
}

/** For everybody, whatever the umask is. */
const fileMode = 0o644;
const directoryMode = 0o755;

const temporaryName = /^\.mirrorhash-\d+\.export$/;

const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const read = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class OutputDirectory {
  private staged = 0;

  private constructor(private readonly directory: TreeDirectory) {}

  /** Null when there is none. @throws DirectoryMoved when something else is in the way */
  static open(root: string, path: TreePath): OutputDirectory | null {
    try {
      return new OutputDirectory(TreeDirectory.open(root, path));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /** @param onMake told of each directory that has to be made */
  static make(root: string, path: TreePath, onMake: (path: TreePath) => void): OutputDirectory {
    const there = OutputDirectory.open(root, path);
    if (there !== null || path === '') return there ?? madeRoot(root);
    const { directory: parent, name } = split(path);
    const above = OutputDirectory.make(root, parent, onMake);
    try {
      onMake(path);
      const isNew = above.makeDirectory(name);
      const made = new OutputDirectory(TreeDirectory.open(root, path));
      if (isNew) made.share();
      return made;
    } finally {
      above.close();
    }
  }

  /** Nanoseconds since 1970: it changes when a name comes or goes. */
  mtimeNs(): bigint {
    return statSync(this.directory.self, { bigint: true }).mtimeNs;
  }

  look(name: string): Found {
    const found = lstatIn(this.directory, name);
    if (found === null) return null;
    if (!found.isFile()) return 'other';
    return { size: Number(found.size), mtimeNs: found.mtimeNs };
  }

  /** Whether a file holds exactly these bytes; false also when it cannot be read. */
  holds(name: string, bytes: Uint8Array): boolean {
    try {
      const descriptor = openSync(this.directory.entry(name), read);
      try {
        const found = fstatSync(descriptor);
        return found.isFile() && found.size === bytes.length && readFileSync(descriptor).equals(bytes);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if (systemCode(error) === null) throw error;
      return false;
    }
  }

  /** Writes all of them under temporary names, and waits until they are on the disk. */
  async stage(
    files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<readonly Staged[]> {
    const opened: { readonly descriptor: number; readonly name: string; readonly temporary: string }[] = [];
    try {
      for (const { name, bytes } of files) {
        const temporary = this.freeTemporary();
        const descriptor = openSync(this.directory.entry(temporary), create, fileMode);
        opened.push({ descriptor, name, temporary });
        fchmodSync(descriptor, fileMode);
        writeAll(descriptor, bytes);
      }
      await Promise.all(opened.map(({ descriptor }) => flush(descriptor)));
      return opened.map(({ descriptor, name, temporary }) => {
        const { size, mtimeNs } = fstatSync(descriptor, { bigint: true });
        return { name, temporary, size: Number(size), mtimeNs };
      });
    } catch (error) {
      for (const { temporary } of opened) this.clear(temporary);
      throw error;
    } finally {
      for (const { descriptor } of opened) closeSync(descriptor);
    }
  }

  /**
   * Puts a staged file in its place.
   *
   * @param instead what may be replaced; null: nothing
   * @returns false when something else lies there by now; then the staged file is gone
   */
  publish({ name, temporary }: Staged, instead: Version | null): boolean {
    const from = this.directory.entry(temporary);
    const to = this.directory.entry(name);
    if (instead === null) {
      try {
        // Unlike a rename, it replaces nothing that came meanwhile.
        linkSync(from, to);
        unlinkSync(from);
        return true;
      } catch (error) {
        if (!linkless.has(systemCode(error))) throw error;
      }
    }
    if (!isSame(this.look(name), instead)) {
      unlinkSync(from);
      return false;
    }
    renameSync(from, to);
    return true;
  }

  /** Removes a file if it is still this version. */
  remove(name: string, version: Version): boolean {
    if (!isSame(this.look(name), version)) return false;
    unlinkSync(this.directory.entry(name));
    return true;
  }

  /** Waits until the names are on the disk, too. */
  async flush(): Promise<void> {
    const descriptor = openSync(this.directory.self, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await flush(descriptor);
    } catch (error) {
      // Some file systems know no such thing of directories.
      if (systemCode(error) !== 'EINVAL') throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** What runs that were killed left here. */
  removeTemporaries(): void {
    for (const name of readdirSync(this.directory.self)) {
      if (temporaryName.test(name)) this.clear(name);
    }
  }

  /** @returns false when it is not empty, or gone, or no directory */
  removeDirectory(name: string): boolean {
    try {
      rmdirSync(this.directory.entry(name));
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw error;
    }
  }

  close(): void {
    this.directory.close();
  }

  /** Closed when it cannot be done. */
  private share(): void {
    try {
      shareMade(this.directory);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A name that nothing has: what a killed run left is removed, and what somebody put in the way is passed by. */
  private freeTemporary(): string {
    for (;;) {
      const name = `.mirrorhash-${this.staged++}.export`;
      if (this.clear(name)) return name;
    }
  }

  /** @returns false when it is a directory, or a file that we may not remove */
  private clear(name: string): boolean {
    try {
      unlinkSync(this.directory.entry(name));
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      if (code === 'EISDIR' || code === 'EPERM') return false;
      throw error;
    }
  }

  /** @returns false when there is something of that name */
  private makeDirectory(name: string): boolean {
    try {
      mkdirSync(this.directory.entry(name), { mode: directoryMode });
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
  }
}

/** File systems without hard links, and links that are forbidden; or there is a file of that name. */
const linkless: ReadonlySet<string | null> = new Set([
  'EEXIST',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EMLINK',
  'ENOSYS',
]);

export function isSame(found: Found, version: Version | null): boolean {
  if (found === null || found === 'other' || version === null) return found === version;
  return found.size === version.size && found.mtimeNs === version.mtimeNs;
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

function madeRoot(root: string): never {
  throw new DirectoryMoved(`${root} is gone`);
}
