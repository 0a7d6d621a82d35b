/**
 * --mirrorbrain-conf: what it settles, what goes before it, and its wrong use. No server is asked: a nonsensical
 * PGSSLMODE makes a command fail that would connect to PostgreSQL, before it connects.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, type Site, site } from '../support/e2e.js';
import { write, writeCounting } from '../support/e2e-files.js';
import { conf, database, siteConf } from '../support/mirrorbrain-conf.js';

const env = { PGSSLMODE: 'nonsense' };
const wouldConnect = /sslmode "nonsense" is unknown/;

function filled(text: string): Site & { readonly conf: string } {
  const place = site();
  writeCounting(join(place.tree, 'large'), 700_000);
  write(join(place.tree, 'small'), 'small');
  const file = join(place.directory, 'mirrorbrain.conf');
  writeFileSync(file, text);
  return Object.assign(place, { conf: file });
}

function run(place: ReturnType<typeof filled>, command: string, ...args: readonly string[]): Promise<Ended> {
  const path = command === 'show' ? join(place.tree, 'large') : place.tree;
  return place.run([command, path, '--state', place.state, '--mirrorbrain-conf', place.conf, ...args], {
    env,
  });
}

/** Hashes with `--redirector none` and what is given, and tells the recipe that was used. */
async function recipe(text: string, ...args: readonly string[]) {
  const place = filled(text);
  const hashed = await run(place, 'hash', '--redirector', 'none', ...args);
  expect(hashed.status, hashed.stderr).toBe(0);
  const shown = await run(place, 'show', '--json');
  expect(shown).toMatchObject({ status: 0, stderr: '' });
  const { pieces, zsync } = JSON.parse(shown.stdout);
  return { pieceLength: pieces.length, zsync: zsync !== null, stderr: hashed.stderr };
}

describe('the recipe', () => {
  test.concurrent('is that of the file', async () => {
    expect(await recipe(conf('chunk_size = 65536\nzsync_hashes = no'))).toMatchObject({
      pieceLength: 65_536,
      zsync: false,
    });
    expect(await recipe(conf('chunk_size = 65536\nzsync_hashes = yes'))).toMatchObject({
      pieceLength: 65_536,
      zsync: true,
    });
  });

  test.concurrent('is that of the instance, and of MirrorBrain where it says nothing', async () => {
    expect(await recipe(siteConf)).toMatchObject({ pieceLength: 1_048_576, zsync: true });
    expect(await recipe(siteConf, '--instance', 'other')).toMatchObject({
      pieceLength: 262_144,
      zsync: false,
    });
  });

  test.concurrent('gives way to the command line, value by value', async () => {
    const text = conf('chunk_size = 65536\nzsync_hashes = no');
    expect(await recipe(text, '--piece-length', '128K')).toMatchObject({
      pieceLength: 131_072,
      zsync: false,
    });
    expect(await recipe(text, '--zsync')).toMatchObject({ pieceLength: 65_536, zsync: true });
    const wrong = conf('chunk_size = 100000\nzsync_hashes = maybe');
    expect(await recipe(wrong, '--piece-length', '128K', '--no-zsync')).toMatchObject({
      pieceLength: 131_072,
      zsync: false,
    });
  });

  test.concurrent('goes before the configured tree and the remembered recipe', async () => {
    const place = filled(conf('chunk_size = 65536\nzsync_hashes = no'));
    const config = join(place.directory, 'mirrorhash.toml');
    writeFileSync(
      config,
      `[defaults]\nstrict = true\n[tree.t]\nbase = "${place.tree}"\npiece-length = "1M"\nzsync = true\n`,
    );
    const named = ['--config', config, '--redirector', 'none'];
    await place.run(['hash', place.tree, '--state', place.state, ...named]);
    const hashed = await run(place, 'hash', ...named);
    expect(hashed).toMatchObject({ status: 0 });
    expect(hashed.stderr).toMatch(/2 hashed/);
    const shown = JSON.parse((await run(place, 'show', '--json')).stdout);
    expect(shown).toMatchObject({ pieces: { length: 65_536 }, zsync: null });
    // Trees that are not configured have it too.
    writeFileSync(config, '[defaults]\npiece-length = "2M"\n');
    expect((await run(place, 'hash', ...named)).stderr).toMatch(/none hashed/);
    // From now on it is the remembered one.
    const bare = await place.run(['hash', place.tree, '--state', place.state, '--redirector', 'none']);
    expect(bare.stderr).toMatch(/none hashed/);
  });

  test.concurrent('has pieces even where chunked_hashes is off, and says so once', async () => {
    const text = conf('chunked_hashes = 0');
    const told = await recipe(text);
    expect(told.pieceLength).toBe(262_144);
    expect(told.stderr.match(/chunked_hashes/g)).toHaveLength(1);
    expect(told.stderr).toMatch(/^mirrorhash: .*mirrorbrain\.conf: chunked_hashes is off, but .*pieces$/m);
    expect((await recipe(text, '--quiet')).stderr).toBe('');
    expect((await recipe(conf('chunked_hashes = 1'))).stderr).not.toMatch(/chunked/);
  });
});

