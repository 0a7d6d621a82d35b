import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionSettings } from '../../../src/store/mirrorbrain/connection-settings.js';
import { type Recognised, recognise } from '../../../src/store/mirrorbrain/recognise.js';
import { classic, opensuse } from '../../../src/store/mirrorbrain/schemas.js';
import { Session } from '../../../src/store/mirrorbrain/session.js';
import { makeDatabase, type TestDatabase } from '../../support/mirrorbrain/databases.js';

async function look(database: TestDatabase, options?: string): Promise<Recognised> {
  const url = options === undefined ? database.url : `${database.url}?options=${encodeURIComponent(options)}`;
  const session = await Session.connect(connectionSettings(url, {}), new AbortController().signal);
  onTestFinished(() => session.end());
  return recognise(session, 'postgres://h/d');
}

describe('recognised is', () => {
  it('the classic schema, with the length of its paths', async () => {
    expect(await look(await makeDatabase('classic'))).toMatchObject({ schema: classic, longestPath: 512 });
  });

  it("openSUSE's schema, whose paths have any length", async () => {
    expect(await look(await makeDatabase('opensuse'))).toMatchObject({ schema: opensuse, longestPath: null });
  });

  it("openSUSE's where the classic tables still stand beside it", async () => {
    const database = await makeDatabase('opensuse');
    await database.query('DROP VIEW hexhash');
    await database.makeTables('classic');
    expect((await look(database)).schema).toBe(opensuse);
  });

  it('the classic schema beside a table "files" of something else', async () => {
    const database = await makeDatabase('classic');
    await database.query('CREATE TABLE files (id integer, path text, mtime integer)');
    expect((await look(database)).schema).toBe(classic);
  });

  it('the classic schema after somebody gave paths another length, or none', async () => {
    const database = await makeDatabase('classic');
    await database.query('ALTER TABLE filearr ALTER path TYPE varchar(1024)');
    expect((await look(database)).longestPath).toBe(1024);
    await database.query('ALTER TABLE filearr ALTER path TYPE text');
    expect((await look(database)).longestPath).toBe(null);
  });

  it('the schema of the search path', async () => {
    const database = await makeDatabase('opensuse');
    await database.query('ALTER SCHEMA public RENAME TO mb; CREATE SCHEMA public');
    await expect(look(database)).rejects.toMatchObject({ code: 'REDIRECTOR_UNUSABLE' });
    expect((await look(database, '-c search_path=mb')).schema).toBe(opensuse);
  });

  it('a database of bytes, which are UTF-8 when we write them', async () => {
    const database = await makeDatabase('classic', { encoding: 'SQL_ASCII' });
    expect((await look(database)).schema).toBe(classic);
  });
});

describe('not recognised, in words that tell what is missing, is', () => {
  it.each([
    ['a database without tables', null, 'SELECT 1', /without the table filearr and the table hash/],
    ['one table of two', 'classic', 'DROP TABLE hash CASCADE', /without the table hash/],
    [
      'a table that lacks a column',
      'classic',
      'ALTER TABLE hash DROP zsums CASCADE',
      /zsums in the table hash/,
    ],
    [
      'a table that lacks two',
      'opensuse',
      'ALTER TABLE files DROP btih CASCADE, DROP updated_at CASCADE',
      /btih, updated_at in the table files/,
    ],
  ] as const)('%s', async (_, schema, sql, words) => {
    const database = await makeDatabase(schema);
    await database.query(sql);
    await expect(look(database)).rejects.toMatchObject({
      code: 'REDIRECTOR_UNUSABLE',
      message: expect.stringMatching(words),
      hint: expect.stringContaining('search_path'),
    });
  });

  it('another encoding: it cannot hold every path', async () => {
    const database = await makeDatabase('classic', { encoding: 'LATIN1' });
    await expect(look(database)).rejects.toMatchObject({
      code: 'REDIRECTOR_UNUSABLE',
      message: expect.stringContaining('LATIN1'),
    });
  });

  it('views that look like the tables: nobody can write there', async () => {
    const database = await makeDatabase('classic');
    await database.query(
      'ALTER SCHEMA public RENAME TO mb; CREATE SCHEMA public; ' +
        'CREATE VIEW filearr AS SELECT * FROM mb.filearr; CREATE VIEW hash AS SELECT * FROM mb.hash',
    );
    await expect(look(database)).rejects.toMatchObject({ code: 'REDIRECTOR_UNUSABLE' });
  });
});

describe('the identity', () => {
  it('stays when columns and indexes come, and changes with a table and with the database', async () => {
    const database = await makeDatabase('classic');
    const before = (await look(database)).identity;
    await database.query('ALTER TABLE hash ADD more integer; CREATE INDEX ON filearr (mirrors)');
    expect((await look(database)).identity).toBe(before);
    await database.query('VACUUM FULL hash');
    expect((await look(database)).identity).toBe(before);
    await database.query(
      'ALTER TABLE hash RENAME TO old; CREATE TABLE hash (LIKE old INCLUDING ALL); DROP TABLE old CASCADE',
    );
    expect((await look(database)).identity).not.toBe(before);
    expect((await look(await makeDatabase('classic'))).identity).not.toBe(before);
  });

  it('is not touched by tables of the other schema', async () => {
    const database = await makeDatabase('classic');
    const before = (await look(database)).identity;
    await database.query('CREATE TABLE files (id integer)');
    expect((await look(database)).identity).toBe(before);
  });
});
