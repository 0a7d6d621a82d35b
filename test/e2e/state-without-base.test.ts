/**
 * A state that was made a moment ago, or whose first run was killed then: it has a cache, and does not know yet of which
 * tree.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cache } from '../../src/store/cache.js';
import { type Site, site } from '../support/e2e.js';
import { redirectorRows, write } from '../support/e2e-files.js';

function begun(): Site {
  const place = site();
  write(join(place.tree, 'd/a'), 'content');
  mkdirSync(place.state, { mode: 0o700 });
  Cache.open(join(place.state, 'cache.db')).close();
  return place;
}

test.concurrent.each([
  ['forget', 'd/a'],
  ['sync', 'd'],
  ['status', 'd'],
  ['verify', 'd'],
])(
  '%s took a part of the tree for the base of a state that knew none yet: forget and sync left it so, and the whole was refused',
  async (verb, path) => {
    const place = begun();
    const ended = await place.run([verb, join(place.tree, path), '--state', place.state]);
    expect(ended.stderr).toMatch(/^mirrorhash: nothing is known of /);
    expect(ended.status).toBe(2);
    const run = await place.hash();
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect([...redirectorRows(place.state).keys()]).toEqual(['d/a']);
  },
);
