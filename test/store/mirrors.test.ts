import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MirrorhashError } from '../../src/errors.js';
import type { Mirror } from '../../src/model.js';
import { Mirrors, type NewMirror } from '../../src/store/mirrors.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { rowOf } from '../support/records.js';
import { makeForeign, makeVersion1, runSql } from '../support/redirector-files.js';
import { temporaryDirectory } from '../support/temporary.js';

const never = new AbortController().signal;

let file: string;
beforeEach(() => {
  file = `${temporaryDirectory()}/redirector.db`;
});

function open(purpose: 'reading' | 'writing' = 'writing'): Mirrors {
  const mirrors = Mirrors.open(file, purpose);
  onTestFinished(() => mirrors.close());
  return mirrors;
}

/** A database of ours, with these paths and what `mirrors` says of them. */
async function make(rows: Readonly<Record<string, string>> = {}): Promise<Mirrors> {
  await SqliteRedirector.open(file).close();
  put(rows);
  return open();
}

function put(rows: Readonly<Record<string, string | null>>): void {
  const database = new Database(file);
  const insert = database.prepare('INSERT INTO filearr (path, mirrors) VALUES (?, ?)');
  database.transaction(() => {
    for (const [path, mirrors] of Object.entries(rows)) insert.run(path, mirrors);
  })();
  database.close();
}

/** `path mirrors` of every row. */
function listing(): readonly string[] {
  const rows = runSql(file, 'SELECT path, mirrors FROM filearr ORDER BY path');
  return (rows as { path: string; mirrors: string | null }[]).map(
    ({ path, mirrors }) => `${path} ${mirrors}`,
  );
}

function mirror(identifier: string, changed: Partial<NewMirror> = {}): NewMirror {
  const baseurl = `https://${identifier}.example/pub/`;
  return { identifier, baseurl, country: 'de', region: 'eu', score: 100, enabled: true, ...changed };
}

function add(mirrors: Mirrors, ...identifiers: readonly string[]): void {
  for (const identifier of identifiers) mirrors.add(mirror(identifier));
}

function numbers(mirrors: readonly Mirror[]): readonly string[] {
  return mirrors.map(({ id, identifier }) => `${identifier} ${id}`);
}

async function refusal(work: () => unknown): Promise<Pick<MirrorhashError, 'code' | 'message' | 'hint'>> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MirrorhashError) {
      return { code: error.code, message: error.message, hint: error.hint };
    }
    throw error;
  }
  throw new Error('accepted');
}

/** Everything that must stay where nothing may be changed. */
const content = (): string => readFileSync(file).toString('base64');

