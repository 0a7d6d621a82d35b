/**
 * A tree that changes all the time, and two runs at once that hash it, again and again: no database ever holds a row
 * that no content of a file stands for, and when the tree stands still, one more run brings all to what the oracle says.
 */
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openFiles, type Site, site, withoutPrivileges } from '../support/e2e.js';
import { makeDatabase, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { mountCoarseTimes } from './coarse-times.js';
import { Dice } from './dice.js';
import { Ledger } from './ledger.js';
import { Mutator } from './mutator.js';
import {
  cacheFacts,
  cacheQuery,
  differences,
  facts,
  inSeconds,
  oracle,
  type RawFacts,
  redirectorFacts,
  redirectorQuery,
} from './oracle.js';
import { announce, seed, tell, timeoutFor } from './plan.js';
import { Watcher } from './watcher.js';

const runsAtOnce = 2;
const filesAtFirst = 150;

/** Read by somebody whom permissions bind, where that can be had: then files and directories are closed, too. */
const prefix = withoutPrivileges() ?? [];
const permissions = prefix.length > 0;

/** A state that the user of the runs may write. */
function openState(place: Site): void {
  mkdirSync(place.state);
  if (permissions) chownSync(place.state, 65_534, 65_534);
}

/** The runs that go on, by the number of their process. */
const running = new Set<number>();

function* inUse(): Iterable<string> {
  for (const pid of running) yield* openFiles(pid);
}

/** Runs one after the other until the time is over; each with other options. @returns how many there were */
async function keepHashing(place: Site, dice: Dice, url: string, signal: AbortSignal): Promise<number> {
  let runs = 0;
  for (; !signal.aborted; runs++) {
    const args = place.hashArguments(...optionsOf(dice, url));
    const { pid, ended: ending } = place.start(args, { prefix, patience: 180_000 });
    running.add(pid);
    const ended = await ending.finally(() => running.delete(pid));
    // 3: what nobody may read. The guard (1) stands where much was removed or closed at once.
    const guarded = ended.status === 1 && ended.stderr.includes('--max-delete');
    expect(guarded || [0, 3].includes(ended.status ?? -1), `${args.join(' ')}\n${ended.stderr}`).toBe(true);
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
  }
  return runs;
}

function optionsOf(dice: Dice, url: string): readonly string[] {
  return [
    ...(dice.chance(0.5) ? ['--jobs', String(dice.between(1, 4))] : []),
    ...(dice.chance(0.15) ? ['--force'] : []),
    ...(dice.chance(0.2) ? ['--check-inode'] : []),
    ...(dice.chance(0.3) ? ['--max-delete', '100%'] : []),
    ...(dice.chance(0.2) ? ['--exclude', 'ü*'] : []),
    ...(dice.chance(0.6) ? ['--read-limit', dice.pick(['1M', '4M', '20M'])] : []),
    ...(dice.chance(0.2) ? ['--no-zsync'] : ['--zsync']),
    ...(dice.chance(0.3) ? ['--redirector', url] : []),
  ];
}

/** Changes the tree until the time is over: mostly a little, at times in bursts, at times not. */
async function keepChanging(mutator: Mutator, dice: Dice, signal: AbortSignal): Promise<number> {
  let steps = 0;
  for (; !signal.aborted; steps++) {
    mutator.step();
    const pause = dice.weighted({ none: 600, short: 396, long: 4 });
    await sleep({ none: 0, short: dice.between(1, 40), long: dice.between(500, 3_000) }[pause]);
  }
  return steps;
}

async function keepAsking(watcher: Watcher, database: TestDatabase, signal: AbortSignal): Promise<void> {
  for (let last = false; !last; await sleep(100)) {
    last = signal.aborted;
    watcher.check('PostgreSQL', (await database.query(redirectorQuery)) as unknown as RawFacts[], 'seconds');
  }
}

/** The tree stands still: one run each for the redirectors, which must have nothing left to complain about. */
async function lastRun(place: Site, url: string): Promise<void> {
  for (const redirector of [[], ['--redirector', url]]) {
    const args = place.hashArguments('--zsync', '--max-delete', '100%', ...redirector);
    const ended = await place.run(args, { prefix, patience: 180_000 });
    expect(ended.status, ended.stderr).toBe(0);
  }
}

async function attack(place: Site, seconds: number, coarse: boolean): Promise<void> {
  const database = await makeDatabase('classic');
  const files = { cache: join(place.state, 'cache.db'), redirector: join(place.state, 'redirector.db') };
  const ledger = new Ledger(place.tree);
  const mutator = new Mutator(place.tree, new Dice(seed), ledger, { permissions, inUse, coarse });
  for (let n = 0; n < filesAtFirst; n++) mutator.step();

  const watcher = new Watcher(ledger);
  const watching = new AbortController();
  const watched = Promise.all([
    watcher.watch({ file: files.cache, query: cacheQuery, precision: 'nanoseconds' }, watching.signal),
    watcher.watch({ file: files.redirector, query: redirectorQuery, precision: 'seconds' }, watching.signal),
    keepAsking(watcher, database, watching.signal),
  ]);
  const over = AbortSignal.timeout(seconds * 1000);
  const hashing = Array.from({ length: runsAtOnce }, (_, n) =>
    keepHashing(place, new Dice(seed + 1 + n), database.url, over),
  );
  const [steps, ...runs] = await Promise.all([keepChanging(mutator, new Dice(seed - 1), over), ...hashing])
    .then(async (counts) => {
      mutator.settle();
      await lastRun(place, database.url);
      return counts;
    })
    .finally(async () => {
      watching.abort();
      await Promise.allSettled([watched, ...hashing]);
    });
  await watched;

  tell('mutator', {
    changes: steps,
    versions: ledger.versions,
    runs: runs.reduce((sum, n) => sum + n, 0),
    'looks at databases': watcher.looks,
    'rows seen': watcher.rows,
    'rows wrong': watcher.wrong.size,
  });
  expect([...watcher.wrong], `seed ${seed}`).toEqual([]);
  const expected = await oracle(place.tree);
  expect(differences(expected, cacheFacts(files.cache)), `seed ${seed}`).toEqual([]);
  expect(differences(inSeconds(expected), redirectorFacts(files.redirector)), `seed ${seed}`).toEqual([]);
  const rows = (await database.query(redirectorQuery)) as unknown as RawFacts[];
  expect(differences(inSeconds(expected), rows.map(facts)), `seed ${seed}`).toEqual([]);
  // An attack that met nothing proves nothing.
  expect(Math.min(steps, watcher.rows, ...runs)).toBeGreaterThan(2);
}

const usual = { share: 0.35, short: 10 };
test('a tree that never stands still is never described wrongly', {
  timeout: timeoutFor(usual),
}, async () => {
  const seconds = announce('mutator', usual);
  const place = site();
  openState(place);
  await attack(place, seconds, false);
});

const whole = { share: 0.1, short: 10 };
test('nor is one whose times are whole seconds', { timeout: timeoutFor(whole) }, async (context) => {
  const place = site();
  openState(place);
  const obstacle = mountCoarseTimes(place.tree);
  if (obstacle !== null) {
    process.stderr.write(`faults: skipped: no file system whose times are whole seconds: ${obstacle}\n`);
    return context.skip(obstacle);
  }
  await attack(place, announce('mutator, times of whole seconds', whole), true);
});
