/** What other users of a MirrorBrain database, or broken writers, may have put into it. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { MirrorbrainRedirector } from '../../../src/store/mirrorbrain/mirrorbrain-redirector.js';
import { makeDatabase, type TestDatabase } from '../../support/mirrorbrain/databases.js';
import { rowOf } from '../../support/records.js';
import { openMirrorbrain } from '../../support/redirector-kinds.js';

const [bool, raise] = ['boolean', "BEGIN RAISE EXCEPTION 'mine was called'; END"];

/** Better fits, in a schema where until PostgreSQL 14 everybody might make them, than the operators of the system. */
const traps = [
  ...['=', '<>', '>'].flatMap((operator) =>
    [
      ['varchar', 'text'],
      ['varchar', 'text[]'],
      ['oid', 'regclass'],
      ['float8', 'bigint'],
      ['integer', 'float8'],
      ['smallint', 'text'],
    ].map(([left, right], index) => {
      const name = `trap_${index}_${{ '=': 'eq', '<>': 'ne', '>': 'gt' }[operator]}`;
      return `CREATE FUNCTION ${name}(${left}, ${right}) RETURNS ${bool} LANGUAGE plpgsql AS $$ ${raise} $$;
        CREATE OPERATOR ${operator} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = ${name});`;
    }),
  ),
  ...[
    ['to_timestamp', 'bigint', 'timestamptz'],
    ['unnest', 'text[]', 'text'],
    ['octet_length', 'varchar', 'integer'],
    ['to_regclass', 'varchar', 'regclass'],
    ['pg_try_advisory_lock', 'integer', bool],
  ].map(
    ([name, argument, result]) =>
      `CREATE FUNCTION ${name}(${argument}) RETURNS ${result} LANGUAGE plpgsql AS $$ ${raise} $$;`,
  ),
].join('\n');

describe.each(['classic', 'opensuse'] as const)('in the %s schema', (schema) => {
  let database: TestDatabase;
  let target: MirrorbrainRedirector;
  const open = async (): Promise<void> => {
    target = await openMirrorbrain(database);
  };
  beforeEach(async () => {
    database = await makeDatabase(schema);
  });

  it('operators and functions of others are never called', async () => {
    await database.query(traps);
    await open();
    await target.upsert([rowOf('a'), rowOf('b')]);
    await target.upsert([rowOf('a', 'other'), rowOf('b')]);
    expect((await target.fetch(['a'], 'all')).size).toBe(1);
    expect((await target.fetch(['a'], 'glance')).size).toBe(1);
    expect(await target.paths('', 9)).toEqual(['a', 'b']);
    expect([...(await target.listed(['a', 'c'])), await target.listedCount(9)]).toEqual(['a', 2]);
    expect([await target.remove(['a']), await target.identity()]).toEqual([1, expect.any(String)]);
    await target.unlock();
  });

  it("somebody's table of the name of our temporary one is not ours", async () => {
    await database.query('CREATE TABLE mirrorhash_rows (path text)');
    await database.query(
      `ALTER ROLE CURRENT_USER IN DATABASE ${database.name} SET search_path = public, pg_temp`,
    );
    await open();
    expect(await target.upsert([rowOf('a')])).toEqual({ written: 1, refusals: [] });
    expect(await database.query('SELECT * FROM mirrorhash_rows')).toEqual([]);
  });

  it('a value that is far too large is not fetched, and is written anew', async () => {
    await open();
    await target.upsert([rowOf('a')]);
    const table = schema === 'classic' ? 'hash' : 'files';
    await database.query(
      `UPDATE ${table} SET pgp = repeat('x', 2000000), md5 = decode(repeat('ab', 2000), 'hex')`,
    );
    expect((await target.fetch(['a'], 'glance')).get('a')).toMatchObject({ pgp: '', md5: new Uint8Array(0) });
    expect(await target.upsert([rowOf('a')])).toEqual({ written: 1, refusals: [] });
    expect((await target.fetch(['a'], 'all')).get('a')?.md5).toEqual(Buffer.from(rowOf('a').md5));
  });
});
