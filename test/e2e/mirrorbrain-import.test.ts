/**
 * Moving over: rows are taken from MirrorBrain's database by a user who may only read it, and stay as they are.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { writeCounting } from '../support/e2e-files.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import { bothSchemas, fill, hashTo, rowsOf } from '../support/mirrorbrain/faults.js';

describe.each(bothSchemas)('from the %s schema', (schema) => {
  test('a new state has the records of the rows, reads no file and writes no row', async () => {
    const place = site();
    fill(place, 30);
    writeCounting(join(place.tree, 'large.iso'), 1_700_000);
    const database = await makeDatabase(schema);
    expect((await hashTo(place, database.url, '--piece-length', '512K')).status).toBe(0);
    const before = await rowsOf(database, schema);
    const shown = (state: string) =>
      place.run(['show', join(place.tree, 'large.iso'), '--state', state, '--json']);
    const old = await shown(place.state);

    const role = `reader_${database.name}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'r' IN ROLE pg_read_all_data;
      REVOKE TEMPORARY ON DATABASE ${database.name} FROM PUBLIC`);
    const reader = new URL(database.url);
    Object.assign(reader, { username: role, password: 'r' });
    const state = join(place.directory, 'new');
    try {
      const options = ['--state', state, '--redirector', reader.href, '--verify-sample', '100%', '--json'];
      const imported = await place.run(['import', place.tree, ...options]);
      expect([imported.status, imported.stderr]).toEqual([0, '']);
      const { length } = before;
      expect(JSON.parse(imported.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
        import: { rows: length, imported: length, sample: { verified: length, different: 0 } },
      });
    } finally {
      await database.query(`GRANT TEMPORARY ON DATABASE ${database.name} TO PUBLIC; DROP ROLE ${role}`);
    }
    expect((await shown(state)).stdout).toBe(old.stdout);
    const hash = ['hash', place.tree, '--state', state, '--redirector', database.url, '--json'];
    const next = told(await place.run(hash));
    expect(next).toMatchObject({
      status: 0,
      summary: { files: { hashed: 0 }, sync: { upserted: 0, deleted: 0 } },
    });
    expect(await rowsOf(database, schema)).toEqual(before);
  });

  test('a row that the file contradicts is found by the sample, and nothing is imported', async () => {
    const place = site();
    fill(place, 30);
    const database = await makeDatabase(schema);
    expect((await hashTo(place, database.url)).status).toBe(0);
    const table = schema === 'classic' ? 'hash' : 'files';
    await database.query(`UPDATE ${table} SET zsums = overlay(zsums PLACING '\\xff' FROM 1) WHERE size = 20`);
    const conf = join(place.directory, 'mirrorbrain.conf');
    const { hostname, port, username, password, pathname } = new URL(database.url);
    const lines = ['[general]', 'instances = one', '[one]', 'dbdriver = postgresql', 'zsync_hashes = 1'];
    lines.push(`dbhost = ${hostname}`, `dbport = ${port}`, `dbuser = ${username}`);
    lines.push(
      `dbpass = ${decodeURIComponent(password).replace(/%/g, '%%')}`,
      `dbname = ${pathname.slice(1)}`,
    );
    writeFileSync(conf, `${lines.join('\n')}\n`);
    const state = join(place.directory, 'new');
    const options = ['--state', state, '--mirrorbrain-conf', conf, '--verify-sample', '100%'];
    const refused = await place.run(['import', place.tree, ...options]);
    expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining('nothing was imported')]);
    expect(refused.stderr).not.toContain(decodeURIComponent(password));
    const next = told(
      await place.run(['hash', place.tree, '--state', state, '--redirector', 'none', '--json']),
    );
    expect(next.summary.files.unchanged).toBe(0);
  });
});
