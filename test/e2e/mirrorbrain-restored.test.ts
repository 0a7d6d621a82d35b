/**
 * A database that somebody emptied, made anew, or restored from an older copy: an ordinary sync notices and repairs it,
 * without reading a file.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { makeDatabase, type SchemaName, type TestDatabase } from '../support/mirrorbrain/databases.js';
import { bothSchemas, expectClean, fill, hashTo, rowsOf, syncWell } from '../support/mirrorbrain/faults.js';

/** The tables of a schema, children last, with the columns that can be written. */
const tables = {
  classic: { filearr: '*', hash: '*' },
  opensuse: {
    files:
      'path, mtime, size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih, pgp, zblocksize, zhashlens, zsums',
  },
} as const satisfies Record<SchemaName, Record<string, string>>;

interface Restored {
  readonly place: Site;
  readonly database: TestDatabase;
}

/** A site that was synced, copied, and went on: some files changed, some went, some came. */
async function withOldCopy(schema: SchemaName): Promise<Restored> {
  const place = site();
  fill(place, 300);
  const database = await makeDatabase(schema);
  await hashTo(place, database.url);
  for (const table of Object.keys(tables[schema]))
    await database.query(`CREATE TABLE old_${table} AS SELECT * FROM ${table}`);
  for (const path of ['d/5/00005', 'd/3/00233']) write(join(place.tree, path), `a new content of ${path}`);
  for (const path of ['d/6/00006', 'd/4/00234']) rmSync(join(place.tree, path));
  fill(place, 20, 'new');
  await hashTo(place, database.url);
  // Nothing is read from now on: there is nothing to read.
  rmSync(place.tree, { recursive: true });
  write(join(place.tree, 'unknown'), '');
  return { place, database };
}

async function fromOldCopy(database: TestDatabase, schema: SchemaName): Promise<void> {
  for (const [table, columns] of Object.entries(tables[schema])) {
    const values =
      columns === '*' ? 'INSERT INTO' : `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM`;
    await database.query(
      columns === '*' ? `${values} ${table} SELECT * FROM old_${table}` : `${values} old_${table}`,
    );
  }
  if (schema === 'classic') await database.query("SELECT setval('filearr_id_seq', max(id)) FROM filearr");
}

const emptied = { classic: 'TRUNCATE filearr, hash', opensuse: 'TRUNCATE files CASCADE' } as const;

describe.each(bothSchemas)('%s', (schema) => {
  test.each([
    [
      'tables made anew from an older copy',
      async (database: TestDatabase): Promise<void> => {
        const names = Object.keys(tables[schema]).join(', ');
        await database.query(`DROP TABLE ${names} CASCADE; DROP TABLE IF EXISTS server CASCADE`);
        await database.query('DROP TABLE IF EXISTS server_files CASCADE');
        await database.makeTables(schema);
        await fromOldCopy(database, schema);
      },
    ],
    [
      'the rows of an older copy in the same tables',
      async (database: TestDatabase): Promise<void> => {
        await database.query(emptied[schema]);
        await fromOldCopy(database, schema);
      },
    ],
    [
      'emptied',
      async (database: TestDatabase): Promise<void> => {
        await database.query(emptied[schema]);
      },
    ],
    [
      'without hashes',
      async (database: TestDatabase): Promise<void> => {
        await database.query(
          schema === 'classic' ? 'TRUNCATE hash' : 'UPDATE files SET md5 = NULL, sha1 = NULL, sha256 = NULL',
        );
      },
    ],
  ])('%s', async (_, happens) => {
    const { place, database } = await withOldCopy(schema);
    const before = await rowsOf(database, schema);
    await happens(database);
    expect(await rowsOf(database, schema)).not.toEqual(before);
    await syncWell(place, database.url);
    expect(await rowsOf(database, schema)).toEqual(before);
    // 298 and a signature; 20 and a signature.
    expect(await expectClean(place, database, schema)).toBe(320);
    const again = await syncWell(place, database.url);
    expect(again.stderr).toMatch(/: up to date\n$/);
  });
});
