/**
 * How a tree stands: what is cached, how the last run went, how far each redirector is behind.
 */
import { MirrorhashError, systemCode } from '../errors.js';
import type { Refusal, TreePath } from '../model.js';
import { isWithin } from '../paths.js';
import type { CacheReader, StoredProblem } from '../store/cache-reader.js';
import { type LastRun, peekState, rememberedRun, type StatePlace } from './state.js';

export interface TreeStatus {
  readonly base: string;
  readonly state: string;
  readonly path: TreePath;
  /** records at and below the path */
  readonly files: number;
  /** bytes of those files */
  readonly bytes: number;
  /** the last run that ended by itself, null when there was none */
  readonly lastRun: LastRun | null;
  /** what the last runs could not handle at and below the path */
  readonly problems: readonly StoredProblem[];
  readonly redirectors: readonly RedirectorStatus[];
  /** bytes of the cache on the disk */
  readonly cacheSize: number;
}

export interface RedirectorStatus {
  readonly redirector: string;
  /** changes that the redirector has not seen */
  readonly lag: number;
  /** rows at and below the path that it cannot hold */
  readonly refused: readonly Refusal[];
}

export function readStatus(cache: CacheReader, place: StatePlace, path: TreePath): TreeStatus {
  const { files, bytes } = cache.count(path);
  return {
    base: place.base,
    state: place.directory,
    path,
    files,
    bytes,
    lastRun: rememberedRun(cache),
    problems: cache.problems().filter((problem) => isWithin(problem.path, path)),
    redirectors: cache.targets().map(({ name, sequence }) => ({
      redirector: name,
      lag: cache.changesSince(sequence),
      refused: refusalsOf(cache, name, path),
    })),
    cacheSize: cache.fileSize(),
  };
}

/** The last run that ended by itself; null when there was none, or the cache cannot be read. */
export function readLastRun(place: StatePlace): LastRun | null {
  try {
    const cache = peekState(place);
    if (cache === null) return null;
    try {
      return rememberedRun(cache);
    } finally {
      cache.close();
    }
  } catch (error) {
    if (systemCode(error) === null && !(error instanceof MirrorhashError)) throw error;
    return null;
  }
}

function refusalsOf(cache: CacheReader, target: string, path: TreePath): readonly Refusal[] {
  return cache
    .refusals(target)
    .filter((refusal) => isWithin(refusal.path, path))
    .map(({ path: refused, code, message }) => ({ path: refused, code, message }));
}