describe('the database', () => {
  test.concurrent('is that of the file', async () => {
    const place = filled(conf(''));
    expect(await run(place, 'hash')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(wouldConnect),
    });
    expect(existsSync(place.state)).toBe(false);
    expect((await run(place, 'hash', '--redirector', 'none')).status).toBe(0);
    expect((await run(place, 'sync')).stderr).toMatch(wouldConnect);
    expect((await run(place, 'forget')).stderr).toMatch(wouldConnect);
  });

  test.concurrent('gives way to --redirector, also when it is none that we know', async () => {
    for (const text of [conf('chunk_size = 65536'), conf('chunk_size = 65536\ndbdriver = mysql', '')]) {
      const place = filled(text);
      const redirector = ['--redirector', `sqlite:${join(place.directory, 'r.db')}`];
      expect(await run(place, 'hash', ...redirector)).toMatchObject({ status: 0 });
      expect((await run(place, 'sync', ...redirector)).status).toBe(0);
      const shown = JSON.parse((await run(place, 'show', '--json')).stdout);
      expect(shown.pieces.length).toBe(65_536);
    }
  });
});

test.concurrent('a command looks at nothing that it does not use', async () => {
  const place = filled(conf('chunk_size = 100000\ndbdriver = mysql\nzsync_hashes = maybe', ''));
  await place.hash();
  for (const command of ['show', 'status', 'verify']) {
    expect(await run(place, command), command).toMatchObject({ status: 0 });
  }
  for (const command of ['sync', 'forget']) {
    expect((await run(place, command, '--redirector', 'none')).status, command).toBe(0);
  }
});

describe('wrong use', () => {
  const good = conf('', database);
  const cases: readonly (readonly [string, string, RegExp, RegExp?])[] = [
    [
      good,
      'TREE --instance main',
      /^mirrorhash: --instance .*without --mirrorbrain-conf\n/,
      /--mirrorbrain-conf/,
    ],
    [
      good,
      'TREE --mirrorbrain-conf CONF --instance mian',
      /: no instance "mian" in .*\n/,
      /there are: main$/m,
    ],
    [good, 'TREE --mirrorbrain-conf DIR/absent', /configuration file .*absent does not exist\n/],
    [good, 'TREE --mirrorbrain-conf DIR', /is a directory\n/],
    [good, 'TREE --mirrorbrain-conf=', /--mirrorbrain-conf: the path is empty\n/],
    ['[main]\n', 'TREE --mirrorbrain-conf CONF', /mirrorbrain\.conf:1: \[general\] names no "instances"\n/],
    [conf('secret'), 'TREE --mirrorbrain-conf CONF', /mirrorbrain\.conf:4: not "key = value"\n/],
  ];
  const ofHash: typeof cases = [
    [
      conf('chunk_size = 100000'),
      'TREE --mirrorbrain-conf CONF',
      /conf:4: "chunk_size" /,
      /--piece-length 256K/,
    ],
    [
      conf('zsync_hashes = 2'),
      'TREE --mirrorbrain-conf CONF',
      /conf:4: "zsync_hashes" in \[main\] must be yes/,
    ],
    [conf('', ''), 'TREE --mirrorbrain-conf CONF', /conf:3: \[main\] has a MySQL database/, /--redirector/],
  ];

  async function expectRefused(
    command: string,
    [text, words, message, hint = /^/]: (typeof cases)[number],
  ): Promise<void> {
    const place = filled(text);
    const args = words
      .split(' ')
      .map((word) =>
        word.replace('TREE', place.tree).replace('CONF', place.conf).replace('DIR', place.directory),
      );
    const { status, stdout, stderr } = await place.run([command, ...args, '--state', place.state]);
    expect({ command, status, stdout }).toEqual({ command, status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
    expect(stderr).not.toMatch(/secret|^\s+at /m);
    expect(existsSync(place.state)).toBe(false);
  }

  test.concurrent.each(cases)('in %j: %s', async (...wrong) => {
    for (const command of ['hash', 'verify', 'show', 'status', 'sync', 'forget']) {
      await expectRefused(command, wrong as unknown as (typeof cases)[number]);
    }
  });

  test.concurrent.each(ofHash)('of hash in %j: %s', async (...wrong) => {
    await expectRefused('hash', wrong as unknown as (typeof cases)[number]);
  });
});
