/**
 * Whatever two runs do to one cache, in whatever order, others looking on: after each deed it says in every way exactly
 * what a plain map says, and so does what a run that was killed leaves of it.
 */
import { test } from 'vitest';
import { timeoutFor } from '../faults/plan.js';
import { cacheDeeds } from './models/cache-deeds.js';
import { RealCache } from './models/real-cache.js';
import { follows, length } from './models/running.js';

test('the cache is what a map is', { timeout: timeoutFor(length) }, async () => {
  await follows('model of the cache', 20, cacheDeeds, () => new RealCache());
});
