import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { differingColumns, type Redirector, type RedirectorRow, toRow } from '../../src/store/redirector.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { hostileNames } from '../support/names.js';
import { longAgoNs, recordOf } from '../support/records.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A kind of redirector database, as the contract needs it. */
interface Kind {
  /** a database of the test's own, empty at first */
  make(): Promise<{
    /** opens it once more, and closes it when the test has ended */
    open(): Promise<Redirector>;
    /** throws it away and makes it anew, empty */
    recreate(): Promise<void>;
    /** asks it as another program does */
    query(sql: string): Promise<readonly object[]>;
  }>;
}

const kinds: readonly (readonly [string, Kind])[] = [
  [
    'SQLite',
    {
      async make() {
        const file = `${temporaryDirectory()}/redirector.db`;
        return {
          async open() {
            const redirector = SqliteRedirector.open(file);
            onTestFinished(() => redirector.close());
            return redirector;
          },
          async recreate() {
            for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
            await SqliteRedirector.open(file).close();
          },
          async query(sql) {
            const connection = new Database(file, { readonly: true });
            const rows = connection.prepare(sql).all() as object[];
            connection.close();
            return rows;
          },
        };
      },
    },
  ],
];

const rowOf = (path: string, seed = path): RedirectorRow => toRow(recordOf(path, { seed }));

describe.each(kinds)('%s', (_, kind) => {
  let made: Awaited<ReturnType<Kind['make']>>;
  let target: Redirector;
  beforeEach(async () => {
    made = await kind.make();
    target = await made.open();
  });

  async function fetched(path: string): Promise<RedirectorRow | undefined> {
    return structuredClone((await target.fetch([path])).get(path));
  }

  describe('rows', () => {
    it.each([
      ['as most are', rowOf('a/b.iso')],
      [
        'of an empty file',
        toRow(recordOf('e', { size: 0, zsync: null, pieces: { length: 262_144, sha1: new Uint8Array(0) } })),
      ],
      [
        'with a signature',
        toRow(recordOf('s', { signature: { size: 9, mtimeNs: 1n, text: "it's\n-----\nü\\'\n" } })),
      ],
      ['of a size above 2^32', toRow(recordOf('b', { size: 5_000_000_000_000 }))],
      ['from before 1970', toRow(recordOf('o', { mtimeNs: -1_500_000_000n }))],
      ['from beyond 2262', toRow(recordOf('n', { mtimeNs: 2n ** 63n + 1n }))],
      [
        'with many pieces',
        toRow(recordOf('m', { pieces: { length: 16_384, sha1: new Uint8Array(1_000_000).fill(5) } })),
      ],
    ])('%s come back as they went in', async (_, row) => {
      await target.upsert([row]);
      expect(await fetched(row.path)).toEqual(row);
    });

    it('have any path', async () => {
      const rows = hostileNames.flatMap((name) => [rowOf(name), rowOf(`d/${name}`)]);
      await target.upsert(rows);
      const found = await target.fetch(rows.map(({ path }) => path));
      expect(
        rows.filter((row) => differingColumns(row, found.get(row.path) ?? rowOf('none')).length > 0),
      ).toEqual([]);
      expect(found.size).toBe(rows.length);
    });

    it('replace those before them, and all of them', async () => {
      await target.upsert([toRow(recordOf('a', { signature: { size: 1, mtimeNs: 1n, text: 't' } }))]);
      const next = toRow(recordOf('a', { seed: 'other', size: 5, mtimeNs: 0n, zsync: null }));
      await target.upsert([next]);
      expect(await fetched('a')).toEqual(next);
      expect(await made.query('SELECT path FROM filearr')).toEqual([{ path: 'a' }]);
    });

    it('may come twice in one batch: the last counts', async () => {
      await target.upsert([rowOf('a', 'first'), rowOf('a', 'last')]);
      expect(await fetched('a')).toEqual(rowOf('a', 'last'));
    });

    it('are written all or none', async () => {
      const broken = { ...rowOf('b'), md5: null } as unknown as RedirectorRow;
      await expect(target.upsert([rowOf('a'), broken])).rejects.toThrow();
      expect(await target.paths('', 10)).toEqual([]);
    });

    it('are there for another program as soon as they are written', async () => {
      await target.upsert([rowOf('a')]);
      const other = await made.open();
      expect((await other.fetch(['a'])).size).toBe(1);
    });

    it('that are not there are not found', async () => {
      await target.upsert([rowOf('a')]);
      expect([...(await target.fetch(['a', 'A', 'a/', 'b', ''])).keys()]).toEqual(['a']);
      expect((await target.fetch([])).size).toBe(0);
      await target.upsert([]);
    });
  });

  describe('removing', () => {
    beforeEach(() => target.upsert([rowOf('a'), rowOf('b'), rowOf('c')]));

    it('takes the hash and leaves the path, for mirrors may still have the file', async () => {
      expect(await target.remove(['a', 'c'])).toBe(2);
      expect(await target.paths('', 10)).toEqual(['b']);
      expect((await target.fetch(['a'])).size).toBe(0);
      expect(await made.query('SELECT path FROM filearr ORDER BY path')).toEqual([
        { path: 'a' },
        { path: 'b' },
        { path: 'c' },
      ]);
    });

    it('counts only what was there', async () => {
      expect(await target.remove(['gone', 'a', 'a'])).toBe(1);
      expect(await target.remove(['a'])).toBe(0);
      expect(await target.remove([])).toBe(0);
    });

    it('keeps the number of the file and its mirrors for when it is back', async () => {
      const sql = "SELECT id, mirrors FROM filearr WHERE path = 'a'";
      const before = await made.query(sql);
      await target.remove(['a']);
      await target.upsert([rowOf('a', 'new')]);
      expect(await made.query(sql)).toEqual(before);
      expect(await fetched('a')).toEqual(rowOf('a', 'new'));
    });
  });

  it('lists paths in portions, each once, without those that have no hash', async () => {
    const names = hostileNames.map((name) => `d/${name}`);
    await target.upsert(names.map((name) => rowOf(name)));
    await target.upsert([rowOf('removed')]);
    await target.remove(['removed']);
    const listed: string[] = [];
    for (;;) {
      const portion = await target.paths(listed.at(-1) ?? '', 7);
      expect(portion.length).toBeLessThanOrEqual(7);
      if (portion.length === 0) break;
      listed.push(...portion);
    }
    expect(new Set(listed).size).toBe(listed.length);
    expect([...listed].sort()).toEqual([...names].sort());
  });

  describe('the identity', () => {
    it('stays while rows come and go, and from one opening to the next', async () => {
      const before = await target.identity();
      await target.upsert([rowOf('a')]);
      await target.remove(['a']);
      const other = await made.open();
      expect([await target.identity(), await other.identity()]).toEqual([before, before]);
    });

    it('is another one when the database was made anew', async () => {
      const before = await target.identity();
      await target.close();
      await made.recreate();
      target = await made.open();
      expect(await target.identity()).not.toBe(before);
    });
  });

  it('shows hex to those who want it, in small letters, and never NULL', async () => {
    const empty = toRow(
      recordOf('e', { size: 0, zsync: null, pieces: { length: 262_144, sha1: new Uint8Array(0) } }),
    );
    await target.upsert([{ ...empty, md5: Buffer.from('d41d8cd98f00b204e9800998ecf8427e', 'hex') }]);
    const [row] = await made.query('SELECT * FROM hexhash');
    expect(row).toMatchObject({
      mtime: 1_600_000_000,
      size: 0,
      md5hex: 'd41d8cd98f00b204e9800998ecf8427e',
      sha1hex: Buffer.from(empty.sha1).toString('hex'),
      sha256hex: Buffer.from(empty.sha256).toString('hex'),
      sha1piecesize: 262_144,
      sha1pieceshex: '',
      btihhex: Buffer.from(empty.btih).toString('hex'),
      pgp: '',
      zblocksize: 0,
      zhashlens: '',
      zsumshex: '',
    });
  });
});

