/**
 * Commands that go on at once on one tree and one state: which they are, when each begins, and how each may end.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { ask, escaped } from '../support/asking.js';
import { type Ended, type FileLine, type Site, told } from '../support/e2e.js';
import { outOf } from '../support/exporting.js';
import { serving } from '../support/serving.js';
import type { Dice } from './dice.js';

export interface Member {
  readonly args: readonly string[];
  /** milliseconds after which it begins */
  readonly after: number;
  /** statuses with what must stand on stderr then; all others are wrong */
  readonly ends: Readonly<Record<number, RegExp>>;
}

/** What a run may tell people, line by line: never where in the program it was. */
const said = /^(mirrorhash: .*|hint: .*)?$/;
const quiet = /^$/;
const anything = /^/;
const guarded = /--max-delete/;
/** Or it came to be between two looks at it: then a part of the tree was taken for all of it. */
const neverHashed = /^mirrorhash: (nothing is known of |the state .* belongs to )/;

export interface Wishes {
  /** `same`: runs that want the same of every file, so that none is to be read twice */
  readonly kind: 'same' | 'different';
  /** whether there is no state yet */
  readonly isCold: boolean;
  readonly files: readonly string[];
  readonly mirrorbrain: string;
}

/** Two to four runs that hash, and some other commands. */
export function crowd(place: Site, dice: Dice, wishes: Wishes): readonly Member[] {
  const runs = Array.from({ length: dice.between(2, 4) }, () => hashing(place, dice, wishes));
  const others = Array.from({ length: dice.between(1, 4) }, () => other(place, dice, wishes));
  return [...runs, ...others];
}

function hashing(place: Site, dice: Dice, { kind, files, mirrorbrain }: Wishes): Member {
  const what = new Set(Array.from({ length: dice.pick([1, 1, 2]) }, () => part(place, dice, files)));
  const maxDelete = dice.pick([[], ['--max-delete', '100%'], ['--max-delete', '0']]);
  const args = [
    ...['hash', ...what, '--base', place.tree, '--state', place.state, '--json', ...maxDelete],
    ...(dice.chance(0.5) ? ['--jobs', String(dice.between(1, 3))] : []),
    ...(dice.chance(0.3) ? ['--check-inode'] : []),
    ...(dice.chance(0.2) ? ['--exclude', dice.pick(['d1/**', '**/*ü*', 'd*/deep/**'])] : []),
    ...(dice.chance(0.4) ? ['--read-limit', dice.pick(['2M', '10M'])] : []),
    ...(dice.chance(0.4) ? ['--redirector', mirrorbrain] : []),
    ...(dice.chance(0.1) ? ['--no-sync'] : []),
    ...(kind === 'different' ? differently(dice) : []),
  ];
  // Those that begin late find what is done, in work, and not begun.
  const after = dice.chance(0.5) ? dice.between(0, 200) : dice.between(200, 1_500);
  return { args, after, ends: maxDelete.includes('0') ? { 0: anything, 1: guarded } : { 0: anything } };
}

function differently(dice: Dice): readonly string[] {
  return [
    ...(dice.chance(0.3) ? ['--force'] : []),
    ...(dice.chance(0.5) ? ['--no-zsync'] : ['--zsync']),
    ...(dice.chance(0.3) ? ['--piece-length', dice.pick(['512K', 'auto'])] : []),
  ];
}

/** The tree, a directory of it, or a file: what one run is to do, others do, too. */
function part(place: Site, dice: Dice, files: readonly string[]): string {
  const kind = dice.weighted({ tree: 3, directory: 3, deep: 1, file: 2 });
  const file = dice.pick(files);
  const deep = files.filter((path) => path.split('/').length > 2);
  if (kind === 'tree') return place.tree;
  if (kind === 'file') return `${place.tree}/${file}`;
  const within = kind === 'deep' && deep.length > 0 ? dice.pick(deep) : file;
  const parts = within.split('/');
  return `${place.tree}/${parts.slice(0, kind === 'deep' ? -1 : 1).join('/')}`;
}

