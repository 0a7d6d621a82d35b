/**
 * Waits for the lock of a redirector's database, which every sync of it asks.
 */
import { setTimeout } from 'node:timers/promises';
import { MirrorhashError } from '../errors.js';
import type { Release, Target } from './open-redirector.js';

/** Milliseconds between two tries. */
const retryEvery = 100;
/** Milliseconds after which people are told that the run waits, and after which it gives up. */
const silentWait = 5_000;
const longestWait = 300_000;

/**
 * @returns null when the run was interrupted meanwhile
 * @throws MirrorhashError REDIRECTOR_UNUSABLE when another sync takes minutes
 */
export async function acquireTarget(
  target: Target,
  signal: AbortSignal,
  onWait?: (message: string) => void,
): Promise<Release | null> {
  const { name } = target.redirector;
  const started = performance.now();
  let told = false;
  for (;;) {
    const release = await target.lock();
    if (release !== null || signal.aborted) return release;
    const waited = performance.now() - started;
    if (waited > longestWait) throw tooLong(name);
    if (waited > silentWait && !told) {
      told = true;
      onWait?.(`waiting for another run that syncs ${name}`);
    }
    await setTimeout(retryEvery);
  }
}

function tooLong(name: string): MirrorhashError {
  return new MirrorhashError('REDIRECTOR_UNUSABLE', `another run has been syncing ${name} for minutes`, {
    hint: 'if that run hangs, end it; the next sync catches up without reading a file',
  });
}
