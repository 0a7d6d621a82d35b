/** Whatever is written to the embedded redirector database, it says what a plain map says, and keeps what is listed. */
import { test } from 'vitest';
import { timeoutFor } from '../faults/plan.js';
import { RealRedirector, redirectorDeeds } from './models/redirector-model.js';
import { follows, length } from './models/running.js';

test('the embedded redirector database is what a map is', { timeout: timeoutFor(length) }, async () => {
  await follows('model of the redirector', 25, redirectorDeeds, () => new RealRedirector());
});
