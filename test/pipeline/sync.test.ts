import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { numbered, Pair, watched } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

let pair: Pair;

beforeEach(() => {
  pair = new Pair(temporaryDirectory());
});

describe('a sync costs what changed', () => {
  it('everything, into a new target', async () => {
    pair.put(...numbered(1201));
    expect(await pair.run()).toEqual([1201, 0]);
    expect(await pair.paths()).toEqual(numbered(1201));
    expect(await pair.wrong()).toEqual([]);
    expect(pair.position()).toBe(1201);
  });

  it('nothing, when nothing changed', async () => {
    pair.put(...numbered(1201));
    await pair.run();
    const written = pair.countWrites();
    expect(await pair.run()).toEqual([0, 0]);
    expect(written()).toBe(0);
  });

  it('a row for each record that changed, came or went', async () => {
    pair.put(...numbered(1201));
    await pair.run();
    const written = pair.countWrites();
    pair.putAs('other', 'f/00007');
    pair.put('new');
    pair.remove('f/00008', 'f/00009');
    expect(await pair.run()).toEqual([2, 2]);
    expect(written()).toBe(4);
    expect(await pair.wrong()).toEqual([]);
    expect(await pair.paths()).toHaveLength(1200);
  });

  it('nothing for what came and went since', async () => {
    pair.put('a');
    await pair.run();
    pair.put('b');
    pair.remove('b');
    expect(await pair.run()).toEqual([0, 0]);
    expect(await pair.run()).toEqual([0, 0]);
  });

  it('a row for what went and came back', async () => {
    pair.put('a');
    await pair.run();
    pair.remove('a');
    pair.putAs('other', 'a');
    expect(await pair.run()).toEqual([1, 0]);
    expect(await pair.wrong()).toEqual([]);
  });

  it('many deletes, in portions', async () => {
    pair.put(...numbered(1201));
    await pair.run();
    pair.remove(...numbered(1200));
    expect(await pair.run()).toEqual([0, 1200]);
    expect(await pair.paths()).toEqual(['f/01200']);
  });

  it('and once more within a run only what came since', async () => {
    const sync = pair.sync();
    pair.put('a');
    await sync.run();
    pair.put('b', 'c');
    pair.remove('a');
    await sync.run();
    expect(sync.result).toEqual({ redirector: `sqlite:${pair.file}`, upserted: 3, deleted: 1, refused: 0 });
  });

  it('nothing for an empty cache', async () => {
    expect(await pair.run()).toEqual([0, 0]);
    expect(await pair.paths()).toEqual([]);
  });
});

