/**
 * The words of the benchmarks: who takes part, what was measured, what was promised. Types, and the questions that
 * every benchmark asks of its results; it measures nothing.
 */
import type { Measure } from './measure.js';
import type { Program } from './programs.js';

/** What one run cost. */
export interface Sample {
  /** from the start to the end of the last process */
  readonly seconds: number;
  /** of the processes, user and system; null where nothing tells */
  readonly cpuSeconds: number | null;
  /** bytes resident at most; null where nothing tells */
  readonly peakBytes: number | null;
}

/** Somebody or something whose time is taken. */
export interface Contestant {
  readonly who: string;
  /** what it computes and writes: mostly less than we do */
  readonly does: string;
  /** programs that must be installed; absent: it is our own */
  readonly needs?: readonly Program[];
  /** makes everything as it was; not timed */
  readonly before?: () => void | Promise<void>;
  readonly run: () => Promise<Sample>;
  /** runs a round, for what is short; each is a sample */
  readonly repeat?: number;
}

export interface Result {
  readonly who: string;
  readonly does: string;
  readonly samples: readonly Sample[];
  /** why there are no samples, null when there are */
  readonly missing: string | null;
}

/** A promise, and what came out. */
export interface Goal {
  readonly text: string;
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  readonly unit: '×' | 'MB' | 's' | 'rows/s' | 'answers/s';
  /** null when it could not be measured */
  readonly value: number | null;
  readonly note?: string;
}

/** Where a benchmark works, and with what. */
export interface Site {
  /** absolute; data and states lie in it */
  readonly directory: string;
  /** smaller data: does everything work? */
  readonly quick: boolean;
  readonly cores: number;
  readonly measure: Measure;
}

/** A benchmark whose data are there. */
export interface Prepared {
  /** what is worked on, in words */
  readonly work: string;
  /** once, before anything is timed, when the new files are old enough to be believed */
  readonly beforeRounds?: () => Promise<void>;
  /** the first is the one that the others are compared with */
  readonly contestants: readonly Contestant[];
  readonly goals: (results: Results) => readonly Goal[];
  /** once, after the last round */
  readonly end?: () => Promise<void>;
  /** what else was found out, a line each */
  readonly remarks?: () => readonly string[];
}

export interface Benchmark {
  readonly id: string;
  /** what the benchmark backs */
  readonly claim: string;
  /** only with `--long` */
  readonly long?: boolean;
  /** for what takes long: fewer than were asked for */
  readonly mostRounds?: number;
  readonly prepare: (site: Site) => Promise<Prepared>;
}

export class Results {
  constructor(readonly all: readonly Result[]) {}

  /** The median, null when there is none. */
  seconds(who: string): number | null {
    return median(this.of(who).map((sample) => sample.seconds));
  }

  /** The most that any run of it took, in millions of bytes. */
  peakMegabytes(who: string): number | null {
    const peaks = this.of(who).flatMap(({ peakBytes }) => peakBytes ?? []);
    return peaks.length === 0 ? null : Math.max(...peaks) / 1e6;
  }

  private of(who: string): readonly Sample[] {
    return this.all.find((result) => result.who === who)?.samples ?? [];
  }
}

export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

/** a / b, where both were measured. */
export function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b;
}

/** In words: `1.31 ×: reached`, `0.90 ×: missed by 22 %`. */
export function verdict({ value, bound, limit, unit, note }: Goal): string {
  const suffix = note === undefined ? '' : ` (${note})`;
  if (value === null) return `not measured${suffix}`;
  const shown = unit === '×' || unit === 's' ? value.toFixed(2) : Math.round(value).toLocaleString('en');
  const isReached = bound === 'at least' ? value >= limit : value <= limit;
  if (isReached) return `${shown} ${unit}: reached${suffix}`;
  const off = bound === 'at least' ? 1 - value / limit : value / limit - 1;
  return `${shown} ${unit}: missed by ${(off * 100).toFixed(off < 0.1 ? 1 : 0)} %${suffix}`;
}
