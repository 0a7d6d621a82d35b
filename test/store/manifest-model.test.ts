/** Whatever exports tell their list of exported files, it says what a plain map says, whether they end or are killed. */
import { test } from 'vitest';
import { timeoutFor } from '../faults/plan.js';
import { manifestDeeds } from './models/manifest-deeds.js';
import { RealManifest } from './models/real-manifest.js';
import { follows, length } from './models/running.js';

test('the list of exported files is what a map is', { timeout: timeoutFor(length) }, async () => {
  await follows('model of the manifest', 25, manifestDeeds, () => new RealManifest());
});
