/**
 * Waits for the lock of a redirector's database, which every sync of it asks.
 */
import { MirrorhashError } from '../errors.js';
import type { Release, Target } from './open-redirector.js';
import { acquirePatiently } from './patient-lock.js';

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
  return await acquirePatiently({
    acquire: () => target.lock(),
    signal,
    onWait: () => onWait?.(`waiting for another run that syncs ${name}`),
    tooLong: () => tooLong(name),
  });
}

function tooLong(name: string): MirrorhashError {
  return new MirrorhashError('REDIRECTOR_UNUSABLE', `another run has been syncing ${name} for minutes`, {
    hint: 'if that run hangs, end it; the next sync catches up without reading a file',
  });
}