describe('a target that is not what was left is compared and repaired', () => {
  beforeEach(async () => {
    pair.put(...numbered(300));
    pair.remove('f/00000');
    await pair.run();
  });

  it('emptied', async () => {
    pair.meddle('DELETE FROM hash');
    expect(await pair.run()).toEqual([299, 0]);
    expect(await pair.wrong()).toEqual([]);
  });

  it('deleted', async () => {
    await pair.whileClosed(() => rmSync(pair.file));
    expect(await pair.run()).toEqual([299, 0]);
    expect(await pair.wrong()).toEqual([]);
    expect(await pair.run()).toEqual([0, 0]);
  });

  it.each<[string, string, [number, number]]>([
    [
      'one of its last rows was deleted',
      "DELETE FROM hash WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00250')",
      [1, 0],
    ],
    [
      'one of its last rows was changed',
      "UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00250')",
      [1, 0],
    ],
    [
      'what was deleted last is back',
      "INSERT INTO hash SELECT (SELECT id FROM filearr WHERE path = 'f/00000'), mtime, size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih, pgp, zblocksize, zhashlens, zsums FROM hash LIMIT 1",
      [0, 1],
    ],
  ])('%s', async (_, sql, result) => {
    pair.meddle("INSERT OR IGNORE INTO filearr (path) VALUES ('f/00000')");
    expect(pair.meddle(sql)).toEqual([1]);
    const written = pair.countWrites();
    expect(await pair.run()).toEqual(result);
    expect(written()).toBe(1);
    expect(await pair.wrong()).toEqual([]);
    expect(await pair.paths()).toHaveLength(299);
  });

  it.each([
    ['as a new file', (backup: string) => renameSync(backup, pair.file)],
    ['in its place', (backup: string) => writeFileSync(pair.file, readFileSync(backup))],
  ])('restored from a backup, %s', async (_, restore) => {
    const backup = `${pair.home}/backup`;
    await pair.whileClosed(() => copyFileSync(pair.file, backup));
    pair.put('new');
    pair.putAs('other', 'f/00100');
    pair.remove('f/00200', 'f/00201');
    expect(await pair.run()).toEqual([2, 2]);
    await pair.whileClosed(() => restore(backup));
    const written = pair.countWrites();
    expect(await pair.run()).toEqual([2, 2]);
    expect(written()).toBe(4);
    expect(await pair.wrong()).toEqual([]);
    expect(await pair.paths()).toHaveLength(298);
    expect(await pair.run()).toEqual([0, 0]);
  });

  it('another file, though its last rows are the same', async () => {
    const backup = `${pair.home}/backup`;
    pair.meddle("DELETE FROM hash WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
    await pair.whileClosed(() => copyFileSync(pair.file, backup));
    await pair.whileClosed(() => renameSync(backup, pair.file));
    expect(await pair.run()).toEqual([1, 0]);
    expect(await pair.wrong()).toEqual([]);
  });

  it('ahead of the cache, which was restored itself', async () => {
    pair.cache.setTarget({ name: pair.target.name, identity: await pair.target.identity(), sequence: 999 });
    pair.meddle("UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
    expect(await pair.run()).toEqual([1, 0]);
    expect(pair.position()).toBe(301);
  });

  it('behind tombstones that expired', async () => {
    const position = pair.position() ?? 0;
    pair.put('new');
    pair.cache.set('tombstone horizon', String(position + 1));
    pair.meddle("UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
    expect(await pair.run()).toEqual([2, 0]);
    expect(await pair.run()).toEqual([0, 0]);
  });

  it('behind tombstones that expired since its own last sync', async () => {
    const sync = pair.sync();
    await sync.run();
    pair.put('new');
    pair.cache.set('tombstone horizon', String((pair.position() ?? 0) + 1));
    pair.meddle("UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
    await sync.run();
    expect(sync.result).toMatchObject({ upserted: 2, deleted: 0 });
  });

  describe('behind tombstones that expired, with rows that only those told of', () => {
    function orphans(count: number): void {
      const position = pair.position() ?? 0;
      pair.put('new');
      pair.cache.set('tombstone horizon', String(position + 1));
      pair.meddle(`INSERT INTO filearr (path) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
        WHERE i < ${count}) SELECT 'gone/' || i FROM n`);
      pair.meddle(
        `INSERT INTO hash SELECT id, 1, 2, x'', x'', x'', 3, x'', x'', '', 0, '', x'' FROM filearr WHERE path LIKE 'gone/%'`,
      );
    }

    it('a few go', async () => {
      orphans(10);
      expect(await pair.run()).toEqual([1, 10]);
      expect(await pair.run()).toEqual([0, 0]);
    });

    it('too many stay, and are asked about until somebody answers', async () => {
      orphans(400);
      await expect(pair.run()).rejects.toMatchObject({ code: 'DELETE_GUARD' });
      await expect(pair.run()).rejects.toMatchObject({ code: 'DELETE_GUARD' });
      expect(await pair.paths()).toHaveLength(700);
    });
  });

  it('behind tombstones that expired while it removed rows', async () => {
    pair.remove('f/00001', 'f/00002');
    const sync = pair.sync(
      undefined,
      watched(
        pair.target,
        () => {},
        () => {
          pair.remove('f/00003');
          // As if 100,000 others had been forgotten at that moment.
          pair.cache.set('tombstone horizon', String((pair.position() ?? 0) + 1));
        },
      ),
    );
    pair.meddle("INSERT INTO filearr (path) VALUES ('gone')");
    pair.meddle(
      `INSERT INTO hash SELECT id, 1, 2, x'', x'', x'', 3, x'', x'', '', 0, '', x'' FROM filearr WHERE path = 'gone'`,
    );
    await sync.run();
    expect(await pair.paths()).not.toContain('gone');
    expect(await pair.paths()).toHaveLength(296);
  });

  it('behind tombstones that expired, also after a full sync of a part of the tree', async () => {
    pair.cache.set('tombstone horizon', String((pair.position() ?? 0) + 1));
    pair.put('new');
    pair.meddle("INSERT INTO filearr (path) VALUES ('gone')");
    pair.meddle(
      `INSERT INTO hash SELECT id, 1, 2, x'', x'', x'', 3, x'', x'', '', 0, '', x'' FROM filearr WHERE path = 'gone'`,
    );
    await pair.sync().runFull('elsewhere', null);
    expect(await pair.paths()).toContain('gone');
    expect(await pair.run()).toEqual([0, 1]);
    expect(await pair.paths()).not.toContain('gone');
  });

  it('and one at the horizon is not behind it', async () => {
    pair.cache.set('tombstone horizon', String(pair.position()));
    // A row that nobody looks at, unless everything is compared.
    pair.meddle("UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
    expect(await pair.run()).toEqual([0, 0]);
  });
});

describe('rows of others', () => {
  const insert = (path: string): void => {
    pair.meddle(`INSERT INTO filearr (path, mirrors) VALUES ('${path}', '[1,2]')`);
    pair.meddle(
      `INSERT INTO hash SELECT id, 1, 2, x'', x'', x'', 3, x'', x'', '', 0, '', x'' FROM filearr WHERE path = '${path}'`,
    );
  };

  it('stay, whatever is synced', async () => {
    insert('elsewhere/x');
    pair.put('a');
    await pair.run();
    pair.remove('a');
    await pair.run();
    await pair.whileClosed(() => copyFileSync(pair.file, `${pair.home}/copy`));
    await pair.whileClosed(() => renameSync(`${pair.home}/copy`, pair.file));
    await pair.run();
    expect(await pair.paths()).toEqual(['elsewhere/x']);
    expect(pair.meddle("SELECT mirrors FROM filearr WHERE path = 'elsewhere/x'")).toEqual(['[1,2]']);
  });

  it('mirrors of our own rows stay, too', async () => {
    insert('a');
    pair.put('a');
    await pair.run();
    pair.remove('a');
    await pair.run();
    expect(pair.meddle("SELECT mirrors FROM filearr WHERE path = 'a'")).toEqual(['[1,2]']);
  });

  describe('with --full', () => {
    let base: string;
    beforeEach(() => {
      base = `${pair.home}/base`;
      mkdirSync(`${base}/d`, { recursive: true });
      mkdirSync(`${base}/dd`);
    });

    async function full(path = ''): Promise<readonly [number, number]> {
      const sync = pair.sync();
      await sync.runFull(path, { kind: 'share', percent: 100 });
      return [sync.result?.upserted ?? -1, sync.result?.deleted ?? -1];
    }

    it('go when no record stands for them and their file is gone', async () => {
      pair.put('d/known and there', 'd/known and gone');
      await pair.run();
      writeFileSync(`${base}/d/known and there`, '');
      writeFileSync(`${base}/d/excluded`, '');
      for (const path of ['d/excluded', 'd/orphan', 'gone/orphan', 'd/excluded/orphan']) insert(path);
      expect(await full()).toEqual([0, 3]);
      expect(await pair.paths()).toEqual(['d/excluded', 'd/known and gone', 'd/known and there']);
      expect(await full()).toEqual([0, 0]);
    });

    it('stay outside of the directory that was named', async () => {
      for (const path of ['d/orphan', 'dd/orphan', 'orphan', 'd']) insert(path);
      rmSync(`${base}/d`, { recursive: true });
      expect(await full('d')).toEqual([0, 2]);
      expect(await pair.paths()).toEqual(['dd/orphan', 'orphan']);
    });

    it('go in portions', async () => {
      for (const path of numbered(7)) insert(path);
      pair.meddle(`INSERT INTO filearr (path) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)
        SELECT 'many/' || i FROM n`);
      pair.meddle(
        `INSERT INTO hash SELECT id, 1, 2, x'', x'', x'', 3, x'', x'', '', 0, '', x'' FROM filearr WHERE path LIKE 'many/%'`,
      );
      expect(await full()).toEqual([0, 1307]);
    });

    it('everything is compared, not only what changed', async () => {
      pair.put(...numbered(300));
      await pair.run();
      pair.meddle("UPDATE hash SET size = 1 WHERE file_id = (SELECT id FROM filearr WHERE path = 'f/00001')");
      const written = pair.countWrites();
      expect(await full()).toEqual([1, 0]);
      expect(written()).toBe(1);
    });
  });
});

it('a database whose tables are exchanged meanwhile is not taken for the one that was written to', async () => {
  pair.put(...numbered(300));
  let identity = 'that of last night';
  const target = new Proxy(pair.target, {
    get(redirector, name) {
      if (name === 'identity') return async () => identity;
      const value: unknown = Reflect.get(redirector, name);
      return typeof value === 'function' ? value.bind(redirector) : value;
    },
  });
  const exchanged = watched(target, () => {
    identity = 'that of a moment ago';
  });
  await expect(pair.sync(undefined, exchanged).run()).rejects.toMatchObject({ code: 'REDIRECTOR_AWAY' });
  expect(pair.position()).toBeUndefined();
});