describe('a row', () => {
  test.each([
    ['the beginning of a second', 5_000_000_000n, 5],
    ['the end of a second', 5_999_999_999n, 5],
    ['1970', 0n, 0],
    ['a moment before 1970', -1n, 0],
    ['the last moment of a second before 1970', -1_000_000_001n, -1],
    ['beyond 2262', 10_000_000_000_999_999_999n, 10_000_000_000],
  ])('has whole seconds, towards zero: %s', (_, mtimeNs, mtime) => {
    expect(toRow(recordOf('a', { mtimeNs })).mtime).toBe(mtime);
  });

  it('has everything of the record, and empty values for what does not exist', () => {
    const record = recordOf('a/b', { signature: { size: 1, mtimeNs: 1n, text: 'text' } });
    expect(toRow(record)).toEqual({
      path: 'a/b',
      mtime: Number(longAgoNs / 1_000_000_000n),
      size: 1000,
      md5: record.md5,
      sha1: record.sha1,
      sha256: record.sha256,
      sha1piecesize: 262_144,
      sha1pieces: record.pieces.sha1,
      btih: record.btih,
      pgp: 'text',
      zblocksize: 2048,
      zhashlens: '1,2,4',
      zsums: record.zsync?.sums,
    });
    const bare = toRow(recordOf('a', { zsync: null, signature: { size: 1, mtimeNs: 1n, text: null } }));
    expect(bare).toMatchObject({ pgp: '', zblocksize: 0, zhashlens: '', zsums: new Uint8Array(0) });
  });

  it('differs in the columns that differ', () => {
    const row = rowOf('a');
    expect(differingColumns(row, structuredClone(row))).toEqual([]);
    expect(differingColumns(row, { ...row, md5: Buffer.from(row.md5) })).toEqual([]);
    const [first = 0, ...rest] = row.sha1;
    expect(
      differingColumns(row, { ...row, size: 1, sha1: Uint8Array.of(first ^ 1, ...rest), pgp: 'x' }),
    ).toEqual(['size', 'sha1', 'pgp']);
    expect(differingColumns(row, { ...row, zsums: row.zsums.subarray(1) })).toEqual(['zsums']);
  });
});
