/**
 * Tries again while a redirector is away: a server that restarts, refuses connections or has no room for a moment.
 */
import pRetry from 'p-retry';
import { MirrorhashError } from '../errors.js';

/** Milliseconds that a sync waits for a redirector when nothing else is left to do. */
export const patienceMs = 60_000;

export interface Patience {
  /** aborted: do not try again */
  readonly signal: AbortSignal;
  /** when to give up, as performance.now() tells time */
  readonly until: () => number;
  /** told once, when the first try failed */
  readonly onAway: (error: MirrorhashError) => void;
}

/** @throws what the last try threw, or the reason of the signal */
export function patiently<T>(work: () => Promise<T>, { signal, until, onAway }: Patience): Promise<T> {
  let told = false;
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 250,
    maxTimeout: 5_000,
    signal,
    shouldRetry({ error }) {
      if (!(error instanceof MirrorhashError) || error.code !== 'REDIRECTOR_AWAY') return false;
      if (signal.aborted || performance.now() >= until()) return false;
      if (!told) onAway(error);
      told = true;
      return true;
    },
  });
}
