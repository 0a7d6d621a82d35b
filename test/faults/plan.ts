/**
 * How long an attack goes on, and with which seed: both from the environment, which `npm run faults` sets.
 *
 * A seed repeats what an attack chooses, not the moments at which the machine does it.
 */

/** MIRRORHASH_FAULTS_SEED, or another one at each run. */
export const seed: number = numberFrom('MIRRORHASH_FAULTS_SEED') ?? Date.now() % 1_000_000;

/** Of all attacks together; null where a short run is wanted, as beside the other tests. */
const minutes = numberFrom('MIRRORHASH_FAULTS_MINUTES');

export interface Length {
  /** of the minutes of a long run, from 0 to 1 */
  readonly share: number;
  /** seconds of a short run */
  readonly short: number;
}

/** Says on stderr what is attacked, so that a failure can be repeated. @returns seconds that the attack has */
export function announce(attack: string, length: Length): number {
  const seconds = secondsOf(length);
  process.stderr.write(`faults: ${attack}: ${seconds} seconds, MIRRORHASH_FAULTS_SEED=${seed}\n`);
  return seconds;
}

/** Milliseconds that vitest may wait for an attack of so many seconds: what comes after its end takes a while, too. */
export function timeoutFor(length: Length): number {
  return 240_000 + 2_000 * secondsOf(length);
}

function secondsOf({ share, short }: Length): number {
  return Math.round(Math.max(short, (minutes ?? 0) * 60 * share));
}

/** Says what an attack did, because one that did nothing finds nothing. */
export function tell(attack: string, done: Readonly<Record<string, number>>): void {
  const parts = Object.entries(done).map(([what, count]) => `${count} ${what}`);
  process.stderr.write(`faults: ${attack}: ${parts.join(', ')}\n`);
}

/** @throws Error when there is something else in it */
export function numberFrom(variable: string): number | null {
  const text = process.env[variable];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`${variable} is no number: ${text}`);
  return value;
}
