/** A file system of a few megabytes, in memory, that can be filled to the last byte. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const ballast = '.ballast';

export class SmallDisk {
  private constructor(readonly directory: string) {}

  /** Null, and a line that says so, where nothing may be mounted. */
  static mount(directory: string, size = '48m'): SmallDisk | null {
    mkdirSync(directory, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', directory];
    if (spawnSync('mount', options, { stdio: 'ignore' }).status === 0) return new SmallDisk(directory);
    process.stderr.write('faults: full disks: skipped: no file system may be mounted here\n');
    return null;
  }

  /** Leaves about so many bytes. */
  fill(left: number): void {
    const { bavail, bsize } = statfsSync(this.directory);
    const descriptor = openSync(join(this.directory, ballast), 'a');
    const block = Buffer.alloc(64 * 1024);
    try {
      for (let room = bavail * bsize - left; room > 0; room -= block.length)
        writeSync(descriptor, block, 0, Math.min(block.length, room));
    } catch (error) {
      // Somebody else was faster: it is full as well.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** So many more files and directories can be made. */
  limitFiles(more: number): void {
    const { files, ffree } = statfsSync(this.directory);
    this.remount(`nr_inodes=${files - ffree + more}`);
  }

  makeRoom(): void {
    rmSync(join(this.directory, ballast), { force: true });
    this.remount('nr_inodes=100000');
  }

  empty(): void {
    this.makeRoom();
    for (const name of readdirSync(this.directory))
      rmSync(join(this.directory, name), { recursive: true, force: true });
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.directory]);
  }

  private remount(option: string): void {
    execFileSync('mount', ['-o', `remount,${option}`, this.directory]);
  }
}