describe('a database of version 1', () => {
  const filled = `INSERT INTO filearr (id, path, mirrors) VALUES (7, 'a', '[5,2]'), (9, 'b', '[]');
    INSERT INTO hash VALUES (7, 1, 2, x'01', x'02', x'03', 4, x'05', x'06', 'p', 7, '1,2,3', x'08');`;

  it('gets its table from the next sync, and loses nothing', async () => {
    makeVersion1(file, filled);
    const before = [runSql(file, 'SELECT * FROM filearr'), runSql(file, 'SELECT * FROM hash')];
    await SqliteRedirector.open(file).close();
    expect([runSql(file, 'SELECT * FROM filearr'), runSql(file, 'SELECT * FROM hash')]).toEqual(before);
    expect(runSql(file, 'PRAGMA user_version')).toEqual([{ user_version: 2 }]);
    expect(
      runSql(file, 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(\'server\')'),
    ).toEqual([
      { name: 'id', type: 'INTEGER', notnull: 0, dflt_value: null, pk: 1 },
      { name: 'identifier', type: 'TEXT', notnull: 1, dflt_value: null, pk: 0 },
      { name: 'baseurl', type: 'TEXT', notnull: 1, dflt_value: null, pk: 0 },
      { name: 'country', type: 'TEXT', notnull: 1, dflt_value: "''", pk: 0 },
      { name: 'region', type: 'TEXT', notnull: 1, dflt_value: "''", pk: 0 },
      { name: 'score', type: 'INTEGER', notnull: 1, dflt_value: '100', pk: 0 },
      { name: 'enabled', type: 'INTEGER', notnull: 1, dflt_value: '1', pk: 0 },
    ]);
    expect(runSql(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('gets it from the first mirror, whose number no file has', async () => {
    makeVersion1(file, filled);
    const mirrors = open();
    expect(mirrors.list()).toEqual([]);
    add(mirrors, 'a');
    expect(numbers(mirrors.list())).toEqual(['a 6']);
    expect(listing()).toEqual(['a [5,2]', 'b []']);
  });

  it('has no mirrors for a reader, who leaves it as it is', () => {
    makeVersion1(file, filled);
    const before = content();
    const mirrors = open('reading');
    expect(mirrors.list()).toEqual([]);
    expect([...mirrors.fileCounts()]).toEqual([
      [5, 1],
      [2, 1],
    ]);
    expect(content()).toBe(before);
  });

  it('is left as it is by an import, which asks it for rows all the same', async () => {
    makeVersion1(file, filled);
    const before = content();
    const source = SqliteRedirector.open(file, 'readable');
    expect(await source.paths('', 10)).toEqual(['a']);
    await source.close();
    expect(content()).toBe(before);
    expect(runSql(file, 'PRAGMA user_version')).toEqual([{ user_version: 1 }]);
  });

  it('is migrated under a reader who has it open, and sees the table then', async () => {
    makeVersion1(file, filled);
    const [before, reader] = [open('reading'), new Database(file, { readonly: true })];
    const paths = reader.prepare('SELECT path FROM filearr ORDER BY path').pluck();
    reader.exec('BEGIN');
    expect(paths.all()).toEqual(['a', 'b']);
    add(open(), 'x');
    expect(paths.all()).toEqual(['a', 'b']);
    expect(reader.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'server'").pluck().get()).toBe(0);
    reader.exec('COMMIT');
    expect(paths.all()).toEqual(['a', 'b']);
    expect(reader.prepare('SELECT identifier FROM server').pluck().all()).toEqual(['x']);
    reader.close();
    expect(numbers(before.list())).toEqual(['x 6']);
  });

  it('with a table server that somebody made there keeps it', async () => {
    makeVersion1(file, 'CREATE TABLE server (x); INSERT INTO server VALUES (1);');
    const redirector = SqliteRedirector.open(file);
    await redirector.upsert([rowOf('a')]);
    await redirector.close();
    expect(runSql(file, 'SELECT * FROM server')).toEqual([{ x: 1 }]);
    for (const purpose of ['reading', 'writing'] as const) {
      expect(await refusal(() => open(purpose))).toEqual({
        code: 'REDIRECTOR_UNUSABLE',
        message: `the table server of ${file} is not the one of mirrors`,
        hint: 'nothing was changed; the table needs the columns id, identifier, baseurl, country, region, score, enabled',
      });
    }
  });
});

describe("another program's database", () => {
  it('without mirrors is refused in words, and left as it is', async () => {
    makeForeign(file, 'without server', "INSERT INTO filearr VALUES (1, 'a', NULL, 'n')");
    const before = content();
    for (const purpose of ['reading', 'writing'] as const) {
      expect(await refusal(() => open(purpose))).toEqual({
        code: 'REDIRECTOR_UNUSABLE',
        message: `${file} is another program's database, and has no table server with mirrors`,
        hint: 'nothing was changed; the table needs the columns id, identifier, baseurl, country, region, score, enabled',
      });
    }
    expect(content()).toBe(before);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });

  it('with mirrors is used as it is', async () => {
    makeForeign(
      file,
      'with server',
      `INSERT INTO server (id, identifier, baseurl, enabled, region, country, score) VALUES
        (4, 'old', 'http://old.example/', TRUE, 'EU', 'DE', 50), (9, 'odd', 'http://odd.example/', NULL, NULL, NULL, 'x');
       INSERT INTO filearr VALUES (1, 'a', NULL, 'n'), (2, 'b', '[4]', 'm'), (3, 'c', '[4,12]', 'm');`,
    );
    const mirrors = open();
    expect(mirrors.list()).toEqual([
      {
        id: 9,
        identifier: 'odd',
        baseurl: 'http://odd.example/',
        country: '',
        region: '',
        score: 0,
        enabled: false,
      },
      {
        id: 4,
        identifier: 'old',
        baseurl: 'http://old.example/',
        country: 'de',
        region: 'eu',
        score: 50,
        enabled: true,
      },
    ]);
    add(mirrors, 'new');
    // 12 is no mirror's number, but a file has it.
    expect(numbers(mirrors.list())).toEqual(['new 13', 'odd 9', 'old 4']);
    await mirrors.setFiles('new', '', (path) => path !== 'b', never);
    await mirrors.remove(['old'], never);
    expect(listing()).toEqual(['a [13]', 'b []', 'c [12,13]']);
    expect(runSql(file, 'SELECT note FROM filearr')).toEqual([{ note: 'n' }, { note: 'm' }, { note: 'm' }]);
    expect(runSql(file, 'PRAGMA user_version')).toEqual([{ user_version: 0 }]);
    expect(runSql(file, 'PRAGMA application_id')).toEqual([{ application_id: 0 }]);
  });
});

describe('mirrors', () => {
  it('come back as they went in, in the order of their identifiers', async () => {
    const mirrors = await make();
    const [one, two] = [mirror('b', { score: 0, enabled: false }), mirror('a', { country: '', region: '' })];
    expect([mirrors.add(one), mirrors.add(two)]).toEqual(['added', 'added']);
    expect(open('reading').list()).toEqual([
      { ...two, id: 2 },
      { ...one, id: 1 },
    ]);
    expect(runSql(file, 'SELECT * FROM server WHERE id = 1')).toEqual([{ ...one, id: 1, enabled: 0 }]);
  });

  it('have identifiers of their own', async () => {
    const mirrors = await make();
    add(mirrors, 'a');
    expect(await refusal(() => mirrors.add(mirror('a', { score: 1 })))).toMatchObject({
      code: 'USAGE',
      message: 'there is a mirror a already',
      hint: expect.stringContaining('--replace'),
    });
    expect(mirrors.list()).toEqual([{ ...mirror('a'), id: 1 }]);
  });

  it('get other values when they are replaced, and keep their number and their files', async () => {
    const mirrors = await make({ x: '[]' });
    add(mirrors, 'a', 'b');
    await mirrors.setFiles('a', '', () => true, never);
    const changed = mirror('a', {
      baseurl: 'http://x/',
      country: '',
      region: 'na',
      score: 7,
      enabled: false,
    });
    expect(mirrors.add(changed, 'replace')).toBe('replaced');
    expect(mirrors.add(mirror('c'), 'replace')).toBe('added');
    expect(mirrors.list()).toEqual([
      { ...changed, id: 1 },
      { ...mirror('b'), id: 2 },
      { ...mirror('c'), id: 3 },
    ]);
    expect(listing()).toEqual(['x [1]']);
  });

  it('are switched off and on, all or none', async () => {
    const mirrors = await make();
    add(mirrors, 'a', 'b', 'c');
    mirrors.enable(['a', 'c', 'a'], false);
    const states = (): readonly boolean[] => mirrors.list().map(({ enabled }) => enabled);
    expect(states()).toEqual([false, true, false]);
    expect(await refusal(() => mirrors.enable(['b', 'x'], false))).toMatchObject({
      code: 'USAGE',
      message: 'there is no mirror x',
    });
    expect(states()).toEqual([false, true, false]);
    mirrors.enable(['c'], true);
    expect(states()).toEqual([false, true, true]);
  });

  it('are removed with their numbers, all or none', async () => {
    const mirrors = await make({ a: '[1,2,3]', b: '[2]', c: '[]', d: '[3,1]', e: '[3]' });
    add(mirrors, 'x', 'y', 'z');
    // Those that the files named already.
    expect(numbers(mirrors.list())).toEqual(['x 4', 'y 5', 'z 6']);
    await mirrors.setFiles('x', '', (path) => path < 'c', never);
    await mirrors.setFiles('y', '', () => true, never);
    expect((await refusal(() => mirrors.remove(['x', 'q'], never))).message).toBe('there is no mirror q');
    expect(numbers(mirrors.list().filter(({ enabled }) => enabled))).toEqual(['x 4', 'y 5', 'z 6']);
    expect(await mirrors.remove(['x', 'z', 'x'], never)).toEqual({
      seen: 5,
      changed: 2,
      notUnderstood: null,
    });
    expect(numbers(mirrors.list())).toEqual(['y 5']);
    expect(listing()).toEqual(['a [1,2,3,5]', 'b [2,5]', 'c [5]', 'd [1,3,5]', 'e [3,5]']);
  });
});

describe('the number of a mirror', () => {
  it('is never given to another one', async () => {
    const mirrors = await make();
    add(mirrors, 'a', 'b', 'c');
    await mirrors.remove(['c'], never);
    add(mirrors, 'd');
    await mirrors.remove(['a', 'b', 'd'], never);
    add(open(), 'e');
    expect(numbers(mirrors.list())).toEqual(['e 5']);
  });

  it('is given anew after one that somebody else added and removed', async () => {
    const mirrors = await make();
    runSql(file, "INSERT INTO server (id, identifier, baseurl) VALUES (40, 'x', 'http://x/')");
    runSql(file, 'DELETE FROM server');
    add(mirrors, 'a');
    expect(numbers(mirrors.list())).toEqual(['a 41']);
  });

  it('does not follow one in a file that can only be a mistake', async () => {
    const mirrors = await make({ a: '[9007199254740991]', b: '[3]' });
    add(mirrors, 'a');
    expect(numbers(mirrors.list())).toEqual(['a 4']);
  });
});

describe('the files of a mirror', () => {
  const rows = { a: '[]', iso: '[]', 'iso.txt': '[]', 'iso/a': '[]', 'iso/b/c': '[]', iso0: '[]', p: '[]' };
  const having = (id: number): readonly string[] =>
    listing().flatMap((line) => {
      const [path = '', ids = ''] = line.split(' ');
      return (JSON.parse(ids) as number[]).includes(id) ? [path] : [];
    });

  it('are those that were said last', async () => {
    const mirrors = await make(rows);
    add(mirrors, 'x');
    expect(await mirrors.setFiles('x', '', () => true, never)).toEqual({
      seen: 7,
      changed: 7,
      notUnderstood: null,
    });
    expect(having(1)).toEqual(Object.keys(rows));
    expect(await mirrors.setFiles('x', '', (path) => path < 'iso', never)).toMatchObject({
      seen: 7,
      changed: 6,
    });
    expect(having(1)).toEqual(['a']);
    expect(await mirrors.setFiles('x', '', (path) => path < 'iso', never)).toMatchObject({ changed: 0 });
    await mirrors.setFiles('x', '', () => false, never);
    expect(having(1)).toEqual([]);
  });

  it('outside of the directory stay', async () => {
    const mirrors = await make(rows);
    add(mirrors, 'x', 'y');
    expect(await mirrors.setFiles('x', 'iso', () => true, never)).toMatchObject({ seen: 2, changed: 2 });
    expect(having(1)).toEqual(['iso/a', 'iso/b/c']);
    await mirrors.setFiles('y', '', () => true, never);
    await mirrors.setFiles('y', 'iso', () => false, never);
    expect(having(2)).toEqual(['a', 'iso', 'iso.txt', 'iso0', 'p']);
    expect(having(1)).toEqual(['iso/a', 'iso/b/c']);
  });

  it('are counted for each', async () => {
    const mirrors = await make({ ...rows, odd: '{1}', twice: '[2,2]', none: '[9]' });
    add(mirrors, 'x');
    await mirrors.setFiles('x', 'iso', () => true, never);
    expect(new Map(mirrors.fileCounts())).toEqual(
      new Map([
        [2, 1],
        [9, 1],
        [10, 2],
      ]),
    );
  });

  it('of a mirror that is not there', async () => {
    const mirrors = await make(rows);
    expect((await refusal(() => mirrors.setFiles('x', '', () => true, never))).message).toBe(
      'there is no mirror x',
    );
  });

  it('of a list, compared with what there is', async () => {
    const mirrors = await make(rows);
    const paths = new Set(['a', 'iso/a', 'iso/b', 'iso/b/c', 'iso', 'gone', 'iso/gone', 'b', '', 'p/q']);
    expect(mirrors.listed(paths, '')).toEqual({ files: 4, directories: 1, unknown: 5 });
    expect(mirrors.listed(paths, 'iso')).toEqual({ files: 2, directories: 2, unknown: 6 });
    expect(mirrors.listed(new Set(), '')).toEqual({ files: 0, directories: 0, unknown: 0 });
  });
});

describe('while a change is under way', () => {
  it('what was written after a row was read is not lost', async () => {
    const mirrors = await make({ a: '[]', b: '[]' });
    add(mirrors, 'x');
    let isFirst = true;
    const has = (): boolean => {
      if (isFirst) runSql(file, "UPDATE filearr SET mirrors = '[7]' WHERE path = 'a'");
      isFirst = false;
      return true;
    };
    await mirrors.setFiles('x', '', has, never);
    expect(listing()).toEqual(['a [1,7]', 'b [1]']);
  });

  it('a file that is said of a mirror just before it is removed does not keep its number', async () => {
    const mirrors = await make({ a: '[]' });
    add(mirrors, 'x');
    // Asked between all steps: as long as the mirror is there, somebody says that it has the file.
    const { signal } = new AbortController();
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        runSql(file, "UPDATE filearr SET mirrors = '[1]' WHERE EXISTS (SELECT 1 FROM server)");
        return false;
      },
    });
    await mirrors.remove(['x'], signal);
    expect(listing()).toEqual(['a []']);
  });
});

describe('the text of mirrors', () => {
  it('is a JSON array in order, each number once, wherever it is changed', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => index + 1);
    const mirrors = await make({
      untouched: ' [ 7, 100 ,7 ] ',
      mixed: '[30,7,30, 5]',
      many: JSON.stringify(many.toReversed()),
    });
    // Only paths of one letter more than `untouched` are without it.
    runSql(
      file,
      "INSERT INTO server (id, identifier, baseurl) VALUES (7, 'seven', 'x'), (10, 'ten', 'x'), (100, 'c', 'x')",
    );
    await mirrors.setFiles('ten', '', (path) => path !== 'untouched', never);
    const tenth = many;
    expect(listing()).toEqual([
      `many ${JSON.stringify(tenth.toReversed())}`,
      'mixed [5,7,10,30]',
      'untouched  [ 7, 100 ,7 ] ',
    ]);
    await mirrors.remove(['seven', 'c'], never);
    expect(listing()).toEqual([
      `many ${JSON.stringify(many.filter((id) => id !== 7 && id !== 100))}`,
      'mixed [5,10,30]',
      'untouched []',
    ]);
  });

  it.each([
    '',
    '{3,5}',
    '[1',
    '[1,]',
    'null',
    '1',
    '"[1]"',
    '{"1":1}',
    '["1"]',
    '[1,null]',
    '[0]',
    '[-1]',
    '[1.5]',
    '[9007199254740993]',
    '[[1]]',
    '[1] x',
  ])('that is %j is left as it was, and told', async (text) => {
    const mirrors = await make({ a: '[]', b: text, c: '[1]' });
    add(mirrors, 'x', 'y');
    expect(await mirrors.setFiles('y', '', () => true, never)).toEqual({
      seen: 3,
      changed: 2,
      notUnderstood: { count: 1, example: 'b' },
    });
    expect(await mirrors.remove(['x', 'y'], never)).toMatchObject({
      changed: 2,
      notUnderstood: { count: 1, example: 'b' },
    });
    expect(listing()).toEqual(['a []', `b ${text}`, 'c [1]']);
  });
});

describe('in a large database', () => {
  /** Several batches. */
  const rows = 12_345;

  async function makeLarge(): Promise<Mirrors> {
    const mirrors = await make();
    runSql(
      file,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
        INSERT INTO filearr (path) SELECT 'd' || (i * 7919 % 100) || '/' || i FROM n`,
    );
    add(mirrors, 'x', 'y');
    return mirrors;
  }

  const countOf = (id: number): number => open('reading').fileCounts().get(id) ?? 0;

  it('others read and write while files are said', async () => {
    const mirrors = await makeLarge();
    const other = new Database(file, { timeout: 0 });
    onTestFinished(() => {
      other.close();
    });
    const seen = new Set<number>();
    const count = other.prepare("SELECT count(*) FROM filearr WHERE mirrors <> '[]'").pluck();
    const timer = setInterval(() => {
      seen.add(count.get() as number);
      other.exec("BEGIN IMMEDIATE; UPDATE filearr SET path = path || '' WHERE id = 1; COMMIT");
    }, 1);
    onTestFinished(() => clearInterval(timer));
    expect(await mirrors.setFiles('x', '', () => true, never)).toMatchObject({ seen: rows, changed: rows });
    expect([...seen].filter((files) => files > 0 && files < rows).length).toBeGreaterThan(0);
    expect(countOf(1)).toBe(rows);
  });

  it('what somebody else says of the same files at the same time is not lost', async () => {
    const [one, two] = [await makeLarge(), open()];
    const sync = SqliteRedirector.open(file);
    onTestFinished(() => sync.close());
    const hashes = Array.from({ length: 50 }, (_, index) => rowOf(`new/${index}`));
    await Promise.all([
      one.setFiles('x', '', () => true, never),
      two.setFiles('y', '', (path) => !path.startsWith('new/'), never),
      (async () => {
        for (const row of hashes) {
          await sync.upsert([row, rowOf('d19/1', row.path)]);
          await new Promise(setImmediate);
        }
      })(),
    ]);
    expect(
      runSql(file, "SELECT count(*) AS n FROM filearr WHERE mirrors = '[1,2]' AND path LIKE 'd%'"),
    ).toEqual([{ n: rows }]);
    expect(runSql(file, 'SELECT count(*) AS n FROM hash')).toEqual([{ n: 51 }]);
  });

  it('a mirror that is removed while its files are said leaves nothing behind', async () => {
    const [one, two] = [await makeLarge(), open()];
    const [said, removed] = await Promise.allSettled([
      two.setFiles('x', '', () => true, never),
      one.remove(['x'], never),
    ]);
    expect(removed.status).toBe('fulfilled');
    // Whoever of the two is faster: it was said in time, or the mirror is gone.
    if (said.status === 'rejected') {
      expect(said.reason).toMatchObject({ code: 'USAGE', message: 'there is no mirror x' });
    }
    expect(countOf(1)).toBe(0);
    expect(numbers(one.list())).toEqual(['y 2']);
  });

  it('a mirror that was removed and added again meanwhile is not taken for the same', async () => {
    const mirrors = await makeLarge();
    let asked = 0;
    const has = (): boolean => {
      asked += 1;
      if (asked === 1) {
        runSql(file, "DELETE FROM server WHERE identifier = 'x'");
        add(open(), 'x');
      }
      return true;
    };
    expect((await refusal(() => mirrors.setFiles('x', '', has, never))).message).toBe('there is no mirror x');
    expect([countOf(1), countOf(3)]).toEqual([0, 0]);
  });

  it('a removal that is interrupted leaves the mirror disabled, and is finished by the next one', async () => {
    const mirrors = await makeLarge();
    await mirrors.setFiles('x', '', () => true, never);
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 0);
    const first = await mirrors.remove(['x'], interruption.signal);
    expect(first.changed).toBeLessThan(rows);
    expect(first.changed).toBeGreaterThan(0);
    expect(mirrors.list()).toMatchObject([
      { identifier: 'x', enabled: false },
      { identifier: 'y', enabled: true },
    ]);
    expect(countOf(1)).toBe(rows - first.changed);
    expect(await mirrors.remove(['x'], never)).toMatchObject({ changed: rows - first.changed });
    expect(numbers(mirrors.list())).toEqual(['y 2']);
    expect(countOf(1)).toBe(0);
  });
});

describe('the file', () => {
  it('can be read after it is closed by those who may only read', async () => {
    await SqliteRedirector.open(file).close();
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix);
    Mirrors.open(file, 'writing').close();
    expect(readdirSync(dirname(file)).sort()).toEqual([
      'redirector.db',
      'redirector.db-shm',
      'redirector.db-wal',
    ]);
  });

  it('that is damaged is said to be', async () => {
    const mirrors = await make({ a: '[]' });
    add(mirrors, 'x');
    mirrors.close();
    const damaged = new Database(file);
    damaged.pragma('journal_mode = DELETE');
    const page = damaged
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'filearr'")
      .pluck()
      .get() as number;
    damaged.close();
    const { writeFileSync } = await import('node:fs');
    const bytes = readFileSync(file);
    bytes.fill(0xff, (page - 1) * 4096, page * 4096);
    writeFileSync(file, bytes);
    const again = open();
    expect(await refusal(() => again.setFiles('x', '', () => true, never))).toMatchObject({
      code: 'REDIRECTOR_UNUSABLE',
      message: `${file} is damaged`,
    });
  });
});
