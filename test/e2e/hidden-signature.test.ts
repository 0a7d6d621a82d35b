/**
 * A signature that not everybody may read (staged beside a public file, say) is in the record of the file that it signs.
 * What is made of the record for everybody must not hold it.
 */
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { exported, outOf } from '../support/exporting.js';
import { serving } from '../support/serving.js';

const armour = '-----BEGIN PGP SIGNATURE-----\n\nSTAGED\n-----END PGP SIGNATURE-----\n';
const artifacts = ['meta4', 'metalink'] as const;
let where: Site;
let signature: string;

beforeEach(async () => {
  where = site();
  write(join(where.tree, 'a.iso'), 'open to all');
  signature = join(where.tree, 'a.iso.asc');
  write(signature, armour);
  chmodSync(signature, 0o640);
  await where.hash();
});

test('a hidden signature was served in metalinks', async () => {
  const served = await serving(where);
  const texts = async (): Promise<readonly string[]> =>
    Promise.all(artifacts.map(async (suffix) => (await ask(served.origin, `/a.iso.${suffix}`)).text));
  for (const text of await texts()) {
    expect(text).toContain('</hash>');
    expect(text).not.toContain('STAGED');
  }
  chmodSync(signature, 0o644);
  for (const text of await texts()) expect(text).toContain('STAGED');
  rmSync(signature);
  for (const text of await texts()) expect(text).not.toContain('STAGED');
  await served.stop();
});

test('a hidden signature was exported in metalinks', async () => {
  const run = () => exported(where, artifacts.join(), '--base-url', 'https://dl.example/');
  const texts = (): readonly string[] =>
    artifacts.map((suffix) => readFileSync(join(outOf(where), `a.iso.${suffix}`), 'utf8'));
  await run();
  for (const text of texts()) {
    expect(text).toContain('</hash>');
    expect(text).not.toContain('STAGED');
  }
  chmodSync(signature, 0o644);
  await run();
  for (const text of texts()) expect(text).toContain('STAGED');
  expect((await run()).summary.outputs).toMatchObject({ written: 0 });
  chmodSync(signature, 0o600);
  await run();
  for (const text of texts()) expect(text).not.toContain('STAGED');
});
