/**
 * Wrong use is one clear line (and a hint) and the right exit status, nothing on standard output, and nothing lost.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { type Ended, type Site, site, told, withoutPrivileges } from '../support/e2e.js';
import { listing, redirectorRows, write } from '../support/e2e-files.js';

const prefix = withoutPrivileges();

/** One line for people, perhaps a hint, no stack trace. */
function expectClear({ stderr }: Ended, words: RegExp): void {
  const [message = '', hint, ...more] = stderr.trimEnd().split('\n');
  expect(message).toMatch(/^mirrorhash: [^A-Z].*[^.]$/);
  expect(message).toMatch(words);
  if (hint !== undefined) expect(hint).toMatch(/^hint: /);
  expect(more).toEqual([]);
  expect(stderr).not.toMatch(/^\s+at |node:internal|\.js:\d/m);
}

function filled(): Site {
  const place = site();
  for (const name of ['a', 'd/b']) write(join(place.tree, name), name);
  mkdirSync(join(place.directory, 'other'));
  return place;
}

/** TREE, STATE and DIR stand for the site's places. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ['hash --bogus TREE', /unknown option '--bogus'/],
  ['bogus TREE', /unknown command 'bogus'/],
  ['hash', /nothing to hash/],
  ['show', /missing required argument/],
  ['status TREE TREE', /too many arguments/],
  ['hash DIR/nowhere', /no such file or directory: .*nowhere/],
  ['hash DIR/nowhere/deeper', /no such file or directory: .*deeper/],
  ['hash TREE/a/below-a-file', /.*below-a-file/],
  ['hash TREE --base DIR/other', /is not inside the base/],
  ['hash TREE --base DIR/nowhere', /--base: .*does not exist/],
  ['hash TREE --base TREE/a', /--base: .*is not a directory/],
  ['hash TREE --piece-length 100', /--piece-length: "100" is/],
  ['hash TREE --piece-length 128M', /--piece-length/],
  ['hash TREE --piece-length', /--piece-length.* missing/],
  ['hash TREE --zsync-block-size 32K', /--zsync-block-size/],
  ['hash TREE --zsync-max-size 1Q', /--zsync-max-size: "1Q" is no size/],
  ['hash TREE --read-limit 0', /--read-limit/],
  ['hash TREE --jobs 0', /--jobs/],
  ['hash TREE --jobs two', /--jobs/],
  ['hash TREE --max-delete 101%', /--max-delete/],
  ['hash TREE --max-delete -1', /--max-delete/],
  ['hash TREE --exclude /absolute', /--exclude: the glob/],
  ['hash TREE --redirector mysql://x', /--redirector/],
  ['hash TREE --config DIR/nowhere.toml', /configuration file .*nowhere\.toml does not exist/],
  ['hash TREE --config DIR', /is a directory/],
  ['hash --all', /no trees are configured/],
  ['hash --tree nowhere', /no tree "nowhere" is configured/],
  ['hash TREE --state TREE/state', /state .* lies inside the tree/],
  ['hash TREE --redirector sqlite:TREE/r.db', /redirector database .* lies inside the tree/],
  ['hash --files-from DIR/nowhere', /--files-from: cannot read/],
  ['verify TREE', /nothing is known of/],
  ['status TREE', /nothing is known of/],
  ['sync TREE', /nothing is known of/],
  ['forget TREE/a', /nothing is known of/],
  ['import TREE', /nothing to import from: there is no .*redirector\.db/],
  ['import TREE --redirector sqlite:DIR/no.db', /nothing to import from: there is no .*no\.db/],
  ['import TREE --redirector none', /nothing to import from: the redirector is none/],
  ['import TREE --verify-sample 0%', /--verify-sample: "0%" is no percentage/],
  ['import TREE/a', /import: .*\/a is not a directory/],
  ['import DIR/nowhere', /import: .*nowhere does not exist/],
];

describe('wrong use', () => {
  test.concurrent.each(wrong)('mirrorhash %s', async (words, expected) => {
    const place = filled();
    const before = listing(place.directory);
    const filledIn = words
      .split(' ')
      .map((word) => word.replace('TREE', place.tree).replace('DIR', place.directory));
    const run = await place.run(filledIn);
    expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 2, stdout: '' });
    expectClear(run, expected);
    expect(listing(place.directory)).toEqual(before);
  });

  test.concurrent.each(['mirror add', 'sync', 'serve --bogus'])(
    '%s points to the help of the command',
    async (words) => {
      const { stderr } = await filled().run(words.split(' '));
      expect(stderr).toMatch(new RegExp(`hint: see mirrorhash ${words.replace(/ --.*/, '')} --help\\n$`));
    },
  );

  test.concurrent('a configuration that is wrong names its line', async () => {
    const place = filled();
    const config = join(place.directory, 'mirrorhash.toml');
    for (const [text, expected] of [
      ['[tree.a]\nbase = "/srv"\nexclud = ["x"]\n', /mirrorhash\.toml:3: unknown key "exclud"/],
      ['[tree.a]\nbase = "/srv"\njobs = "many"\n', /mirrorhash\.toml:3: "jobs"/],
      ['[tree.a]\n\nbase = \n', /mirrorhash\.toml:3: not valid TOML/],
      ['[tree.a]\njobs = 1\n', /mirrorhash\.toml:1: tree "a" has no "base"/],
    ] as const) {
      writeFileSync(config, text);
      const run = await place.run(['hash', place.tree, '--config', config]);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expectClear(run, expected);
    }
    writeFileSync(config, Buffer.from([0xff, 0xfe, 0x0a]));
    expectClear(await place.run(['hash', place.tree, '--config', config]), /is not UTF-8/);
  });

  test.skipIf(prefix === null)('a configuration that may not be read', async () => {
    const place = filled();
    const config = join(place.directory, 'mirrorhash.toml');
    writeFileSync(config, '');
    chmodSync(config, 0o000);
    const run = await place.run(['hash', place.tree, '--config', config], { prefix: prefix ?? [] });
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expectClear(run, /cannot be read: permission denied/);
  });

  test.concurrent('a state refuses another base, and loses nothing', async () => {
    const place = filled();
    await place.hash();
    const rows = redirectorRows(place.state);
    const other = join(place.directory, 'other');
    write(join(other, 'c'), 'c');
    for (const args of [
      ['hash', other, '--base', other],
      ['hash', join(place.tree, 'd'), '--base', join(place.tree, 'd')],
      ['sync', other, '--base', other],
      ['verify', other, '--base', other],
    ]) {
      const run = await place.run([...args, '--state', place.state]);
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expectClear(run, /the state .* belongs to the tree/);
    }
    expect(redirectorRows(place.state)).toEqual(rows);
  });

  test.concurrent('paths of two trees and one state: nothing is touched', async () => {
    const place = filled();
    const other = join(place.directory, 'other');
    write(join(other, 'c'), 'c');
    const run = await place.run(['hash', place.tree, other, '--state', place.state]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(existsSync(place.state)).toBe(false);
  });

  test.concurrent('a state inside the tree is told as such', async () => {
    const place = filled();
    const { stderr } = await place.run(['hash', place.tree, '--state', join(place.tree, 'state')]);
    expect(stderr).toMatch(/^mirrorhash: the state directory /);
    expect(stderr).toMatch(/^hint: .*--state/m);
  });
});

describe('a state that cannot be used', () => {
  /** What `--json` promises of every run that got so far as to fail: a summary, and nothing else. */
  async function expectFatal(place: Site, words: RegExp, args = place.hashArguments()): Promise<void> {
    const options = { prefix: prefix ?? [] };
    const text = await place.run(
      args.filter((word) => word !== '--json'),
      options,
    );
    expect(text).toMatchObject({ status: 1, stdout: '' });
    expect(text.stderr).toMatch(words);
    expect(text.stderr.split('\n').filter((line) => words.test(line))).toHaveLength(1);
    expect(text.stderr).not.toMatch(/^\s+at |node:internal|internal error/m);
    const json = await place.run(args, options);
    expect(json.status).toBe(1);
    expect(told(json).lines).toHaveLength(1);
  }

  test.skipIf(prefix === null)('because it may not be made', async () => {
    const place = filled();
    const words = /^mirrorhash: cannot make the state directory /;
    await expectFatal(place, words);
    await expectFatal(place, words, ['hash', place.tree, '--json']);
  });

  test.concurrent('because its cache is no database', async () => {
    const place = filled();
    mkdirSync(place.state);
    chmodSync(place.state, 0o777);
    const cache = join(place.state, 'cache.db');
    writeFileSync(cache, 'this was never a database '.repeat(1000));
    const before = listing(cache);
    await expectFatal(place, /^mirrorhash: .*cache\.db is not an SQLite database/);
    expect(listing(cache)).toEqual(before);
  });

  test.concurrent("because its cache is another program's", async () => {
    const place = filled();
    mkdirSync(place.state);
    const cache = join(place.state, 'cache.db');
    new Database(cache).exec('CREATE TABLE precious (x)').close();
    chmodSync(cache, 0o666);
    chmodSync(place.state, 0o777);
    const before = listing(cache);
    await expectFatal(place, /^mirrorhash: .*cache\.db is an SQLite file of another program/);
    expect(listing(cache)).toEqual(before);
  });

  test.concurrent('because its cache is from a newer version', async () => {
    const place = filled();
    await place.hash();
    const cache = join(place.state, 'cache.db');
    const database = new Database(cache);
    database.pragma('user_version = 9999');
    database.close();
    const rows = redirectorRows(place.state);
    const run = await place.run(place.hashArguments());
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^mirrorhash: .*cache\.db was written by a newer mirrorhash\nhint: .*update/);
    for (const command of ['show', 'status', 'verify', 'sync', 'forget']) {
      const other = await place.run([command, join(place.tree, 'a'), '--state', place.state]);
      expect({ command, status: other.status, stdout: other.stdout }).toEqual({
        command,
        status: 1,
        stdout: '',
      });
    }
    expect(redirectorRows(place.state)).toEqual(rows);
  });

  test.concurrent('because its redirector database is another program’s: everything is hashed and kept', async () => {
    const place = filled();
    mkdirSync(place.state);
    const file = join(place.state, 'redirector.db');
    new Database(file).exec('CREATE TABLE precious (x)').close();
    const aside = join(place.directory, 'aside.db');
    copyFileSync(file, aside);
    const run = await place.hash();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /^mirrorhash: the redirector was not synced: .*redirector\.db is an SQLite file/,
    );
    expect(run.summary.files.hashed).toBe(2);
    const next = await place.hash('--redirector', `sqlite:${join(place.directory, 'fresh.db')}`);
    expect(next).toMatchObject({ status: 0, summary: { files: { hashed: 0 }, sync: { upserted: 2 } } });
    const precious = new Database(file, { readonly: true });
    expect(precious.prepare('SELECT count(*) AS n FROM precious').get()).toEqual({ n: 0 });
    precious.close();
  });

  test.concurrent('--debug tells where it comes from', async () => {
    const place = filled();
    const run = await place.run(['hash', join(place.directory, 'nowhere'), '--debug']);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^\s+at /m);
  });
});

test.concurrent.each(['--version', 'help show'])('mirrorhash %s succeeds', async (words) => {
  const run = await site().run(words.split(' '));
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(run.stdout).not.toBe('');
});

const verbs = ['hash', 'sync', 'show', 'status', 'verify', 'forget', 'import', 'export', 'serve', 'mirror'];
const actions = ['add', 'list', 'files', 'enable', 'disable', 'remove'].map((action) => `mirror ${action}`);
test.concurrent.each(['', ...verbs, ...actions])('mirrorhash %s --help fits a terminal', async (words) => {
  const run = await site().run([...words.split(' ').filter((word) => word !== ''), '--help']);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const lines = run.stdout.split('\n');
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
