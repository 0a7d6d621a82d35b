import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Locks } from '../../src/files/lock.js';
import { openCache } from '../support/caching.js';
import { Child } from '../support/children.js';
import type { Request } from '../support/locking.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A process with a hand on the locks of a state. */
class Run {
  private constructor(private readonly child: Child) {}

  static async start(state: string): Promise<Run> {
    return new Run(await Child.start('locking.ts', state));
  }

  async ask(what: Request['what'], ...names: string[]): Promise<string[]> {
    return ((await this.child.ask({ what, names })) as { answer: string[] }).answer;
  }

  kill(): Promise<void> {
    return this.child.kill();
  }
}

function locksHere(state: string): Locks {
  const cache = openCache(`${state}/cache.db`);
  return new Locks(`${state}/locks`, (work) => cache.exclusively(work));
}

/** The only file among the locks. */
function only(state: string): string {
  const [name, ...others] = readdirSync(`${state}/locks`);
  expect(others).toEqual([]);
  return `${state}/locks/${name}`;
}

function age(state: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(only(state), then, then);
}

/** As if somebody had taken the lock on another machine. */
function moveHolder(state: string): void {
  const note = only(state);
  const { mtime } = statSync(note);
  writeFileSync(note, JSON.stringify({ ...JSON.parse(readFileSync(note, 'utf8')), host: 'elsewhere' }));
  utimesSync(note, mtime, mtime);
}

describe('two processes', () => {
  it('never hold one lock together, and pass it on', async () => {
    const state = temporaryDirectory();
    const [a, b] = await Promise.all([Run.start(state), Run.start(state)]);
    expect(await a.ask('acquire', 'x')).toEqual(['x']);
    expect(await b.ask('acquire', 'x', 'y')).toEqual(['y']);
    expect(await a.ask('isHeld', 'x', 'y', 'z')).toEqual(['x', 'y']);
    expect(await a.ask('acquire', 'x')).toEqual([]);
    await a.ask('release', 'x');
    expect(await a.ask('held', 'x')).toEqual([]);
    expect(await b.ask('isHeld', 'x')).toEqual([]);
    expect(await b.ask('acquire', 'x')).toEqual(['x']);
    await a.ask('release', 'x');
    expect(await a.ask('isHeld', 'x')).toEqual(['x']);
    await b.ask('release', 'x', 'y');
    expect(readdirSync(`${state}/locks`)).toEqual([]);
  });

  it('each get their share when they ask at the same moment', async () => {
    const state = temporaryDirectory();
    const [a, b] = await Promise.all([Run.start(state), Run.start(state)]);
    const names = Array.from({ length: 200 }, (_, index) => `directory ${index}`);
    const [mine, others] = await Promise.all([
      a.ask('acquire', ...names),
      b.ask('acquire', ...names.toReversed()),
    ]);
    expect([...mine, ...others].sort()).toEqual([...names].sort());
    await Promise.all([a.ask('release', ...mine), b.ask('release', ...others)]);
    expect(readdirSync(`${state}/locks`)).toEqual([]);
  });
});

describe('a holder that was killed', () => {
  it('is noticed at once', async () => {
    const state = temporaryDirectory();
    const [a, b] = await Promise.all([Run.start(state), Run.start(state)]);
    expect(await a.ask('acquire', 'x')).toEqual(['x']);
    await a.kill();
    expect(existsSync(only(state))).toBe(true);
    expect(await b.ask('isHeld', 'x')).toEqual([]);
    const started = performance.now();
    expect(await b.ask('acquire', 'x')).toEqual(['x']);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await b.ask('held', 'x')).toEqual(['x']);
  });

  it('leaves each of its locks to exactly one of two that want them', async () => {
    const state = temporaryDirectory();
    const names = Array.from({ length: 150 }, (_, index) => `directory ${index}`);
    const [dead, a, b] = await Promise.all([Run.start(state), Run.start(state), Run.start(state)]);
    expect(await dead.ask('acquire', ...names)).toEqual(names);
    await dead.kill();
    const winners = new Map<Run, number>();
    for (const [index, name] of names.entries()) {
      const rivals = index % 2 === 0 ? [a, b] : [b, a];
      const replies = await Promise.all(rivals.map((run) => run.ask('acquire', name)));
      const won = rivals.filter((_, rival) => replies[rival]?.includes(name));
      expect(won).toHaveLength(1);
      for (const run of won) winners.set(run, (winners.get(run) ?? 0) + 1);
    }
    // Otherwise one was always far behind, and this proved nothing.
    expect(winners.size).toBe(2);
  });

  it('in the middle of taking a lock, leaves nothing that holds it', async () => {
    const state = temporaryDirectory();
    const locks = locksHere(state);
    const lock = locks.acquire('x');
    if (lock === null) throw new Error('not taken');
    // The note is written first, under another name.
    const file = only(state);
    const text = readFileSync(file, 'utf8');
    locks.release([lock]);
    writeFileSync(`${file}.1.new`, text);
    expect(locks.isHeld('x')).toBe(false);
    expect(locks.acquire('x')).not.toBeNull();
  });

  it('left its locks and drafts for ever where nobody asked for them again', async () => {
    const state = temporaryDirectory();
    const [dead, alive] = [await Run.start(state), await Run.start(state)];
    await dead.ask('acquire', 'x', 'y');
    await alive.ask('acquire', 'z');
    await dead.kill();
    // Killed between making the draft and writing its note.
    writeFileSync(`${state}/locks/0123.lock.1.new`, '');
    // Neither is ours to judge: one of another machine, and what is no lock at all.
    const elsewhere = JSON.parse(
      readFileSync(`${state}/locks/${readdirSync(`${state}/locks`).at(-1)}`, 'utf8'),
    );
    writeFileSync(`${state}/locks/4567.lock`, JSON.stringify({ ...elsewhere, host: 'elsewhere' }));
    writeFileSync(`${state}/locks/README`, 'keep out');
    expect(locksHere(state).acquire('v')).not.toBeNull();
    const left = readdirSync(`${state}/locks`);
    expect(left).toHaveLength(4);
    expect(left).toEqual(expect.arrayContaining(['4567.lock', 'README']));
    expect(await alive.ask('held', 'z')).toEqual(['z']);
  });
});

