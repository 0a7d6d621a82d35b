/**
 * The state of a tree: the directory with its databases and locks, and what the state remembers.
 *
 * A state belongs to one base and refuses another. It never lies inside the tree.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MirrorhashError, reasonOf } from '../errors.js';
import { type Exclusively, Locks } from '../files/lock.js';
import type { Recipe, Summary } from '../model.js';
import { relativeTo } from '../paths.js';
import { Cache } from '../store/cache.js';
import { CacheReader } from '../store/cache-reader.js';
import { databaseExists } from '../store/open.js';
import { type Place, refuseStrangers } from './trusted-place.js';

/** Where a state lies and which tree it is for. */
export interface StatePlace {
  /** absolute */
  readonly directory: string;
  /** the same as somebody named it, where links may lead to it; absolute */
  readonly named?: string;
  /** absolute, without symbolic links */
  readonly base: string;
}

/** An open state. */
export interface State {
  readonly place: StatePlace;
  readonly cache: Cache;
  readonly locks: Locks;
}

const baseSetting = 'base';
const recipeSetting = 'recipe';
const runSetting = 'last run';

const ours: Place = { title: 'the state', option: '--state <dir>', code: 'STATE_UNUSABLE' };

export function cacheFile(directory: string): string {
  return join(directory, 'cache.db');
}

export function redirectorFile(directory: string): string {
  return join(directory, 'redirector.db');
}

/** The tree's own folder below a directory of states: readable by its name, unique by its hash. */
export function stateDirectoryOf(home: string, base: string): string {
  const readable =
    basename(base)
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .slice(0, 40) || 'root';
  const hash = createHash('sha256').update(base).digest('hex').slice(0, 12);
  return join(home, `${readable}-${hash}`);
}

/**
 * The base of the nearest state below `home` whose tree holds a path, or null.
 *
 * @param path absolute, without symbolic links
 */
export function coveringBase(home: string, path: string): string | null {
  for (let candidate = path; ; candidate = dirname(candidate)) {
    if (existsSync(cacheFile(stateDirectoryOf(home, candidate)))) return candidate;
    if (candidate === dirname(candidate)) return null;
  }
}

/** The base that a state remembers, or null where there is no state yet. */
export function rememberedBase(directory: string): string | null {
  if (!databaseExists(cacheFile(directory))) return null;
  const cache = CacheReader.open(cacheFile(directory));
  try {
    return cache.setting(baseSetting);
  } finally {
    cache.close();
  }
}

/**
 * Opens a state for writing; makes it if it is new.
 *
 * @throws MirrorhashError when it cannot be made, belongs to another base, lies inside the tree, or in the hands of others
 */
export function openState(place: StatePlace): State {
  checkPlace(place);
  refuseStrangers(place.named ?? place.directory, ours);
  try {
    mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new MirrorhashError(
      'STATE_UNUSABLE',
      `cannot make the state directory ${place.directory}: ${reasonOf(error)}`,
      {
        hint: 'name a directory that you may write with --state <dir>',
        cause: error,
      },
    );
  }
  // Again: in a directory such as /tmp, somebody may have made it in this moment.
  refuseStrangers(place.directory, ours);
  const cache = Cache.open(cacheFile(place.directory));
  try {
    const locks = locksOf(place, (work) => cache.exclusively(work));
    cache.exclusively(() => {
      const base = cache.setting(baseSetting);
      if (base === null) cache.remember(baseSetting, place.base);
      else checkBase(place, base);
      locks.sweep();
    });
    return { place, cache, locks };
  } catch (error) {
    cache.close();
    throw error;
  }
}

/**
 * Opens an existing state without changing anything; null where there is none, or where its first run has only just
 * made the cache: whose it is stands nowhere yet, and must not be guessed from a part of the tree.
 *
 * @throws MirrorhashError when it cannot be read or belongs to another base
 */
export function peekState(place: StatePlace): CacheReader | null {
  const file = cacheFile(place.directory);
  if (!databaseExists(file)) return null;
  const cache = CacheReader.open(file);
  try {
    const base = cache.setting(baseSetting);
    if (base === null) {
      cache.close();
      return null;
    }
    checkBase(place, base);
    return cache;
  } catch (error) {
    cache.close();
    throw error;
  }
}

/** The locks of a state. */
export function locksOf(place: StatePlace, exclusively: Exclusively): Locks {
  return new Locks(join(place.directory, 'locks'), exclusively);
}

/** The recipe that the state was last used with. */
export function rememberedRecipe(cache: CacheReader | null): Partial<Recipe> {
  const text = cache?.setting(recipeSetting) ?? null;
  return text === null ? {} : (parsed(text) as Partial<Recipe>);
}

export function rememberRecipe(cache: Cache, recipe: Recipe): void {
  const text = JSON.stringify(recipe);
  if (cache.setting(recipeSetting) !== text) cache.set(recipeSetting, text);
}

/** A run that ended by itself. */
export interface LastRun extends Summary {
  /** when it ended, ISO 8601 */
  readonly at: string;
  /** what kept it from its job: a guard, a redirector that was away */
  readonly failures: readonly string[];
}

export function rememberRun(cache: Cache, summary: Summary, failures: readonly string[]): void {
  const run: LastRun = { at: new Date().toISOString(), ...summary, failures };
  cache.set(runSetting, JSON.stringify(run));
}

export function rememberedRun(cache: CacheReader): LastRun | null {
  const text = cache.setting(runSetting);
  return text === null ? null : (parsed(text) as LastRun);
}

/** @throws MirrorhashError when the state lies inside the tree */
export function checkPlace(place: StatePlace): void {
  refuseInside(place, place.directory, 'state directory', '--state <dir>');
}

/** Nothing is ever written into the tree. */
export function refuseInside(place: StatePlace, path: string, title: string, option: string): void {
  if (relativeTo(place.base, path) === null) return;
  throw new MirrorhashError('USAGE', `the ${title} ${path} lies inside the tree ${place.base}`, {
    hint: `mirrorhash writes nothing into a tree; name another place with ${option}`,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MirrorhashError('CACHE_UNUSABLE', 'the cache is damaged: a setting cannot be read', {
      hint: 'move cache.db away: the next run makes a new one',
      cause: error,
    });
  }
}

function checkBase(place: StatePlace, base: string): void {
  if (base === place.base) return;
  throw new MirrorhashError(
    'BASE_MISMATCH',
    `the state ${place.directory} belongs to the tree ${base}, not to ${place.base}`,
    { hint: 'name another state with --state <dir>, or the right base with --base <dir>' },
  );
}
