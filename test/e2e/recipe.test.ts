/**
 * The recipe is remembered by the state, and a change of it reads only what it must.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Site, site, type Told } from '../support/e2e.js';
import { redirectorRows, write, writeCounting } from '../support/e2e-files.js';

const armour = (text: string) => `-----BEGIN PGP SIGNATURE-----\n\n${text}\n-----END PGP SIGNATURE-----\n`;

function reasons(run: Told): readonly string[] {
  return run.files.map(({ path, outcome, reason }) => `${path} ${outcome} ${reason}`).sort();
}

function filled(): Site {
  const place = site();
  writeCounting(join(place.tree, 'large'), 700_000);
  write(join(place.tree, 'small'), 'small');
  return place;
}

function zsyncOf(place: Site): Readonly<Record<string, string>> {
  const rows = [...redirectorRows(place.state).values()];
  return Object.fromEntries(
    rows.map(({ path, zblocksize, zhashlens, zsums }) => [
      path,
      `${zblocksize} ${zhashlens} ${zsums.length}`,
    ]),
  );
}

describe('the recipe of a state', () => {
  test.concurrent('stands until another one is asked for', async () => {
    const place = filled();
    await place.hash('--no-zsync');
    expect(zsyncOf(place)).toEqual({ large: '0  0', small: '0  0' });
    const bare = await place.hash();
    expect(bare.summary).toMatchObject({
      files: { hashed: 0, unchanged: 2, updated: 0 },
      bytes: { hashed: 0 },
    });
    const wanted = await place.hash('--zsync', '--explain');
    expect(reasons(wanted)).toEqual(['large hashed zsync wanted', 'small hashed zsync wanted']);
    expect(zsyncOf(place).small).toMatch(/^2048 /);
    expect((await place.hash()).summary.files).toMatchObject({ hashed: 0, updated: 0 });
  });

  test.concurrent('another piece length hashes again, and is remembered', async () => {
    const place = filled();
    await place.hash();
    const before = redirectorRows(place.state).get('large');
    const run = await place.hash('--piece-length', '512K');
    expect(reasons(run)).toEqual(['large hashed piece length', 'small hashed piece length']);
    const after = redirectorRows(place.state).get('large');
    expect(after).toMatchObject({ sha1piecesize: 524_288, sha256: before?.sha256, zsums: before?.zsums });
    expect(after?.sha1pieces.length).toBe(40);
    expect(after?.btih).not.toEqual(before?.btih);
    expect((await place.hash()).summary.files.hashed).toBe(0);
    // 256 KiB is what auto means for this size: back to the first row, byte for byte.
    expect((await place.hash('--piece-length', 'auto')).summary.files.hashed).toBe(2);
    expect(redirectorRows(place.state).get('large')).toEqual(before);
  });

  test.concurrent('a smaller --zsync-max-size drops sums without reading', async () => {
    const place = filled();
    await place.hash();
    const before = redirectorRows(place.state).get('large');
    const run = await place.hash('--zsync-max-size', '100K');
    expect(run.summary).toMatchObject({
      files: { hashed: 0, unchanged: 2, updated: 1 },
      bytes: { hashed: 0 },
      sync: { upserted: 1 },
    });
    expect(zsyncOf(place).large).toBe('0  0');
    expect(redirectorRows(place.state).get('large')).toEqual({
      ...before,
      zblocksize: 0,
      zhashlens: '',
      zsums: Buffer.alloc(0),
    });
    expect((await place.hash()).summary.files).toMatchObject({ unchanged: 2, updated: 0 });
  });

  test.concurrent('--explain says why, also of what is not read', async () => {
    const place = filled();
    await place.hash();
    const arguments_ = ['hash', place.tree, '--state', place.state, '--explain', '--zsync-include', 'small'];
    const { stdout } = await place.run(arguments_);
    expect(stdout).toBe('large: zsync sums no longer wanted\n');
    const { stdout: block } = await place.run([...arguments_, '--zsync-block-size', '4K']);
    expect(block).toBe('small: zsync block size changed\n');
    expect(zsyncOf(place)).toMatchObject({ large: '0  0', small: expect.stringMatching(/^4096 /) });
  });
});

describe('a signature', () => {
  test.concurrent('that is added, replaced or removed later is picked up without reading its file', async () => {
    const place = filled();
    const { tree } = place;
    await place.hash();
    const before = redirectorRows(place.state).get('large');
    for (const [text, reason] of [
      ['one', 'signature added'],
      ['another', 'signature changed'],
    ] as const) {
      write(join(tree, 'large.asc'), armour(text));
      const run = await place.hash();
      const line = run.files.find(({ path }) => path === 'large');
      // An unchanged file has a line only with --verbose, or when something is told of it.
      expect(line?.reason ?? reason).toBe(reason);
      expect(run.summary.bytes.hashed).toBe(armour(text).length);
      expect(run.summary.files).toMatchObject({ hashed: 1, updated: 1 });
      expect(redirectorRows(place.state).get('large')).toEqual({ ...before, pgp: armour(text) });
    }
    const shown = await place.run(['show', '--json', join(tree, 'large'), '--state', place.state]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      pgp: { name: 'large.asc', signature: armour('another') },
    });
    rmSync(join(tree, 'large.asc'));
    const run = await place.hash('--verbose');
    expect(run.files.find(({ path }) => path === 'large')).toMatchObject({
      outcome: 'unchanged',
      reason: 'signature removed',
    });
    expect(run.summary).toMatchObject({ files: { hashed: 0, pruned: 1 }, bytes: { hashed: 0 } });
    expect(redirectorRows(place.state).get('large')).toEqual(before);
  });

  test.concurrent('is picked up with its file, and for a file that is named alone', async () => {
    const place = site();
    write(join(place.tree, 'a'), 'a');
    write(join(place.tree, 'a.asc'), armour('first'));
    await place.run(['hash', join(place.tree, 'a'), '--base', place.tree, '--state', place.state]);
    expect(redirectorRows(place.state).get('a')?.pgp).toBe(armour('first'));
    expect(redirectorRows(place.state).size).toBe(1);
  });

  test.concurrent.each([
    ['something else', 'not a signature\n'],
    ['a public key', armour('x').replaceAll('SIGNATURE', 'PUBLIC KEY BLOCK')],
    ['a text before it', `hello\n${armour('x')}`],
    ['a text after it', `${armour('x')}hello\n`],
    ['no end', '-----BEGIN PGP SIGNATURE-----\n\nabc\n'],
    ['a NUL', armour('a\0b')],
    ['bytes that are not UTF-8', Buffer.from(armour('caf\u00e9'), 'latin1')],
    ['more than 64 KiB', armour('x'.repeat(65_536))],
    ['nothing', ''],
  ])('with %s in NAME.asc there is none', async (_, content) => {
    const place = site();
    write(join(place.tree, 'a'), 'a');
    write(join(place.tree, 'a.asc'), content);
    const run = await place.hash();
    expect(run).toMatchObject({ status: 0, summary: { files: { hashed: 2, failed: 0 } } });
    expect(redirectorRows(place.state).get('a')?.pgp).toBe('');
    expect((await place.hash()).summary.files).toMatchObject({ unchanged: 2, updated: 0 });
  });

  test.concurrent('of exactly 64 KiB is the largest', async () => {
    const place = site();
    const text = armour('x'.repeat(65_536 - armour('').length));
    write(join(place.tree, 'a'), 'a');
    write(join(place.tree, 'a.asc'), text);
    await place.hash();
    expect(Buffer.byteLength(text)).toBe(65_536);
    expect(redirectorRows(place.state).get('a')?.pgp).toBe(text);
  });
});
