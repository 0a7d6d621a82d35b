/**
 * How a program may speak of what went wrong: lines for people, and nothing that only who wrote it understands.
 */
import type { Ended } from '../support/e2e.js';

/** What everybody would call a crash, and lines that are not ours. */
export function unclear({ stderr, signal }: Ended): readonly string[] {
  const crash = /internal error|mistake in mirrorhash|^\s+at .*:\d+|^node:|Uncaught|Warning:/;
  const lines = stderr.split('\n').filter((line) => line !== '');
  const bad = lines.filter((line) => crash.test(line) || !/^(mirrorhash|hint): /.test(line));
  return signal === null ? bad : [...bad, `ended by ${signal}`];
}

/** The lines that say what happened, without hints. */
export function complaints({ stderr }: Ended): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('mirrorhash: '));
}
