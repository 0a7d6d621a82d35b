/**
 * A file system whose times are whole seconds, as on ext3, or on what was once one: two contents that come within a
 * second have one mtime and one ctime there, so that only waiting tells them apart.
 */
import { spawnSync } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Mounts one at an empty directory until the test ends. @returns null, or why that cannot be done */
export function mountCoarseTimes(directory: string): string | null {
  const image = `${directory}.ext4`;
  // Inodes of 128 bytes have no room for parts of seconds.
  const commands = [
    ['truncate', '--size=512M', image],
    ['mkfs.ext4', '-q', '-F', '-I', '128', image],
    ['mount', '-o', 'loop', image, directory],
  ] as const;
  for (const [command, ...args] of commands) {
    const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) return error?.message ?? `${command}: ${stderr.trim()}`;
  }
  // Lazily: a test that failed may have left somebody in it.
  onTestFinished(() => void spawnSync('umount', ['--lazy', directory]));
  rmdirSync(join(directory, 'lost+found'));
  return null;
}
