/**
 * Files that are gone, and rows that are not ours: what the database loses, and what it must keep.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Site, site, told } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { makeDatabase, type SchemaName, type TestDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  expectClean,
  fill,
  hashTo,
  rowsOf,
  syncTo,
  syncWell,
} from '../support/mirrorbrain/faults.js';

interface Synced {
  readonly place: Site;
  readonly database: TestDatabase;
  readonly paths: readonly string[];
}

async function synced(schema: SchemaName): Promise<Synced> {
  const place = site();
  const paths = fill(place, 40);
  const database = await makeDatabase(schema);
  expect((await hashTo(place, database.url)).status).toBe(0);
  return { place, database, paths };
}

/** Rows with hashes, as another tool writes them. */
async function insertRows(
  database: TestDatabase,
  schema: SchemaName,
  paths: readonly string[],
): Promise<void> {
  const columns =
    'size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih, pgp, zblocksize, zhashlens, zsums';
  const sample = `SELECT mtime, ${columns} FROM ${schema === 'classic' ? 'hash' : 'files'} LIMIT 1`;
  if (schema === 'classic') {
    await database.query("INSERT INTO filearr (path, mirrors) SELECT unnest($1::text[]), '{7}'", [paths]);
    await database.query(
      `INSERT INTO hash (file_id, mtime, ${columns}) SELECT id, s.* FROM filearr, (${sample}) AS s
        WHERE path = ANY($1)`,
      [paths],
    );
  } else {
    await database.query(
      `INSERT INTO files (path, mtime, ${columns}) SELECT p, s.* FROM unnest($1::text[]) AS p, (${sample}) AS s`,
      [paths],
    );
  }
}

async function pathsOf(database: TestDatabase, schema: SchemaName): Promise<readonly unknown[]> {
  return (await rowsOf(database, schema)).map(({ path }) => path);
}

describe.each(bothSchemas)('%s', (schema) => {
  test('a file that went loses its hashes, and stays listed with its mirrors', async () => {
    const { place, database } = await synced(schema);
    const gone = ['d/5/00015', 'd/6/00016'];
    const mirrors = {
      classic: `SELECT id, path, mirrors FROM filearr ORDER BY id`,
      opensuse: `SELECT id, path, (SELECT array_agg(server_id) FROM server_files WHERE file_id = id) AS mirrors
        FROM files ORDER BY id`,
    };
    if (schema === 'classic') await database.query('UPDATE filearr SET mirrors = ARRAY[id, 5]::smallint[]');
    else {
      await database.query("INSERT INTO server (identifier) VALUES ('one'), ('two')");
      await database.query('INSERT INTO server_files SELECT s.id, f.id FROM server AS s, files AS f');
    }
    const before = await database.query(mirrors[schema]);
    for (const path of gone) rmSync(join(place.tree, path));
    const run = told(await hashTo(place, database.url));
    expect(run).toMatchObject({ status: 0, summary: { files: { pruned: 2 }, sync: { deleted: 2 } } });
    expect(await database.query(mirrors[schema])).toEqual(before);
    expect(before).toHaveLength(41);
    if (schema === 'opensuse') {
      const left = await database.query(
        `SELECT path,
        num_nonnulls(mtime, size, md5, sha1, sha256, sha1pieces, btih, pgp, zsums) AS left
        FROM files WHERE path = ANY($1) ORDER BY path`,
        [gone],
      );
      expect(left).toEqual(gone.map((path) => ({ path, left: 0 })));
      expect(await expectClean(place, database, schema)).toBe(39);
    } else {
      await database.query("UPDATE filearr SET mirrors = '{}'");
      expect(await expectClean(place, database, schema)).toBe(39);
    }
  });

  test('rows of others stay; --full removes those in the directory given whose file is gone', async () => {
    const { place, database, paths } = await synced(schema);
    write(join(place.tree, 'd/on the disk'), 'but never hashed');
    const all = (...more: readonly string[]): readonly string[] => [...paths, ...more].sort();
    await insertRows(database, schema, ['d/gone', 'd/on the disk', 'dd/gone', 'elsewhere/gone']);
    write(join(place.tree, 'd/1/00011'), 'is another');
    rmSync(join(place.tree, 'd/2/00012'));
    const left = paths.filter((path) => path !== 'd/2/00012');

    const options = ['--redirector', database.url, '--exclude', 'd/on the disk'];
    expect((await place.run(place.hashArguments(...options))).status).toBe(0);
    const four = ['d/gone', 'd/on the disk', 'dd/gone', 'elsewhere/gone'];
    expect(await pathsOf(database, schema)).toEqual(all(...four).filter((path) => path !== 'd/2/00012'));

    const below = ['sync', join(place.tree, 'd'), '--state', place.state, '--redirector', database.url];
    expect((await place.run([...below, '--full'])).stderr).toMatch(/1 row deleted/);
    expect(await pathsOf(database, schema)).toEqual([...left, ...four.slice(1)].sort());

    expect((await syncWell(place, database.url, '--full')).stderr).toMatch(/2 rows deleted/);
    expect(await pathsOf(database, schema)).toEqual([...left, 'd/on the disk'].sort());
  });

  test('--full stops before it removes more than half of the rows', async () => {
    const { place, database, paths } = await synced(schema);
    const gone = Array.from({ length: 150 }, (_, n) => `gone/${n}`);
    await insertRows(database, schema, gone);
    const stopped = await syncTo(place, database.url, '--full');
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toMatch(
      /150 of 191 rows in .* have no file in .*: none was removed\n.*--max-delete 100%/,
    );
    expect(await rowsOf(database, schema)).toHaveLength(191);
    expect((await syncTo(place, database.url, '--full', '--max-delete', '149')).status).toBe(1);
    await syncWell(place, database.url, '--full', '--max-delete', '150');
    expect(await pathsOf(database, schema)).toEqual([...paths].sort());
    await expectClean(place, database, schema);
  });
});
