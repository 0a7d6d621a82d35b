/** A program that takes and gives back locks of a state, as a run does. */
import { type Lock, Locks } from '../../src/files/lock.js';
import { Cache } from '../../src/store/cache.js';
import { answer } from './children.js';

export interface Request {
  readonly what: 'acquire' | 'release' | 'isHeld' | 'held';
  readonly names: readonly string[];
}

const [, , state = ''] = process.argv;
const cache = Cache.open(`${state}/cache.db`);
const locks = new Locks(`${state}/locks`, (work) => cache.exclusively(work));
const mine = new Map<string, Lock>();

function acquire(name: string): boolean {
  const lock = locks.acquire(name);
  if (lock !== null) mine.set(name, lock);
  return lock !== null;
}

/** The names for which the answer is yes. */
answer<Request>(({ what, names }) => {
  switch (what) {
    case 'acquire':
      return names.filter(acquire);
    case 'isHeld':
      return names.filter((name) => locks.isHeld(name));
    case 'held':
      return names.filter((name) => mine.get(name)?.held ?? false);
    case 'release':
      locks.release(names.flatMap((name) => mine.get(name) ?? []));
      return [];
  }
});
