/**
 * Rounds: everybody in turn, again and again, so that a machine that becomes slower or busier does so for all. Each
 * round begins with another contestant. It knows nothing of what is run.
 */
import type { Contestant, Result, Sample } from './benchmark.js';
import { CommandFailed } from './measure.js';

export interface RoundsHost {
  /** why a contestant cannot take part, null when it can */
  readonly missing: (contestant: Contestant) => string | null;
  readonly tell: (round: number, who: string) => void;
}

interface Standing {
  readonly contestant: Contestant;
  readonly samples: Sample[];
  missing: string | null;
}

/**
 * A program that fails is out, and the results say so.
 *
 * @throws when somebody fails who needs no program: that is us
 */
export async function runRounds(
  contestants: readonly Contestant[],
  rounds: number,
  host: RoundsHost,
): Promise<readonly Result[]> {
  const standings = contestants.map(
    (contestant): Standing => ({ contestant, samples: [], missing: host.missing(contestant) }),
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const standing of rotated(standings, round)) {
      if (standing.missing !== null) continue;
      host.tell(round + 1, standing.contestant.who);
      try {
        await takeTurn(standing);
      } catch (error) {
        if (standing.contestant.needs === undefined || !(error instanceof CommandFailed)) throw error;
        standing.samples.length = 0;
        standing.missing = `failed: ${error.message}`;
      }
    }
  }
  return standings.map(({ contestant: { who, does }, samples, missing }) => ({
    who,
    does,
    samples,
    missing,
  }));
}

async function takeTurn({ contestant, samples }: Standing): Promise<void> {
  for (let turn = 0; turn < (contestant.repeat ?? 1); turn += 1) {
    await contestant.before?.();
    samples.push(await contestant.run());
  }
}

export function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
