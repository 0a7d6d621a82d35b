import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test's own, removed when the test has ended; absolute and without symbolic links. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mirrorhash-test-')));
  // Not rmSync: a tree may be deeper than the longest path of a system call.
  onTestFinished(() => {
    execFileSync('rm', ['-rf', directory]);
  });
  return directory;
}
