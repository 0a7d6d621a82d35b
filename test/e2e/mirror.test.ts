/**
 * `mirrorhash mirror`, as people and their scripts use it: what it says, what it writes, what it refuses.
 *
 * What stands in the database is read with SQL, not with the code that wrote it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, installed, type Site, type StartOptions, site } from '../support/e2e.js';
import { redirectorRows, select, write } from '../support/e2e-files.js';
import { makeVersion1, runSql } from '../support/redirector-files.js';

const paths = ['a', 'iso/one.iso', 'iso/two.iso', 'pool/p'];

async function hashed(): Promise<Site> {
  const place = site();
  for (const path of paths) write(join(place.tree, path), path);
  expect((await place.hash()).status).toBe(0);
  return place;
}

/** `mirror <action> <tree> …`, with the site's state. */
function mirror(
  place: Site,
  action: string,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<Ended> {
  return place.run(['mirror', action, '--state', place.state, place.tree, ...args], options);
}

async function added(place: Site, ...identifiers: readonly string[]): Promise<void> {
  for (const identifier of identifiers) {
    expect((await mirror(place, 'add', [identifier, `http://${identifier}.example/`])).status).toBe(0);
  }
}

function database(place: Site): string {
  return join(place.state, 'redirector.db');
}

/** `path mirrors` of each row. */
function said(place: Site): readonly string[] {
  return [...redirectorRows(place.state).values()].map((row) => `${row.path} ${row.mirrors}`);
}

function servers(place: Site): readonly unknown[] {
  return select(database(place), 'SELECT * FROM server ORDER BY id');
}

function jsonLines({ stdout }: Ended): readonly unknown[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

/** Neither a sign that moves the cursor nor one that turns the text around. */
function expectHarmless(text: string): void {
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
}

describe('mirrors', () => {
  test.concurrent('are added, listed, switched and removed', async () => {
    const place = await hashed();
    const first = await mirror(place, 'add', [
      ...['de.example', 'HTTP://De.Example:80/pub', '--country', 'DE', '--region', 'Eu'],
    ]);
    expect([first.status, first.stdout, first.stderr]).toEqual([
      0,
      '',
      'mirrorhash: added de.example (http://de.example/pub/)\n' +
        'hint: say which files it has: mirrorhash mirror files <dir> de.example --all\n',
    ]);
    const second = await mirror(place, 'add', [
      ...['cdn', 'https://cdn.example/', '--score', '0', '--disabled', '--all-files'],
    ]);
    expect(second.stderr).toBe('mirrorhash: added cdn (https://cdn.example/); it has 4 files\n');
    const list = await mirror(place, 'list');
    expect([list.status, list.stdout, list.stderr]).toEqual([
      0,
      'identifier  url                     country  region  score  enabled  files\n' +
        'cdn         https://cdn.example/    -        -           0  no           4\n' +
        'de.example  http://de.example/pub/  de       eu        100  yes          0\n',
      '',
    ]);
    const switched = await mirror(place, 'enable', ['cdn', 'cdn']);
    expect([switched.status, switched.stderr]).toEqual([0, 'mirrorhash: enabled cdn\n']);
    expect((await mirror(place, 'disable', ['--quiet', 'de.example'])).stderr).toBe('');
    expect(servers(place)).toMatchObject([
      { id: 1, identifier: 'de.example', baseurl: 'http://de.example/pub/', country: 'de', enabled: 0 },
      { id: 2, identifier: 'cdn', country: '', region: '', score: 0, enabled: 1 },
    ]);
    const removed = await mirror(place, 'remove', ['cdn', 'de.example']);
    expect([removed.status, removed.stderr]).toEqual([
      0,
      'mirrorhash: removed cdn, de.example from 4 files\n',
    ]);
    expect(servers(place)).toEqual([]);
    expect(said(place)).toEqual(paths.map((path) => `${path} []`));
    const none = await mirror(place, 'list');
    expect([none.status, none.stdout, none.stderr]).toEqual([
      0,
      '',
      'mirrorhash: there are no mirrors\nhint: mirrorhash mirror add --help tells how to add one\n',
    ]);
  });

  test.concurrent('are objects with --json, from every action', async () => {
    const place = await hashed();
    const one = { id: 1, identifier: 'm', url: 'http://m/', country: null, region: 'eu', score: 7 };
    const run = await mirror(place, 'add', ['m', 'http://m', '--region', 'eu', '--score', '7', '--json']);
    expect(jsonLines(run)).toEqual([{ ...one, enabled: true, files: 0 }]);
    expect(jsonLines(await mirror(place, 'files', ['m', '--all', '--json']))).toEqual([
      { ...one, enabled: true, files: 4 },
    ]);
    const listed = await mirror(place, 'files', ['m', '--files-from', '-', '--json'], {
      input: 'a\niso\nx\n',
    });
    expect(jsonLines(listed)).toEqual([{ ...one, enabled: true, files: 1, directories: 1, unknown: 1 }]);
    expect(jsonLines(await mirror(place, 'disable', ['m', '--json']))).toEqual([
      { ...one, enabled: false, files: 1 },
    ]);
    expect(jsonLines(await mirror(place, 'list', ['--json']))).toEqual([
      { ...one, enabled: false, files: 1 },
    ]);
    expect(jsonLines(await mirror(place, 'remove', ['m', '--json']))).toEqual([
      { ...one, enabled: false, files: 1 },
    ]);
    expect((await mirror(place, 'list', ['--json'])).stdout).toBe('');
  });

  test.concurrent('leave their numbers to nobody', async () => {
    const place = await hashed();
    await added(place, 'a', 'b');
    await mirror(place, 'files', ['b', '--all']);
    await mirror(place, 'remove', ['b']);
    await added(place, 'c');
    await mirror(place, 'remove', ['a', 'c']);
    await added(place, 'b');
    expect(servers(place)).toMatchObject([{ id: 4, identifier: 'b' }]);
    expect(said(place)).toEqual(paths.map((path) => `${path} []`));
  });

  test.concurrent('keep number and files when they are replaced', async () => {
    const place = await hashed();
    await added(place, 'm');
    await mirror(place, 'files', ['m', '--all']);
    const run = await mirror(place, 'add', ['m', 'http://other/', '--score', '5', '--replace']);
    expect([run.status, run.stderr]).toEqual([0, 'mirrorhash: replaced m (http://other/)\n']);
    expect(servers(place)).toMatchObject([{ id: 1, baseurl: 'http://other/', score: 5 }]);
    expect(said(place)[0]).toBe('a [1]');
  });

  test.concurrent('and their files stay when the tree is hashed again', async () => {
    const place = await hashed();
    await added(place, 'm');
    await mirror(place, 'files', ['m', '--all']);
    write(join(place.tree, 'a'), 'changed, and longer');
    write(join(place.tree, 'new'), 'new');
    expect((await place.hash()).summary.sync).toMatchObject({ upserted: 2 });
    expect(said(place)).toEqual(['a [1]', 'iso/one.iso [1]', 'iso/two.iso [1]', 'new []', 'pool/p [1]']);
    expect(servers(place)).toMatchObject([{ id: 1, identifier: 'm' }]);
  });

  test.skipIf(!installed('sqlite3', '--version'))('are a table for other programs', async () => {
    const place = await hashed();
    await added(place, 'm');
    await mirror(place, 'files', ['m', '--all']);
    const sql = `SELECT identifier, baseurl, filearr.path FROM filearr, json_each(mirrors) JOIN server ON server.id = value
      WHERE enabled AND filearr.path LIKE 'iso/%' ORDER BY filearr.path`;
    expect(execFileSync('sqlite3', ['-readonly', database(place), sql], { encoding: 'utf8' })).toBe(
      'm|http://m.example/|iso/one.iso\nm|http://m.example/|iso/two.iso\n',
    );
  });
});

describe('the files of a mirror', () => {
  test.concurrent('are all, none, or those of one directory', async () => {
    const place = await hashed();
    await added(place, 'm');
    const all = await mirror(place, 'files', ['m', '--all']);
    expect([all.status, all.stderr]).toEqual([0, 'mirrorhash: m has 4 of 4 files\n']);
    const below = ['mirror', 'files', join(place.tree, 'iso'), 'm', '--none', '--state', place.state];
    expect((await place.run(below)).stderr).toBe('mirrorhash: m has 0 of 2 files below iso\n');
    expect(said(place)).toEqual(['a [1]', 'iso/one.iso []', 'iso/two.iso []', 'pool/p [1]']);
    expect((await mirror(place, 'files', ['m', '--none'])).stderr).toBe('mirrorhash: m has 0 of 4 files\n');
    expect(said(place)).toEqual(paths.map((path) => `${path} []`));
  });

  test.concurrent('below a directory whose name is made to break terminals', async () => {
    const place = site();
    const name = 'iso\u001b[31m\n\u202e';
    write(join(place.tree, name, 'a'), 'a');
    expect((await place.hash()).status).toBe(0);
    await added(place, 'm');
    const run = await place.run([
      'mirror',
      'files',
      join(place.tree, name),
      'm',
      '--all',
      '--state',
      place.state,
    ]);
    expect([run.status, run.stderr]).toEqual([
      0,
      'mirrorhash: m has 1 of 1 file below iso\\x1b[31m\\n\\u202e\n',
    ]);
  });

  test.concurrent('are those of a list, whatever else is in it', async () => {
    const place = await hashed();
    await added(place, 'm');
    await mirror(place, 'files', ['m', '--all']);
    const list = ['a', 'iso/one.iso', 'iso/', 'pool', 'gone', '../../etc/passwd', '\u001b[2J', ''].join('\0');
    write(join(place.directory, 'list'), list);
    const run = await mirror(place, 'files', ['m', '--files-from', 'list']);
    expect([run.status, run.stderr]).toEqual([
      0,
      'mirrorhash: m has 2 of 4 files; of the list, left out: 3 unknown paths, 2 directories\n',
    ]);
    expect(said(place)).toEqual(['a [1]', 'iso/one.iso [1]', 'iso/two.iso []', 'pool/p []']);
  });

  test.concurrent('as rsync lists them: what it deleted is not there', async () => {
    const place = await hashed();
    await added(place, 'm');
    const input = 'iso/\niso/one.iso\ndeleting a\n';
    const run = await mirror(place, 'files', ['m', '--files-from', '-'], { input });
    expect([run.status, said(place)[0], said(place)[1]]).toEqual([0, 'a []', 'iso/one.iso [1]']);
  });

  test.concurrent('stay as they were when the list is empty or of another place', async () => {
    const place = await hashed();
    await added(place, 'm');
    await mirror(place, 'files', ['m', '--all']);
    const hint = 'hint: paths are relative to <dir>; if the mirror has no files, say --none\n';
    for (const [input, what] of [
      ['', 'the list has no files'],
      ['x\ny/z\n', 'none of 2 paths is known here'],
    ] as const) {
      const run = await mirror(place, 'files', ['m', '--files-from', '-'], { input });
      expect([run.status, run.stderr]).toEqual([
        2,
        `mirrorhash: --files-from: ${what}; nothing was changed\n${hint}`,
      ]);
    }
    const missing = await mirror(place, 'files', ['m', '--files-from', 'nowhere']);
    expect([missing.status, missing.stderr]).toEqual([
      2,
      'mirrorhash: --files-from: cannot read nowhere: no such file or directory\n',
    ]);
    expect(said(place)).toEqual(paths.map((path) => `${path} [1]`));
  });

  test.concurrent('that another program garbled are left, and told', async () => {
    const place = await hashed();
    await added(place, 'm');
    runSql(database(place), "UPDATE filearr SET mirrors = '{1}' WHERE path = 'a'");
    const run = await mirror(place, 'files', ['m', '--all']);
    expect([run.status, run.stderr]).toEqual([
      3,
      'mirrorhash: m has 3 of 4 files\n' +
        'mirrorhash: 1 row of filearr left as found, mirrors is no JSON array of numbers: a\n' +
        'hint: another program wrote it; put it right there, then do this again\n',
    ]);
    expect(said(place)[0]).toBe('a {1}');
  });
});

describe('refused, with nothing changed:', () => {
  test.concurrent('what no mirror can be', async () => {
    const place = await hashed();
    const url = 'http://m/';
    for (const [args, message] of [
      [['', url], 'identifier: "" is no identifier: 1 to 64 of A-Z a-z 0-9 . _ -'],
      [['x'.repeat(65), url], 'is no identifier'],
      [['<script>', url], 'identifier: "<script>" is no identifier'],
      [['\u001b[31m\nx\u202e', url], 'is no identifier'],
      [['m', 'ftp://m/'], 'url: "ftp://m/" is no absolute http or https URL'],
      [['m', 'javascript:alert(1)'], 'is no absolute http or https URL'],
      [['m', 'http://m/\r\nSet-Cookie: a'], 'is no absolute http or https URL'],
      [['m', 'http://m/?a'], 'url: "http://m/?a" has a query or a fragment'],
      [['m', 'http://me:secret@m/'], 'url: this text has a user name or a password, and is public'],
      [['m', url, '--country', 'deu'], '--country: "deu" is no country'],
      [['m', url, '--region', 'xx'], '--region: "xx" is no region: write one of af an as eu na oc sa'],
      [['m', url, '--score', '10001'], '--score: "10001" is no whole number from 0 to 10,000'],
      [['m', url, '--score', '1.5'], '--score: "1.5" is no whole number'],
    ] as const) {
      const run = await mirror(place, 'add', args);
      expect([run.status, run.stdout]).toEqual([2, '']);
      expect(run.stderr).toContain(message);
      expect(run.stderr).not.toContain('secret');
      expectHarmless(run.stderr);
    }
    expect(servers(place)).toEqual([]);
  });

  test.concurrent('a mirror that is there already, or is not there', async () => {
    const place = await hashed();
    await added(place, 'm');
    const before = servers(place);
    const again = await mirror(place, 'add', ['m', 'http://other/']);
    expect([again.status, again.stderr]).toEqual([
      2,
      'mirrorhash: there is a mirror m already\n' +
        'hint: give it these values with --replace, or take another identifier\n',
    ]);
    const hint = 'hint: mirrorhash mirror list <dir> names those that there are\n';
    for (const action of ['enable', 'disable', 'remove']) {
      const run = await mirror(place, action, ['m', '\u001b[31mno\u202e']);
      expect([run.status, run.stderr]).toEqual([
        2,
        `mirrorhash: there is no mirror \\x1b[31mno\\u202e\n${hint}`,
      ]);
    }
    expect((await mirror(place, 'files', ['no', '--all'])).stderr).toBe(
      `mirrorhash: there is no mirror no\n${hint}`,
    );
    expect(servers(place)).toEqual(before);
  });

  test.concurrent('files without a word, or with two', async () => {
    const place = await hashed();
    await added(place, 'm');
    for (const args of [[], ['--all', '--none'], ['--none', '--files-from', '-']]) {
      const run = await mirror(place, 'files', ['m', ...args]);
      expect([run.status, run.stderr]).toEqual([
        2,
        'mirrorhash: say which files it has: --all, --none or --files-from <file>\n' +
          'hint: see mirrorhash mirror files --help\n',
      ]);
    }
  });

  test.concurrent('a redirector that keeps no mirrors of ours', async () => {
    const place = await hashed();
    for (const [redirector, message] of [
      ['none', 'there are no mirrors: the redirector is none'],
      [
        'postgres://u:secret@127.0.0.1:1/x',
        'the mirrors of a MirrorBrain database are not kept by mirrorhash',
      ],
      [
        `sqlite:${join(place.directory, 'no.db')}`,
        `there is no redirector database ${place.directory}/no.db`,
      ],
    ] as const) {
      for (const [action, args] of [
        ['list', []],
        ['add', ['m', 'http://m/']],
      ] as const) {
        const run = await mirror(place, action, [...args, '--redirector', redirector]);
        expect([run.status, run.stderr.split('\n')[0]]).toEqual([2, `mirrorhash: ${message}`]);
        expect(run.stderr).toContain('\nhint: ');
        expect(run.stderr).not.toContain('secret');
      }
    }
  });

  test.concurrent('a tree that nobody hashed, and a file', async () => {
    const [fresh, place] = [site(), await hashed()];
    const unknown = await mirror(fresh, 'list');
    expect([unknown.status, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('hint: run mirrorhash hash on it first'),
    ]);
    const run = await place.run(['mirror', 'list', '--state', place.state, join(place.tree, 'a')]);
    expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('tree/a is not a directory\n')]);
  });

  test.concurrent('a database that is another program’s, or none', async () => {
    const place = await hashed();
    const foreign = join(place.directory, 'foreign.db');
    write(foreign, '');
    runSql(foreign, 'CREATE TABLE mine (x)');
    write(join(place.directory, 'text.db'), 'this is no database at all, but long enough to look like one');
    for (const [file, message] of [
      ['foreign.db', 'is an SQLite file of another program, not our redirector database'],
      ['text.db', 'is not an SQLite database'],
    ] as const) {
      const run = await mirror(place, 'add', ['m', 'http://m/', '--redirector', `sqlite:${file}`]);
      expect([run.status, run.stderr]).toEqual([1, expect.stringContaining(`${file} ${message}\nhint: `)]);
    }
    expect(select(foreign, 'SELECT name FROM sqlite_schema')).toEqual([{ name: 'mine' }]);
  });
});

