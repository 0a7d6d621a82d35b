import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { MirrorhashError } from '../../src/errors.js';
import { databaseExists, openForReading, openForWriting, type Schema } from '../../src/store/open.js';
import { Child } from '../support/children.js';
import { temporaryDirectory } from '../support/temporary.js';

const one: Schema = {
  title: 'thing',
  applicationId: 0x74686e67,
  migrations: ['CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);'],
  unusable: 'CACHE_UNUSABLE',
  foreign: 'CACHE_FOREIGN',
};
const three: Schema = {
  ...one,
  migrations: [
    ...one.migrations,
    'ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;',
    'CREATE TABLE b (z);',
  ],
};

let directory: string;
let file: string;

beforeEach(() => {
  directory = temporaryDirectory();
  file = `${directory}/thing.db`;
});

function make(schema: Schema): void {
  openForWriting(file, schema).close();
}

function foreign(sql: string): void {
  const connection = new Database(file);
  connection.exec(sql);
  connection.close();
}

/** Code, message and hint of the refusal, from both ways of opening unless one is named. */
function refusal(work: () => unknown): Pick<MirrorhashError, 'code' | 'message' | 'hint'> {
  try {
    work();
  } catch (error) {
    if (error instanceof MirrorhashError)
      return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('accepted');
}

const content = (): string => readFileSync(file).toString('base64');

describe('a new file', () => {
  it('has its tables, its mark and a write-ahead log', () => {
    const connection = openForWriting(file, one);
    expect(connection.prepare('SELECT x FROM a').pluck().all()).toEqual([1]);
    expect(connection.pragma('application_id', { simple: true })).toBe(0x74686e67);
    expect(connection.pragma('user_version', { simple: true })).toBe(1);
    expect(connection.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(connection.pragma('foreign_keys', { simple: true })).toBe(1);
    connection.close();
    expect(readdirSync(directory)).toEqual(['thing.db']);
  });

  it('is made once', () => {
    make(one);
    const before = statSync(file).ino;
    foreign('INSERT INTO a VALUES (2)');
    const connection = openForWriting(file, one);
    expect(connection.prepare('SELECT x FROM a').pluck().all()).toEqual([1, 2]);
    connection.close();
    expect(statSync(file).ino).toBe(before);
  });

  it('is made though a killed process with our number left its draft behind', () => {
    const draft = `${file}.new-${process.pid}`;
    writeFileSync(draft, 'half a database');
    writeFileSync(`${draft}-wal`, 'half a log');
    writeFileSync(`${draft}-shm`, 'half an index');
    make(one);
    expect(readdirSync(directory)).toEqual(['thing.db']);
    openForReading(file, one).close();
  });

  it('is made of nothing when a killed process with our number left the log of another schema', () => {
    const draft = `${file}.new-${process.pid}`;
    const other = new Database(draft);
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE strange (x); PRAGMA user_version = 1; PRAGMA application_id = 5');
    const log = readFileSync(`${draft}-wal`);
    other.close();
    writeFileSync(`${draft}-wal`, log);
    const connection = openForWriting(file, one);
    expect(connection.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['a']);
    connection.close();
  });

  it('had the drafts of killed processes beside it for ever', () => {
    // A process that has ended, and one that has not.
    const { pid } = spawnSync('true');
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      writeFileSync(`${file}.new-${pid}${suffix}`, 'half');
    writeFileSync(`${file}.new-${process.ppid}`, 'of somebody who works on it');
    writeFileSync(`${file}.new-note`, 'of somebody else');
    make(one);
    expect(readdirSync(directory).sort()).toEqual([
      'thing.db',
      `thing.db.new-${process.ppid}`,
      'thing.db.new-note',
    ]);
  });

  it('is not made by a reader', () => {
    expect(refusal(() => openForReading(file, one)).code).toBe('CACHE_UNUSABLE');
    expect(databaseExists(file)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of no bytes gets its tables', () => {
    writeFileSync(file, '');
    expect(refusal(() => openForReading(file, one)).code).toBe('CACHE_UNUSABLE');
    make(one);
    const connection = openForReading(file, one);
    expect(connection.prepare('SELECT x FROM a').pluck().all()).toEqual([1]);
    connection.close();
  });
});

describe('an older file', () => {
  it('is brought up to date, step by step, and keeps what it holds', () => {
    make(one);
    foreign('INSERT INTO a VALUES (5)');
    const connection = openForWriting(file, three);
    expect(connection.prepare('SELECT x, y FROM a').all()).toEqual([
      { x: 1, y: 2 },
      { x: 5, y: 6 },
    ]);
    expect(connection.pragma('user_version', { simple: true })).toBe(3);
    connection.close();
    make(three);
  });

  it('is not changed by a reader, who says what to do', () => {
    make(one);
    const before = content();
    expect(refusal(() => openForReading(file, three))).toEqual({
      code: 'CACHE_UNUSABLE',
      message: `${file} has an older format (version 1)`,
      hint: 'run mirrorhash hash once to bring it up to date',
    });
    expect(content()).toBe(before);
  });

  it('stays as it was when a step fails', () => {
    make(one);
    const broken = { ...three, migrations: [...three.migrations.slice(0, 2), 'CREATE TABLE a (x)'] };
    expect(refusal(() => openForWriting(file, broken)).code).toBe('CACHE_UNUSABLE');
    const connection = openForWriting(file, one);
    expect(connection.prepare('SELECT * FROM a').all()).toEqual([{ x: 1 }]);
    connection.close();
  });
});

describe('is refused and left alone:', () => {
  it('a newer file', () => {
    make(three);
    for (const open of [openForReading, openForWriting]) {
      expect(refusal(() => open(file, one))).toEqual({
        code: 'CACHE_NEWER',
        message: `${file} was written by a newer mirrorhash`,
        hint: 'this version knows the thing up to version 1; update mirrorhash',
      });
    }
    openForReading(file, three).close();
  });

  it.each([
    ['without a mark', 'CREATE TABLE bookmarks (url TEXT)'],
    [
      'with the mark of another',
      'CREATE TABLE a (x INTEGER); PRAGMA application_id = 7; PRAGMA user_version = 1',
    ],
  ])("another program's database %s", (_, sql) => {
    foreign(sql);
    const before = content();
    for (const open of [openForReading, openForWriting]) {
      expect(refusal(() => open(file, one))).toEqual({
        code: 'CACHE_FOREIGN',
        message: `${file} is an SQLite file of another program, not our thing`,
        hint: 'nothing was changed; name another file or state directory',
      });
    }
    expect(content()).toBe(before);
    expect(readdirSync(directory)).toEqual(['thing.db']);
  });

  it.each([
    ['a text', 'hello, this is no database\n'],
    ['two bytes', 'xy'],
    ['a long text', 'x'.repeat(100_000)],
    ['a database whose first bytes are gone', `\0\0\0\0${'x'.repeat(4092)}`],
  ])('%s', (_, text) => {
    writeFileSync(file, text);
    for (const open of [openForReading, openForWriting]) {
      expect(refusal(() => open(file, one))).toMatchObject({
        code: 'CACHE_FOREIGN',
        message: `${file} is not an SQLite database`,
      });
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(directory)).toEqual(['thing.db']);
  });

  it('a directory in its place', () => {
    mkdirSync(file);
    for (const open of [openForReading, openForWriting]) {
      expect(refusal(() => open(file, one)).code).toBe('CACHE_UNUSABLE');
    }
  });

  it('a damaged file', () => {
    make(one);
    foreign(
      `CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(200000)); PRAGMA wal_checkpoint(TRUNCATE)`,
    );
    const bytes = readFileSync(file);
    // The page of the schema: its header stays.
    bytes.fill(0xff, 100, 4096);
    writeFileSync(file, bytes);
    expect(refusal(() => openForWriting(file, one))).toMatchObject({
      code: 'CACHE_UNUSABLE',
      message: `${file} is damaged`,
      hint: 'move it away: the next run makes a new thing',
    });
  });

  it('a file in a directory that does not exist', () => {
    file = `${directory}/gone/thing.db`;
    expect(refusal(() => openForWriting(file, one)).code).toBe('CACHE_UNUSABLE');
  });
});

describe('a file of another program that can be used as it is', () => {
  const adopting: Schema = {
    ...one,
    adopts: (connection) =>
      connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'a'").get() !== undefined,
  };

  it('is used, and neither marked nor migrated', () => {
    foreign('CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (9); PRAGMA user_version = 77');
    for (const open of [openForReading, openForWriting]) {
      const connection = open(file, adopting);
      expect(connection.prepare('SELECT x FROM a').pluck().all()).toEqual([9]);
      expect(connection.pragma('application_id', { simple: true })).toBe(0);
      expect(connection.pragma('user_version', { simple: true })).toBe(77);
      connection.close();
    }
  });

  it('is refused when it lacks what is needed', () => {
    foreign('CREATE TABLE b (x INTEGER)');
    expect(refusal(() => openForWriting(file, adopting)).code).toBe('CACHE_FOREIGN');
  });
});

describe('a reader', () => {
  it('sees what is committed while a writer is at work, and cannot write', () => {
    const writer = openForWriting(file, one);
    const reader = openForReading(file, one);
    writer.exec('BEGIN IMMEDIATE; INSERT INTO a VALUES (2)');
    expect(reader.prepare('SELECT count(*) FROM a').pluck().get()).toBe(1);
    writer.exec('COMMIT');
    expect(reader.prepare('SELECT count(*) FROM a').pluck().get()).toBe(2);
    expect(() => reader.exec('INSERT INTO a VALUES (3)')).toThrow('readonly');
    reader.close();
    writer.close();
  });
});

describe('a directory that may not be written', () => {
  it('is named, with a hint', async () => {
    make(one);
    chmodSync(directory, 0o555);
    const other = `${directory}/other.db`;
    const child = await Child.start('opening.ts', 'nobody');
    const reply = (await child.ask({ what: 'make', files: [other] })) as { answer: string[] };
    expect(reply.answer).toEqual([`${other} cannot be opened or written`]);
    expect(readdirSync(directory)).toEqual(['thing.db']);
  });

  it('is refused by the system itself, too', () => {
    expect(refusal(() => openForWriting('/proc/thing.db', one)).code).toBe('CACHE_UNUSABLE');
  });
});

describe('at the same moment', () => {
  it('two processes make one file, and nobody sees it without its tables', async () => {
    const files = Array.from({ length: 100 }, (_, index) => `${directory}/${index}.db`);
    const children = await Promise.all(['a', 'b', 'c'].map((name) => Child.start('opening.ts', name)));
    const [a, b, c] = children as [Child, Child, Child];
    const replies = await Promise.all([
      a.ask({ what: 'watch', files }),
      b.ask({ what: 'make', files }),
      c.ask({ what: 'make', files: files.toReversed() }),
    ]);
    expect(replies).toEqual([{ answer: ['sequence 0'] }, { answer: ['made'] }, { answer: ['made'] }]);
    expect(readdirSync(directory).filter((name) => name.includes('.new-'))).toEqual([]);
  });
});
