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
  /** When to give up what fails since then, both as performance.now() tells time. */
  readonly until: (since: number) => number;
  /** Grows while something is achieved: what fails after that has failed since then only. */
  readonly achieved?: () => number;
  /** told once, when the first try failed */
  readonly onAway: (error: MirrorhashError) => void;
}

/** @throws what the last try threw, or the reason of the signal */
export function patiently<T>(
  work: () => Promise<T>,
  { signal, until, achieved = () => 0, onAway }: Patience,
): Promise<T> {
  let told = false;
  let since: number | null = null;
  let before = achieved();
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 250,
    maxTimeout: 5_000,
    signal,
    shouldRetry({ error }) {
      if (!(error instanceof MirrorhashError) || error.code !== 'REDIRECTOR_AWAY') return false;
      if (achieved() > before) since = null;
      before = achieved();
      since ??= performance.now();
      if (signal.aborted || performance.now() >= until(since)) return false;
      if (!told) onAway(error);
      told = true;
      return true;
    },
  });
}