describe('a holder that cannot be asked', () => {
  const spoil: [string, (state: string) => void][] = [
    ['on another machine', moveHolder],
    ['with a garbled note', (state) => writeFileSync(only(state), '{"host":')],
    ['with an empty note', (state) => writeFileSync(only(state), '')],
  ];

  it.each(spoil)('%s holds its lock until it is stale', async (_, change) => {
    const state = temporaryDirectory();
    const [run, locks] = [await Run.start(state), locksHere(state)];
    await run.ask('acquire', 'x');
    await run.kill();
    change(state);
    expect(locks.acquire('x')).toBeNull();
    age(state, 25);
    expect([locks.isHeld('x'), locks.acquire('x')]).toEqual([true, null]);
    age(state, 31);
    expect(locks.isHeld('x')).toBe(false);
    expect(locks.acquire('x')?.held).toBe(true);
  });

  it('because the lock is a directory, as proper-lockfile makes it, holds it until it is stale', () => {
    const state = temporaryDirectory();
    const locks = locksHere(state);
    const lock = locks.acquire('x');
    const file = only(state);
    locks.release(lock === null ? [] : [lock]);
    mkdirSync(file);
    expect([locks.isHeld('x'), locks.acquire('x')]).toEqual([true, null]);
    age(state, 31);
    expect(locks.acquire('x')?.held).toBe(true);
  });

  it('but lives here keeps its lock though it was not refreshed for long', async () => {
    const state = temporaryDirectory();
    const [run, locks] = [await Run.start(state), locksHere(state)];
    await run.ask('acquire', 'x');
    age(state, 3600);
    expect([locks.isHeld('x'), locks.acquire('x')]).toEqual([true, null]);
  });
});

describe('a lock that was lost', () => {
  /** Taken here, and then by another process that believed us to be on another machine and gone. */
  async function lose(state: string) {
    const locks = locksHere(state);
    const other = await Run.start(state);
    const lock = locks.acquire('x');
    if (lock === null) throw new Error('not taken');
    moveHolder(state);
    age(state, 31);
    expect(await other.ask('acquire', 'x')).toEqual(['x']);
    return { locks, lock, other };
  }

  it('is given back without a trace on the one who has it now', async () => {
    const state = temporaryDirectory();
    const { locks, lock, other } = await lose(state);
    locks.release([lock]);
    expect(await other.ask('isHeld', 'x')).toEqual(['x']);
    expect(locks.acquire('x')).toBeNull();
    expect(existsSync(only(state))).toBe(true);
  });

  it('is known to be lost before anything is written', async () => {
    const { lock } = await lose(temporaryDirectory());
    expect(lock.held).toBe(false);
  });

  it('is noticed when it is next refreshed', async () => {
    const state = temporaryDirectory();
    const locks = locksHere(state);
    // It is refreshed every 15 seconds.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const lock = locks.acquire('x');
    expect(lock?.held).toBe(true);
    rmSync(only(state));
    vi.advanceTimersByTime(15_000);
    await vi.waitFor(() => expect(lock?.held).toBe(false));
    locks.release(lock === null ? [] : [lock]);
    expect(locks.acquire('x')?.held).toBe(true);
  });
});

it('names are kept apart, whatever is in them', () => {
  const state = temporaryDirectory();
  const locks = locksHere(state);
  const names = ['', 'directory ', 'directory a', 'directory a/b', 'a\nb', '../../x', 'ü', 'x'.repeat(5000)];
  expect(names.map((name) => locks.acquire(name)?.name)).toEqual(names);
  expect(readdirSync(`${state}/locks`)).toHaveLength(names.length);
  expect(readdirSync(state).filter((name) => name.startsWith('cache.db') || name === 'locks')).toEqual(
    readdirSync(state),
  );
});

it('asking whether a lock is held makes nothing', () => {
  const state = temporaryDirectory();
  expect(new Locks(`${state}/locks`, (work) => work()).isHeld('x')).toBe(false);
  expect(readdirSync(state)).toEqual([]);
});

it('giving back nothing asks nobody', () => {
  const locks = new Locks('/nowhere', () => {
    throw new Error('asked');
  });
  locks.release([]);
});