function other(place: Site, dice: Dice, { kind, isCold, files, mirrorbrain }: Wishes): Member {
  const { tree, state } = place;
  const where = ['--state', state];
  const cold = isCold ? { 2: neverHashed } : {};
  const member = (args: readonly string[], ends: Member['ends']): Member => ({
    args: [...args, ...where],
    after: dice.between(0, 1_500),
    ends: { ...ends, ...cold },
  });
  const target = dice.chance(0.4) ? ['--redirector', mirrorbrain] : [];
  const file = `${tree}/${dice.pick(files)}`;
  const name = dice.weighted({ status: 2, show: 2, verify: 1, sync: 2, export: 3, forget: 2 });
  switch (name) {
    case 'status':
      return member(['status', tree, '--json'], { 0: quiet });
    case 'show':
      return member(['show', file], { 0: quiet, 1: /is not cached|has no valid record/ });
    case 'verify':
      return member(['verify', part(place, dice, files), '--json'], { 0: quiet });
    case 'sync':
      return member(['sync', tree, ...target, ...(dice.chance(0.3) ? ['--full'] : [])], { 0: anything });
    case 'export':
      return member(exporting(place, dice), { 0: anything, 1: guarded });
    case 'forget':
      // What was forgotten is to be read once more.
      if (kind === 'same') return member(['status', tree], { 0: anything });
      return member(['forget', file, part(place, dice, files), ...target], { 0: anything });
  }
}

/** Without `--state`. */
export function exporting(place: Site, dice: Dice | null): readonly string[] {
  const few = dice?.chance(0.5) === true;
  const rest = few ? [] : ['--max-delete', '100%'];
  return [
    'export',
    place.tree,
    '--to',
    outOf(place),
    '--formats',
    'sha256sums,torrent,tracker-allowlist',
    ...rest,
  ];
}

/** Starts it when its time has come, and judges how it ended. @returns paths that it read */
export async function join(
  place: Site,
  { args, after, ends }: Member,
  step: string,
): Promise<readonly string[]> {
  await sleep(after);
  const ended = await place.start(args, { patience: 180_000 }).ended;
  const words = `${step}: ${args.join(' ')}`;
  const { status, stderr } = ended;
  expect([words, Object.keys(ends), stderr]).toEqual([
    words,
    expect.arrayContaining([String(status)]),
    stderr,
  ]);
  expect(stderr, words).toMatch(ends[status ?? -1] ?? quiet);
  expect(
    stderr.split('\n').filter((line) => !said.test(line)),
    words,
  ).toEqual([]);
  return args[0] === 'hash' ? hashedBy(ended, words) : [];
}

function hashedBy(ended: Ended, words: string): readonly string[] {
  const { files, directories } = told(ended);
  const trouble = [...files, ...directories].filter(({ outcome }) =>
    ['failed', 'deferred', 'skipped'].includes(outcome),
  );
  expect(trouble, words).toEqual([]);
  return files.filter(({ outcome }: FileLine) => outcome === 'hashed').map(({ path }) => path);
}

/** A server that is asked for files while all that goes on, until it is told to stop. @returns how often */
export async function serveMeanwhile(
  place: Site,
  files: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const served = await serving(place);
  let asked = 0;
  for (; !signal.aborted; asked++) {
    const path = files[asked % files.length] ?? '';
    const suffix = asked % 3 === 0 ? '.meta4' : '';
    const { status, body } = await ask(served.origin, `/${path.split('/').map(escaped).join('/')}${suffix}`);
    // What is not hashed yet has no metalink; a file is there in any case.
    expect(suffix === '' ? [200] : [200, 404], `${path}${suffix}: ${status}`).toContain(status);
    if (suffix === '') expect(body.equals(readFileSync(`${place.tree}/${path}`)), path).toBe(true);
    await sleep(20);
  }
  const ended = await served.stop();
  expect(ended.status, ended.stderr).toBe(143);
  expect(ended.stderr.split('\n').filter((line) => !said.test(line))).toEqual([]);
  return asked;
}
