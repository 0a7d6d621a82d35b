/**
 * What every redirector database promises, whatever kind it is. In what the kinds may differ stands
 * in test/support/redirector-kinds.ts.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  differingColumns,
  glanceAt,
  type Redirector,
  type RedirectorRow,
  toRow,
} from '../../src/store/redirector.js';
import { hostileNames } from '../support/names.js';
import { recordOf, rowOf } from '../support/records.js';
import { kinds, type MadeRedirector } from '../support/redirector-kinds.js';

const emptyFile = toRow(
  recordOf('e', { size: 0, zsync: null, pieces: { length: 262_144, sha1: new Uint8Array(0) } }),
);

describe.each(kinds)('%s', (_, kind) => {
  let made: MadeRedirector;
  let target: Redirector;
  beforeEach(async () => {
    made = await kind.make();
    target = await made.open();
  });

  async function fetched(path: string, from = target): Promise<RedirectorRow | undefined> {
    return structuredClone((await from.fetch([path], 'all')).get(path));
  }

  async function put(...rows: readonly RedirectorRow[]): Promise<void> {
    expect(await target.upsert(rows)).toMatchObject({ refusals: [] });
  }

  describe('rows', () => {
    it.each([
      ['as most are', rowOf('a/b.iso')],
      ['of an empty file', emptyFile],
      [
        'with a signature',
        toRow(recordOf('s', { signature: { size: 9, mtimeNs: 1n, text: "it's\n-----\n\tü\\'\r\n\\.\n" } })),
      ],
      [
        'of a size above 2^32',
        toRow(
          recordOf('b', { size: 64 * 2 ** 26, pieces: { length: 2 ** 26, sha1: new Uint8Array(64 * 20) } }),
        ),
      ],
      ['from before 1970', toRow(recordOf('o', { mtimeNs: -1_500_000_000n }))],
      [
        'with many pieces',
        toRow(
          recordOf('m', {
            size: 50_000 * 16_384,
            pieces: { length: 16_384, sha1: new Uint8Array(1_000_000).fill(5) },
          }),
        ),
      ],
    ])('%s come back as they went in', async (_, row) => {
      await put(row);
      const found = (await target.fetch([row.path], 'all')).get(row.path);
      expect(found && differingColumns(row, found)).toEqual([]);
    });

    it('have any path that the kind holds', async () => {
      const rows = hostileNames.flatMap((name) => [rowOf(name), rowOf(`d/${name}`)]);
      const held = rows.filter(({ path }) => kind.holdsPath(path));
      const { refusals } = await target.upsert(rows);
      const found = await target.fetch(
        rows.map(({ path }) => path),
        'all',
      );
      expect(
        held.filter((row) => differingColumns(row, found.get(row.path) ?? rowOf('none')).length > 0),
      ).toEqual([]);
      expect(found.size).toBe(held.length);
      expect([...found.keys(), ...refusals.map(({ path }) => path)].sort()).toEqual(
        rows.map(({ path }) => path).sort(),
      );
    });

    it('are written where they are not there as they are', async () => {
      expect((await target.upsert([rowOf('a'), rowOf('b'), emptyFile])).written).toBe(3);
      expect((await target.upsert([rowOf('a'), rowOf('b', 'new'), emptyFile, rowOf('c')])).written).toBe(2);
      expect(await fetched('b')).toEqual(rowOf('b', 'new'));
      await target.remove(['c']);
      expect((await target.upsert([rowOf('a'), rowOf('c')])).written).toBe(1);
    });

    it('replace those before them, and all of them', async () => {
      await put(toRow(recordOf('a', { signature: { size: 1, mtimeNs: 1n, text: 't' } })));
      const next = toRow(recordOf('a', { seed: 'other', size: 5, mtimeNs: 0n, zsync: null }));
      await put(next);
      expect(await fetched('a')).toEqual(next);
      expect(await made.query(kind.files)).toMatchObject([{ path: 'a' }]);
    });

    it('replace a row that differs in one column', async () => {
      const row = rowOf('a');
      const changes: Partial<RedirectorRow>[] = [
        { mtime: 7 },
        { size: 7 },
        { md5: Buffer.alloc(16, 7) },
        { sha1: Buffer.alloc(20, 7) },
        { sha256: Buffer.alloc(32, 7) },
        { sha1piecesize: 1007 },
        { sha1pieces: Buffer.alloc(20, 7) },
        { btih: Buffer.alloc(20, 7) },
        { pgp: '7' },
        { zblocksize: 7 },
        { zhashlens: '7' },
        { zsums: Buffer.alloc(6, 7) },
      ];
      expect(changes.flatMap((change) => Object.keys(change)).sort()).toEqual(
        Object.keys(row)
          .filter((column) => column !== 'path')
          .sort(),
      );
      for (const change of changes) {
        await put(row);
        await put({ ...row, ...change });
        expect(await fetched('a')).toEqual(structuredClone({ ...row, ...change }));
      }
    });

    it('may come twice in one batch: the last counts', async () => {
      await put(rowOf('a', 'first'), rowOf('a', 'last'));
      expect(await fetched('a')).toEqual(rowOf('a', 'last'));
    });

    it('are written all or none', async () => {
      const broken = { ...rowOf('b'), md5: null } as unknown as RedirectorRow;
      await expect(target.upsert([rowOf('a'), broken])).rejects.toThrow();
      expect(await (await made.open()).paths('', 10)).toEqual([]);
    });

    it('are there for another program as soon as they are written', async () => {
      await put(rowOf('a'));
      const other = await made.open();
      expect(await fetched('a', other)).toEqual(rowOf('a'));
    });

    it('that are not there are not found', async () => {
      await put(rowOf('a'));
      expect([...(await target.fetch(['a', 'A', 'a/', 'b', ''], 'all')).keys()]).toEqual(['a']);
      expect((await target.fetch([], 'all')).size).toBe(0);
      expect(await target.upsert([])).toMatchObject({ refusals: [] });
    });

    it('are fetched at a glance without what is large', async () => {
      await put(rowOf('a'), emptyFile);
      const found = await target.fetch(['a', 'e', 'gone'], 'glance');
      expect(structuredClone([...found.values()]).sort((x, y) => (x.path < y.path ? -1 : 1))).toEqual([
        glanceAt(rowOf('a')),
        glanceAt(emptyFile),
      ]);
    });

    it('come in batches of a size that the kind likes', () => {
      expect(target.batch.rows).toBeGreaterThan(99);
      expect(target.batch.bytes).toBeGreaterThan(999_999);
    });

    it('keep a full batch, one after the other', async () => {
      const rows = Array.from({ length: target.batch.rows }, (_, i) => rowOf(`d/${i}`));
      await put(...rows);
      await put(...rows.map(({ path }) => rowOf(path, 'changed')));
      const found = await target.fetch(
        rows.map(({ path }) => path),
        'all',
      );
      expect(found.size).toBe(rows.length);
      expect(structuredClone(found.get('d/77'))).toEqual(rowOf('d/77', 'changed'));
    });
  });

  describe('removing', () => {
    beforeEach(() => put(rowOf('a'), rowOf('b'), rowOf('c')));

    it('takes the hash and leaves the path, for mirrors may still have the file', async () => {
      expect(await target.remove(['a', 'c'])).toBe(2);
      expect(await target.paths('', 10)).toEqual(['b']);
      expect((await target.fetch(['a'], 'all')).size).toBe(0);
      expect(await made.query(kind.files)).toMatchObject([{ path: 'a' }, { path: 'b' }, { path: 'c' }]);
    });

    it('counts only what was there', async () => {
      expect(await target.remove(['gone', 'a', 'a'])).toBe(1);
      expect(await target.remove(['a'])).toBe(0);
      expect(await target.remove([])).toBe(0);
    });

    it('keeps the number of the file and its mirrors for when it is back', async () => {
      const before = await made.query(kind.files);
      await target.remove(['a']);
      await put(rowOf('a', 'new'));
      expect(await made.query(kind.files)).toEqual(before);
      expect(await fetched('a')).toEqual(rowOf('a', 'new'));
    });
  });

  it('lists paths in portions, each once, without those that have no hash', async () => {
    const names = hostileNames.map((name) => `d/${name}`).filter(kind.holdsPath);
    await put(...names.map((name) => rowOf(name)), rowOf('removed'));
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

  describe('files that another program listed', () => {
    beforeEach(async () => void (await made.query(kind.addFile('theirs'))));

    it('are known, with hashes or without', async () => {
      await put(rowOf('a'), rowOf('gone'));
      await target.remove(['gone']);
      expect([...(await target.listed(['theirs', 'a', 'gone', 'never', 'A']))].sort()).toEqual([
        'a',
        'gone',
        'theirs',
      ]);
      expect((await target.listed([])).size).toBe(0);
      expect([await target.listedCount(10), await target.listedCount(2)]).toEqual([3, 2]);
      expect(await target.paths('', 10)).toEqual(['a']);
      expect((await target.fetch(['theirs'], 'all')).size).toBe(0);
      expect(await target.remove(['theirs'])).toBe(0);
    });

    it('keep their numbers and mirrors when they get hashes, and when these go', async () => {
      const before = await made.query(kind.files);
      expect(before).toMatchObject([{ path: 'theirs', mirrors: expect.anything() }]);
      await put(rowOf('theirs'));
      expect(await fetched('theirs')).toEqual(rowOf('theirs'));
      expect(await made.query(kind.files)).toEqual(before);
      await target.remove(['theirs']);
      expect(await made.query(kind.files)).toEqual(before);
    });
  });

  describe('the identity', () => {
    it('stays while rows come and go, and from one opening to the next', async () => {
      const before = await target.identity();
      await put(rowOf('a'));
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
    await put({ ...emptyFile, md5: Buffer.from('d41d8cd98f00b204e9800998ecf8427e', 'hex') });
    const [row] = await made.query(kind.hexhash);
    expect(row).toMatchObject({
      mtime: 1_600_000_000,
      size: 0,
      md5hex: 'd41d8cd98f00b204e9800998ecf8427e',
      sha1hex: Buffer.from(emptyFile.sha1).toString('hex'),
      sha256hex: Buffer.from(emptyFile.sha256).toString('hex'),
      sha1piecesize: 262_144,
      sha1pieceshex: '',
      btihhex: Buffer.from(emptyFile.btih).toString('hex'),
      pgp: '',
      zblocksize: 0,
      zhashlens: '',
      zsumshex: '',
    });
  });
});
