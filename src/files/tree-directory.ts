/**
 * A directory of the tree, held open by descriptor.
 *
 * Others write the tree while we, perhaps as root, read it: a directory may be swapped for a symbolic link
 * between two system calls. So a directory is opened once, proved to be the one meant, and everything in it
 * is reached through the descriptor (`/proc/<pid>/fd/N/name`; Node has no `openat`). Where there is no /proc
 * (not Linux) names are joined to the verified path, which leaves a short race open. By path it is only looked at
 * files, and only where the answer proves itself or is proved later (walk, stable-file).
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import type { TreePath } from '../model.js';
import { absolute } from '../paths.js';

/** `/proc/<pid>/fd`, null where there is none. Without the link `self` every path in it costs a tenth less. */
const descriptors = existsSync('/proc/self/fd') ? realpathSync('/proc/self/fd') : null;

/** Linux' O_PATH, which Node does not name: a handle that needs no permission to read the directory. */
const O_PATH = process.platform === 'linux' ? 0o10000000 : constants.O_RDONLY;

/** The directory is no longer (or never was) a real directory at that path of the tree. */
export class DirectoryMoved extends Error {
  override readonly name = 'DirectoryMoved';
}

export class TreeDirectory {
  private constructor(
    /** where the directory can be listed */
    readonly self: string,
    /** where it was found; by now something else may lie there */
    readonly path: string,
    private readonly descriptor: number,
  ) {}

  /**
   * @param base absolute path without symbolic links
   * @param path the directory below it
   * @throws DirectoryMoved when a part of the path is (now) a link or something else
   * @throws the system's error when the directory is missing or may not be entered
   */
  static open(base: string, path: TreePath): TreeDirectory {
    const wanted = absolute(base, path);
    const descriptor = openDirectory(wanted);
    try {
      const self = descriptors === null ? wanted : `${descriptors}/${descriptor}`;
      const actual = descriptors === null ? realpathSync(wanted) : readlinkSync(self);
      if (actual !== wanted) throw new DirectoryMoved(`${wanted} leads to ${actual}`);
      return new TreeDirectory(self, wanted, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /**
   * A directory in this very one.
   *
   * @throws DirectoryMoved when it is a link or something else
   * @throws the system's error when it is missing or may not be entered
   */
  below(name: string): TreeDirectory {
    const path = this.path === '/' ? `/${name}` : `${this.path}/${name}`;
    return TreeDirectory.at(openDirectory(this.entry(name)), path);
  }

  private static at(descriptor: number, path: string): TreeDirectory {
    return new TreeDirectory(descriptors === null ? path : `${descriptors}/${descriptor}`, path, descriptor);
  }

  /** A path that reaches `name` in this very directory, wherever it is moved. */
  entry(name: string): string {
    return `${this.self}/${name}`;
  }

  stat(): Stats {
    return fstatSync(this.descriptor);
  }

  /** The device that it lies on. */
  device(): bigint {
    return fstatSync(this.descriptor, { bigint: true }).dev;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR' || code === 'ELOOP') throw new DirectoryMoved(`${path} is not a directory`);
    throw error;
  }
}
