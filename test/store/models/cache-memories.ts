/** What is told to the cache beside records, and who comes and goes while all this is done. */
import { throws } from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredProblem, StoredRefusal } from '../../../src/store/cache-reader.js';
import type { CacheModel } from './cache-model.js';
import { directory, path, somePaths } from './paths.js';
import { type RealCache, target } from './real-cache.js';
import { type Deed, deeds } from './running.js';

export type CacheDeed = fc.Arbitrary<Deed<CacheModel, RealCache>>;

export const by = fc.constantFrom(0, 1);
const message = fc.constantFrom('one', 'ü\n💾');
const settings = fc.record({ name: fc.constantFrom('a', 'b', 'A'), value: message, by });

const setting: CacheDeed = deeds('set', settings, ({ name, value, by }, model, real) => {
  real.writer(by).set(name, value);
  model.settings.set(name, value);
});

const failing: CacheDeed = deeds('fail to set', settings, ({ name, value, by }, _, real) => {
  const cache = real.writer(by);
  const work = (): void => {
    cache.remember(name, `${value} lost`);
    throw new RangeError('bug');
  };
  throws(() => cache.exclusively(work), RangeError);
});

const targets = fc.record({
  name: fc.constantFrom(target, 'sqlite:/A', 'sqlite:/b'),
  identity: fc.constantFrom('same', 'other'),
  sequence: fc.integer({ min: 0, max: 40 }),
  by,
});

/** A target that was restored from a backup, say; only the one that the model's redirector is not. */
const moving: CacheDeed = deeds('move a target', targets, ({ by, name, ...position }, model, real) => {
  if (name === target) return;
  real.writer(by).setTarget({ name, ...position });
  model.positions.set(name, position);
});

const refusals = fc.record({ tried: fc.array(path, { maxLength: 6 }), refused: somePaths, message, by });

const refusing: CacheDeed = deeds('refuse', refusals, ({ tried, refused, message, by }, model, real) => {
  const versions = new Map(tried.map((path, index) => [path, index + 1]));
  const stored = [...new Set(refused)].map(
    (path): StoredRefusal => ({ path, sequence: versions.get(path) ?? 0, code: 'ROW_REFUSED', message }),
  );
  const some = message === 'one' ? stored : [];
  real.writer(by).setRefusals(target, versions, some);
  real.writer(by).setRefusals('sqlite:/other', versions, []);
  model.refuse(versions, some);
});

/** Also of directories: they cannot be read, say. */
const place = fc.oneof({ weight: 3, arbitrary: directory }, { weight: 1, arbitrary: path });

const problems = fc.record({
  scopes: fc.array(place, { maxLength: 3 }),
  found: fc.array(
    fc.record({
      path: place,
      outcome: fc.constantFrom('skipped', 'failed'),
      code: fc.constantFrom('FILE_UNREADABLE', 'NAME_NOT_UTF8'),
      message,
    }),
    { maxLength: 8, size: 'max' },
  ),
  by,
});

const troubling: CacheDeed = deeds('replace problems', problems, ({ scopes, found, by }, model, real) => {
  real.writer(by).replaceProblems(scopes, found as readonly StoredProblem[]);
  model.replaceProblems(scopes, found as readonly StoredProblem[]);
});

export const memories: readonly CacheDeed[] = [setting, failing, moving, refusing, troubling, troubling];

export const comings: readonly CacheDeed[] = [
  deeds('reopen', by, (by, _, real) => real.reopen(by)),
  deeds('reopen all', fc.constant(''), (_, __, real) => real.reopenAll()),
  deeds('begin or end to read', fc.constant(''), (_, __, real) => real.toggleReader()),
  deeds('begin or end to hold', fc.constant(''), (_, __, real) => real.toggleHold()),
  deeds('kill', fc.constant(''), (_, __, real) => real.copyAsKilled()),
];
