/**
 * Worker threads that end in the middle of their work, by themselves or for want of memory: the run says so and ends,
 * and the next one finishes what is missing.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { cacheFacts, differences, oracle } from './oracle.js';

const preload = fileURLToPath(new URL('dying.cjs', import.meta.url));

test.each(['exit 1', 'exit 7', 'exit 20', 'memory 1', 'memory 20'])(
  'threads that end when they open a file: %s',
  async (death) => {
    const place = site();
    for (let n = 0; n < 40; n++) write(join(place.tree, `d${n % 8}/${n}`), Buffer.alloc(n * 50_000, n));
    const ended = await place.run(place.hashArguments('--jobs', '2'), {
      env: {
        NODE_OPTIONS: `--max-old-space-size=200 --require ${preload}`,
        MIRRORHASH_DIE: death,
      },
      patience: 50_000,
    });
    expect(ended.stderr).toMatch(
      /^mirrorhash: a worker thread could not be started or died: .*\nhint: .*\n$/,
    );
    expect(ended.status).toBe(1);

    const { status, stderr } = await place.run(place.hashArguments());
    expect([status, stderr]).toEqual([0, '']);
    expect(differences(await oracle(place.tree), cacheFacts(join(place.state, 'cache.db')))).toEqual([]);
  },
);
