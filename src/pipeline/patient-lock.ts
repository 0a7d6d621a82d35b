/**
 * Waits for a lock that another run holds.
 */
import { setTimeout } from 'node:timers/promises';

/** Milliseconds between two tries. */
const retryEvery = 100;
/** Milliseconds after which people are told that the run waits, and after which it gives up. */
const silentWait = 5_000;
const longestWait = 300_000;

export interface PatientLock<Held> {
  /** null: another run has it */
  readonly acquire: () => Held | null | Promise<Held | null>;
  readonly signal: AbortSignal;
  /** told once, when it takes long */
  readonly onWait: () => void;
  /** what is thrown when it takes minutes */
  readonly tooLong: () => Error;
}

/** @returns null when the run was interrupted meanwhile */
export async function acquirePatiently<Held>(lock: PatientLock<Held>): Promise<Held | null> {
  const started = performance.now();
  let told = false;
  for (;;) {
    const held = await lock.acquire();
    if (held !== null || lock.signal.aborted) return held;
    const waited = performance.now() - started;
    if (waited > longestWait) throw lock.tooLong();
    if (waited > silentWait && !told) {
      told = true;
      lock.onWait();
    }
    await setTimeout(retryEvery);
  }
}
