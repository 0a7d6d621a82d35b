/**
 * A database server without room: the run waits until there is some. Really full, and as an error that says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { site, told } from '../support/e2e.js';
import { makeDatabase } from '../support/mirrorbrain/databases.js';
import {
  bothSchemas,
  expectClean,
  fill,
  hashedSite,
  hashTable,
  startSync,
} from '../support/mirrorbrain/faults.js';
import { ownServer } from '../support/own-server.js';
import { temporaryDirectory } from '../support/temporary.js';

test.each(bothSchemas)('%s: an error that says so, a few times', async (schema) => {
  const place = site();
  fill(place, 100);
  const database = await makeDatabase(schema);
  await database.query(`
    CREATE SEQUENCE tried;
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tried') <= 3 THEN RAISE 'no space left' USING ERRCODE = 'disk_full'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON ${hashTable[schema]}
      FOR EACH ROW WHEN (NEW.size = 50) EXECUTE FUNCTION full_disk()`);
  const run = told(await place.run(place.hashArguments('--redirector', database.url)));
  expect(run).toMatchObject({ status: 0, summary: { sync: { upserted: 101, refused: 0 } } });
  expect(run.stderr).toMatch(/^mirrorhash: warning: .*: no space left: trying again\n.*$/);
  expect(await database.query('SELECT last_value::int AS n FROM tried')).toEqual([{ n: 4 }]);
  expect(await expectClean(place, database, schema)).toBe(101);
});

/** Whether a file system of memory may be mounted: only root may, and not everywhere. */
function canMount(): boolean {
  const probe = `/tmp/mirrorhash-test-mount-${process.pid}`;
  mkdirSync(probe);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], {
    stdio: 'ignore',
  });
  if (status === 0) execFileSync('umount', [probe]);
  else process.stderr.write('mirrorbrain: no tmpfs can be mounted: the test of a full disk is skipped\n');
  rmSync(probe, { recursive: true });
  return status === 0;
}

/** A directory with so little room, for the server's data. */
function smallDisk(megabytes: number): string {
  const directory = temporaryDirectory();
  const mount = join(directory, 'disk');
  mkdirSync(mount);
  execFileSync('chmod', ['755', directory]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', mount]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', mount]));
  const space = join(mount, 'space');
  mkdirSync(space);
  chownSync(space, 65_534, 65_534);
  return mount;
}

test.skipIf(!canMount())('a disk that is full, until somebody makes room', async () => {
  const place = await hashedSite(600);
  const mount = smallDisk(8);
  const server = await ownServer({ settings: { fsync: 'off' } });
  const database = await makeDatabase('classic', { server: server.url });
  await database.query(`CREATE TABLESPACE small LOCATION '${join(mount, 'space')}'`);
  await database.query('ALTER TABLE hash SET TABLESPACE small');
  // Whatever room is left.
  spawnSync('dd', ['if=/dev/zero', `of=${join(mount, 'ballast')}`, 'bs=4096'], { stdio: 'ignore' });
  const sync = startSync(place, database.url);
  await new Promise<void>((resolve) => sync.child.stderr?.once('data', () => resolve()));
  expect(sync.child.exitCode).toBe(null);
  expect(await database.query('SELECT FROM hash')).toEqual([]);
  rmSync(join(mount, 'ballast'));
  const ended = await sync.ended;
  expect(ended.stderr).toMatch(
    /No space left on device.*: trying again\nmirrorhash: .*: 601 rows written\n$/,
  );
  expect(ended.status).toBe(0);
  expect(await expectClean(place, database, 'classic')).toBe(601);
});