describe('a database of version 1', () => {
  test.concurrent('is listed as it is, and gets its table from the first mirror', async () => {
    const place = site();
    write(join(place.tree, 'a'), 'a');
    mkdirSync(place.state);
    makeVersion1(database(place));
    runSql(database(place), "INSERT INTO filearr (path, mirrors) VALUES ('old', '[5]')");
    const redirector = ['--redirector', `sqlite:${database(place)}`];
    const list = await mirror(place, 'list', redirector);
    expect([list.status, list.stderr.split('\n')[0]]).toEqual([0, 'mirrorhash: there are no mirrors']);
    expect(select(database(place), 'PRAGMA user_version')).toEqual([{ user_version: 1 }]);
    expect((await mirror(place, 'add', ['m', 'http://m/', ...redirector])).status).toBe(0);
    expect(select(database(place), 'PRAGMA user_version')).toEqual([{ user_version: 2 }]);
    expect(servers(place)).toMatchObject([{ id: 6, identifier: 'm' }]);
    expect(select(database(place), "SELECT mirrors FROM filearr WHERE path = 'old'")).toEqual([
      { mirrors: '[5]' },
    ]);
  });

  test.concurrent('is left as it is by an import', async () => {
    const place = await hashed();
    const old = join(place.directory, 'old.db');
    makeVersion1(old);
    const run = await place.run([
      'import',
      place.tree,
      '--state',
      place.state,
      '--redirector',
      `sqlite:${old}`,
    ]);
    expect(run.status).toBe(0);
    expect(select(old, 'PRAGMA user_version')).toEqual([{ user_version: 1 }]);
  });

  test.concurrent('gets it from the next hash, too', async () => {
    const place = site();
    write(join(place.tree, 'a'), 'a');
    mkdirSync(place.state);
    makeVersion1(database(place));
    expect((await place.hash('--new-paths')).status).toBe(0);
    expect(select(database(place), 'PRAGMA user_version')).toEqual([{ user_version: 2 }]);
    expect(servers(place)).toEqual([]);
    expect(said(place)).toContain('a []');
  });
});
