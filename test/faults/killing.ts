/**
 * Ends a program with kill -9: after some time, when something is seen of it, or, where strace is installed, before
 * the system call that it makes for the n-th time: that is every point between two changes of the disk.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ended, Site } from '../support/e2e.js';
import type { Dice } from './dice.js';

export interface Strike {
  /** how it was to be killed, for people */
  readonly moment: string;
  /** false: it had ended before */
  readonly landed: boolean;
  readonly ended: Ended;
}

/** What changes the disk, and what opens files. Not every system has every call: `?` asks for those that it has. */
const calls = {
  pwrite64: ['pwrite64'],
  write: ['write'],
  open: ['?open', 'openat'],
  link: ['?link', 'linkat'],
  unlink: ['?unlink', 'unlinkat'],
  rename: ['?rename', '?renameat', '?renameat2'],
  flush: ['fsync', 'fdatasync'],
  truncate: ['ftruncate'],
  mkdir: ['?mkdir', 'mkdirat', '?rmdir'],
  mode: ['fchmod', '?chmod', 'fchmodat'],
} as const;
type Call = keyof typeof calls;

/** Which calls are chosen how often. */
export type CallWeights = Readonly<Partial<Record<Call, number>>>;

export const canTrace = tracing();

export class Killer {
  /** milliseconds that a run of a kind takes when it is let alone */
  private readonly lengths = new Map<string, number>();
  /** how often a run of a kind makes a call at least */
  private readonly depths = new Map<string, number>();

  constructor(private readonly dice: Dice) {}

  /** To be told of each run that came to its end. */
  learn(kind: string, milliseconds: number): void {
    this.lengths.set(kind, milliseconds);
  }

  /**
   * Starts the program and kills it.
   *
   * @param kind of run: those of one kind take about the same time
   * @param seen what shows that the run does something: it is killed then, or a moment later
   */
  async strike(
    place: Site,
    args: readonly string[],
    kind: string,
    {
      seen,
      weights,
    }: { readonly seen: Readonly<Record<string, () => boolean>>; readonly weights: CallWeights },
  ): Promise<Strike> {
    const way = this.dice.weighted({ timed: 4, seen: 3, call: canTrace ? 5 : 0 });
    if (way === 'timed') return this.inTime(place, args, kind);
    if (way === 'seen') return this.whenSeen(place, args, seen);
    return this.atCall(place, args, kind, weights);
  }

  private async inTime(place: Site, args: readonly string[], kind: string): Promise<Strike> {
    const length = this.lengths.get(kind) ?? 1_000;
    const after = Math.round((this.dice.between(0, 1_000) / 1_000) * length);
    const running = place.start(args);
    await Promise.race([sleep(after), running.ended]);
    running.child.kill('SIGKILL');
    const ended = await running.ended;
    const landed = ended.signal === 'SIGKILL';
    if (!landed) this.learn(kind, ended.seconds * 1_000);
    return { moment: `after ${after} ms`, landed, ended };
  }

  private async whenSeen(
    place: Site,
    args: readonly string[],
    seen: Readonly<Record<string, () => boolean>>,
  ): Promise<Strike> {
    const what = this.dice.pick(Object.keys(seen));
    const later = this.dice.chance(0.5) ? 0 : this.dice.between(0, 60);
    const running = place.start(args);
    const { child } = running;
    while (child.exitCode === null && seen[what]?.() === false) await sleep(1);
    if (later > 0) await sleep(later);
    child.kill('SIGKILL');
    const ended = await running.ended;
    return { moment: `${later} ms after ${what}`, landed: ended.signal === 'SIGKILL', ended };
  }

  private async atCall(
    place: Site,
    args: readonly string[],
    kind: string,
    weights: CallWeights,
  ): Promise<Strike> {
    const call = this.dice.weighted(weights as Record<Call, number>);
    const depth = this.depths.get(`${kind} ${call}`) ?? 32;
    const nth = this.dice.between(1, Math.ceil(depth));
    const which = calls[call].join(',');
    const inject = [`trace=${which}`, `inject=${which}:signal=SIGKILL:when=${nth}`];
    const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', ...inject.flatMap((each) => ['-e', each])];
    const ended = await place.start(args, { prefix }).ended;
    const landed = ended.signal === 'SIGKILL';
    // It is not known how many there are: as deep as it goes, and not much deeper.
    if (landed && nth > depth / 2) this.depths.set(`${kind} ${call}`, depth * 1.5);
    if (!landed) this.depths.set(`${kind} ${call}`, Math.max(1, nth - 1));
    return { moment: `before ${call} number ${nth}`, landed, ended };
  }
}

/** Whether something was written to a file since now, or it came to be. */
export function grows(file: string): () => boolean {
  const size = (): string => {
    const found = statSync(file, { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.size} ${found.mtimeMs}`;
  };
  const before = size();
  return () => size() !== before;
}

/** Whether a directory, or one below it, has an entry whose name is of this kind. */
export function holds(directory: string, name: RegExp): () => boolean {
  return () => {
    try {
      return entriesBelow(directory).some((path) => name.test(path));
    } catch {
      // Something went while it was listed.
      return false;
    }
  };
}

/** All below a directory; without an error where it is not there. */
export function entriesBelow(directory: string): readonly string[] {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory()
      ? entriesBelow(join(directory, entry.name)).map((path) => join(entry.name, path))
      : []),
  ]);
}

function tracing(): boolean {
  if (spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0)
    return true;
  process.stderr.write(
    'faults: strace is not installed, or may not trace: no kill between two system calls\n',
  );
  return false;
}
