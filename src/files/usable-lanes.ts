/** How many files one thread may keep open: each lane holds one, and a process has only so many descriptors. */
import { readFileSync } from 'node:fs';
import { laneCount } from '../hash/kernel.js';

/** Below this limit (`ulimit -n`) there is not much left beside databases, directories and threads. */
const plenty = 256;

let lanes: number | undefined;

export function usableLanes(): number {
  lanes ??= softLimit() < plenty ? 1 : laneCount;
  return lanes;
}

/** Infinity where the system does not tell. */
function softLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
