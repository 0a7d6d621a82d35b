/** Debian's Python, whose libtorrent judges what we write. */
import { spawnSync } from 'node:child_process';

export const python = '/usr/bin/python3';

/** Whether it has a module; says so when it has not, because then a test is skipped. */
export function pythonHas(module: string): boolean {
  if (spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0) return true;
  process.stderr.write(`e2e: ${python} has no ${module}: the tests that need it are skipped\n`);
  return false;
}
