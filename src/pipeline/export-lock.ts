/**
 * The lock of the outputs below one root: one export writes there at a time.
 */
import { MirrorhashError } from '../errors.js';
import type { Lock } from '../files/lock.js';
import { acquirePatiently } from './patient-lock.js';
import type { State } from './state.js';

/**
 * @param out root of the outputs, absolute
 * @returns null when the run was interrupted meanwhile
 * @throws MirrorhashError OUTPUT_UNUSABLE when another export takes minutes
 */
export async function acquireOutputs(
  { locks }: State,
  out: string,
  signal: AbortSignal,
  onWait: (message: string) => void,
): Promise<Lock | null> {
  return await acquirePatiently({
    acquire: () => locks.acquire(`export ${out}`),
    signal,
    onWait: () => onWait(`waiting for another export to ${out}`),
    tooLong: () =>
      new MirrorhashError('OUTPUT_UNUSABLE', `another export has been writing to ${out} for minutes`, {
        hint: 'run again when it has ended; if it hangs, end it',
      }),
  });
}
