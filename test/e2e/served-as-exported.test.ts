/**
 * What is served of a file is, byte for byte, what is exported of it, when both are told the same places. Each export is
 * read by other programs elsewhere (clients-*.test.ts); here, neither command may lose an option on its way.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { exported, outOf } from '../support/exporting.js';
import { serving } from '../support/serving.js';

const suffixes = ['md5', 'sha1', 'sha256', 'btih', 'torrent', 'zsync', 'magnet', 'metalink', 'meta4'];
const place = 'https://dl.example.org/pub/';
const described = [
  ...['--tracker', 'udp://a.example.org:6969,udp://b.example.org:6969'],
  ...['--tracker', 'https://c.example.org/announce'],
  ...['--dht-node', 'router.example.org:6881', '--publisher', 'Some & Sons'],
];

test('all artifacts are served as they are exported', async () => {
  const where = site();
  write(join(where.tree, 'a & b.iso'), 'some bytes '.repeat(50_000));
  await where.hash();
  await exported(where, suffixes.join(), '--base-url', place, ...described);
  const served = await serving(where, '--public-url', place, ...described);
  for (const suffix of suffixes) {
    const { body } = await ask(served.origin, `/a%20%26%20b.iso.${suffix}`);
    expect(body.toString('latin1'), suffix).toBe(
      readFileSync(join(outOf(where), `a & b.iso.${suffix}`), 'latin1'),
    );
  }
  await served.stop();
});
