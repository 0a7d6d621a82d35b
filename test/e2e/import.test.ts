/**
 * Moving over: the rows of a redirector that somebody else filled, with pieces and blocks of other lengths than ours.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { Locks } from '../../src/files/lock.js';
import { Cache } from '../../src/store/cache.js';
import { type Ended, type Site, site, told, untilOpen } from '../support/e2e.js';
import {
  coreutils,
  listing,
  longAgo,
  redirectorRows,
  select,
  write,
  writeCounting,
} from '../support/e2e-files.js';

const KiB = 1024;
const armour = '-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n';
const files = ['iso/a.iso', 'iso/a.iso.asc', 'b', 'empty'];

interface Imported extends Ended {
  readonly counts: Readonly<Record<string, unknown>>;
}

/** A tree whose redirector database was filled by another program: here ourselves, with another state and recipe. */
class Moved {
  readonly place: Site = site();
  readonly old = join(this.place.directory, 'old');
  readonly database = join(this.old, 'redirector.db');
  readonly redirector = `sqlite:${this.database}`;

  static async make(...recipe: readonly string[]): Promise<Moved> {
    const moved = new Moved();
    const { tree } = moved.place;
    writeCounting(join(tree, 'iso/a.iso'), 1_700_000);
    write(join(tree, 'iso/a.iso.asc'), armour);
    write(join(tree, 'b'), 'the letter b');
    write(join(tree, 'empty'), '');
    await moved.place.run(['hash', tree, '--state', moved.old, '--piece-length', '512K', ...recipe]);
    return moved;
  }

  async import(...args: readonly string[]): Promise<Imported> {
    const ended = await this.place.run(this.importArguments('--json', ...args));
    const [last = ''] = ended.stdout.trimEnd().split('\n').slice(-1);
    const summary = JSON.parse(last) as { readonly event: string; readonly import: Imported['counts'] };
    expect(summary.event).toBe('summary');
    return { ...ended, counts: summary.import };
  }

  importArguments(...args: readonly string[]): readonly string[] {
    const { tree, state } = this.place;
    return ['import', tree, '--state', state, '--redirector', this.redirector, ...args];
  }

  show(name: string, state: string): Promise<Ended> {
    return this.place.run(['show', '--json', join(this.place.tree, name), '--state', state]);
  }

  /** Changes rows as another program does. */
  meddle(sql: string): void {
    const database = new Database(this.database);
    try {
      database.exec(sql);
    } finally {
      database.close();
    }
  }

  meddleWith(path: string, assignments: string): void {
    this.meddle(
      `UPDATE hash SET ${assignments} WHERE file_id = (SELECT id FROM filearr WHERE path = '${path}')`,
    );
  }

  /** Paths of the records. */
  records(): readonly string[] {
    const sql = `SELECT iif(path = '', name, path || '/' || name) AS path FROM file JOIN directory
      ON directory.id = directory ORDER BY 1`;
    return select<{ path: string }>(join(this.place.state, 'cache.db'), sql).map(({ path }) => path);
  }
}

/** SHA-1s of the pieces, as split and sha1sum make them. */
function piecesBy(file: string, length: number): readonly string[] {
  const output = execFileSync('split', [`--bytes=${length}`, '--filter=sha1sum', file], { encoding: 'utf8' });
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(0, 40));
}

describe('what is imported', () => {
  test.concurrent('is the same record, byte for byte, and right', async () => {
    const moved = await Moved.make('--zsync-block-size', '1K');
    const { status, stderr, counts } = await moved.import();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(counts).toMatchObject({ redirector: moved.redirector, rows: 4, imported: 4, sample: null });
    for (const name of files) {
      const shown = await moved.show(name, moved.place.state);
      expect(shown).toEqual({ ...(await moved.show(name, moved.old)), seconds: expect.any(Number) });
      const file = join(moved.place.tree, name);
      for (const tool of ['md5sum', 'sha1sum', 'sha256sum'] as const)
        expect(JSON.parse(shown.stdout)[tool.replace('sum', '')]).toBe(coreutils(tool, [file]).get(file));
    }
    const { pieces, zsync, pgp } = JSON.parse((await moved.show('iso/a.iso', moved.place.state)).stdout);
    const sha1 = piecesBy(join(moved.place.tree, 'iso/a.iso'), 512 * KiB);
    expect(sha1).toHaveLength(4);
    expect(pieces).toEqual({ length: 512 * KiB, sha1 });
    expect(zsync.blocksize).toBe(1024);
    expect(pgp).toEqual({ name: 'a.iso.asc', signature: armour });
  });

  test.concurrent('is not read by the next run, and its rows are not written', async () => {
    const moved = await Moved.make('--zsync-block-size', '1K');
    await moved.import();
    moved.meddle(`CREATE TABLE written (n);
      CREATE TRIGGER i AFTER INSERT ON hash BEGIN INSERT INTO written VALUES (1); END;
      CREATE TRIGGER u AFTER UPDATE ON hash BEGIN INSERT INTO written VALUES (1); END;
      CREATE TRIGGER d AFTER DELETE ON hash BEGIN INSERT INTO written VALUES (1); END;`);
    const before = redirectorRows(moved.old);
    const run = await moved.place.hash('--redirector', moved.redirector);
    expect(run.summary).toMatchObject({
      files: { seen: 4, unchanged: 4, updated: 0, hashed: 0 },
      bytes: { hashed: 0 },
      sync: { upserted: 0, deleted: 0 },
    });
    expect(select(moved.database, 'SELECT n FROM written')).toEqual([]);
    expect(redirectorRows(moved.old)).toEqual(before);
  });

  test.concurrent('keeps its pieces by force, and loses them with its version', async () => {
    const moved = await Moved.make('--zsync-block-size', '1K');
    const { tree, state } = moved.place;
    await moved.import();
    const before = (await moved.show('iso/a.iso', state)).stdout;
    expect((await moved.place.hash('--force')).summary.files.hashed).toBe(4);
    expect((await moved.show('iso/a.iso', state)).stdout).toBe(before);
    utimesSync(join(tree, 'iso/a.iso'), longAgo, new Date(longAgo.getTime() + 1));
    const run = await moved.place.hash();
    expect(run.files.map(({ path, reason }) => `${path} ${reason}`)).toEqual(['iso/a.iso mtime']);
    const { pieces, zsync } = JSON.parse((await moved.show('iso/a.iso', state)).stdout);
    const sha1 = piecesBy(join(tree, 'iso/a.iso'), 256 * KiB);
    expect(pieces).toEqual({ length: 256 * KiB, sha1 });
    expect(zsync.blocksize).toBe(2048);
  });

  test.concurrent('without zsync sums is read for them once, and keeps its pieces and infohash', async () => {
    const moved = await Moved.make('--no-zsync');
    const { place } = moved;
    const { counts } = await moved.import();
    const bytes = 1_700_000 + armour.length + 'the letter b'.length;
    expect(counts).toMatchObject({ imported: 4, withoutZsync: { files: 3, bytes } });
    const before = JSON.parse((await moved.show('iso/a.iso', place.state)).stdout);
    const run = await place.hash();
    expect(run.files.map(({ path, reason }) => `${path} ${reason}`).sort()).toEqual(
      ['b', 'iso/a.iso', 'iso/a.iso.asc'].map((path) => `${path} zsync wanted`),
    );
    const after = JSON.parse((await moved.show('iso/a.iso', place.state)).stdout);
    expect(after).toEqual({ ...before, zsync: { ...after.zsync, blocksize: 2048 } });
    expect((await place.hash()).summary).toMatchObject({ files: { hashed: 0, updated: 0 } });
  });

  test.concurrent('with --no-zsync is not read at all: the recipe is remembered', async () => {
    const moved = await Moved.make('--no-zsync');
    expect((await moved.import('--no-zsync')).counts).toMatchObject({ withoutZsync: { files: 0, bytes: 0 } });
    expect((await moved.place.hash()).summary.files).toMatchObject({ unchanged: 4, updated: 0, hashed: 0 });
  });

  test.concurrent('has the signature of the disk, not that of the row', async () => {
    const moved = await Moved.make();
    write(join(moved.place.tree, 'iso/a.iso.asc'), armour.replace('abc', 'newer'));
    expect((await moved.import()).counts).toMatchObject({ imported: 3, changed: 1 });
    const { pgp } = JSON.parse((await moved.show('iso/a.iso', moved.place.state)).stdout);
    expect(pgp.signature).toContain('newer');
  });

  test.concurrent('can be one directory, and the rest later', async () => {
    const moved = await Moved.make();
    const { tree, state } = moved.place;
    const directory = [
      'import',
      join(tree, 'iso'),
      '--base',
      tree,
      '--state',
      state,
      '--redirector',
      moved.redirector,
    ];
    const first = await moved.place.run([...directory]);
    expect(first).toMatchObject({ status: 0, stderr: 'mirrorhash: imported 2 of 2 rows\n' });
    expect(moved.records()).toEqual(['iso/a.iso', 'iso/a.iso.asc']);
    expect((await moved.import()).counts).toMatchObject({ rows: 4, imported: 2, known: 2 });
    expect(moved.records()).toEqual([...files].sort());
  });
});

describe('what is not imported', () => {
  test.concurrent.each<[string, string, (file: string, moved: Moved) => void]>([
    [
      'grew',
      'changed',
      (file) => {
        appendFileSync(file, 'x');
        utimesSync(file, longAgo, longAgo);
      },
    ],
    ['was touched', 'changed', (file) => utimesSync(file, longAgo, new Date(longAgo.getTime() + 1000))],
    ['is gone', 'missing', (file) => rmSync(file)],
    [
      'became a link',
      'missing',
      (file) => {
        renameSync(file, `${file}.1`);
        symlinkSync(`${file}.1`, file);
      },
    ],
    [
      'became a directory',
      'missing',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      'lies behind a directory that became a link',
      'missing',
      (file, { place }) => {
        const directory = join(file, '..');
        renameSync(directory, join(place.directory, 'elsewhere'));
        symlinkSync(join(place.directory, 'elsewhere'), directory);
      },
    ],
    [
      'was written a moment ago',
      'recent',
      (file, moved) => {
        const soon = new Date(Date.now() + 1000);
        utimesSync(file, soon, soon);
        moved.meddleWith('iso/a.iso', `mtime = ${Math.floor(soon.getTime() / 1000)}`);
      },
    ],
    [
      'has a row without its end',
      'incomplete',
      (_, moved) => {
        moved.meddleWith('iso/a.iso', 'sha1pieces = substr(sha1pieces, 21)');
      },
    ],
    [
      'has a row with another digest',
      'incomplete',
      (_, moved) => {
        moved.meddleWith('iso/a.iso', 'sha256 = zeroblob(32)');
      },
    ],
  ])('a file that %s: %s', async (_, reason, change) => {
    const moved = await Moved.make();
    const file = join(moved.place.tree, 'iso/a.iso');
    rmSync(`${file}.asc`);
    moved.meddle("DELETE FROM hash WHERE file_id = (SELECT id FROM filearr WHERE path = 'iso/a.iso.asc')");
    change(file, moved);
    const { status, counts } = await moved.import();
    expect(status).toBe(0);
    expect(counts).toMatchObject({ rows: 3, imported: 2, [reason]: 1 });
    expect(moved.records()).toEqual(['b', 'empty']);
  });

  test.concurrent('rows whose paths lead out of the tree', async () => {
    const moved = await Moved.make();
    const { place } = moved;
    // What the path leads to is as the row says.
    renameSync(join(place.tree, 'b'), join(place.directory, 'b'));
    const rows = {
      b: ['../b', join(place.directory, 'b'), 'iso/../../b', 'iso/', '/b'],
      'iso/a.iso': ['./iso/a.iso', 'iso//a.iso'],
      empty: ['/empty'],
    };
    for (const [like, paths] of Object.entries(rows)) {
      for (const path of paths)
        moved.meddle(`INSERT INTO filearr (path) VALUES ('${path}');
          INSERT INTO hash SELECT (SELECT max(id) FROM filearr), mtime, size, md5, sha1, sha256, sha1piecesize,
            sha1pieces, btih, pgp, zblocksize, zhashlens, zsums FROM hash JOIN filearr ON id = file_id
            WHERE path = '${like}'`);
    }
    expect((await moved.import()).counts).toMatchObject({ rows: 12, imported: 3, known: 0, missing: 9 });
    expect(moved.records()).toEqual(['empty', 'iso/a.iso', 'iso/a.iso.asc']);
  });

  test.concurrent('what is excluded, what is known, and what another run has in work', async () => {
    const moved = await Moved.make();
    const { tree, state } = moved.place;
    await moved.place.run(['hash', join(tree, 'b'), '--base', tree, '--state', state, '--no-sync']);
    const before = (await moved.show('b', state)).stdout;
    const cache = Cache.open(join(state, 'cache.db'));
    try {
      const locks = new Locks(join(state, 'locks'), (work) => cache.exclusively(work));
      const lock = locks.acquire('directory iso');
      for (const args of [['--dry-run'], []]) {
        expect((await moved.import('--exclude', 'empty', ...args)).counts).toMatchObject({
          ...{ rows: 4, imported: 0, excluded: 1, known: 1, locked: 2 },
        });
      }
      if (lock !== null) locks.release([lock]);
    } finally {
      cache.close();
    }
    expect((await moved.show('b', state)).stdout).toBe(before);
    expect(JSON.parse(before).pieces.length).toBe(256 * KiB);
    const last = await moved.place.run(moved.importArguments());
    expect(last.stderr).toBe('mirrorhash: imported 3 of 4 rows; not imported: 1 known already\n');
    expect(moved.records()).toEqual([...files].sort());
  });

  test.concurrent('anything, when the base is not the document root: and it says so', async () => {
    const moved = await Moved.make();
    const { tree, state } = moved.place;
    const { status, stderr } = await moved.place.run([
      ...['import', join(tree, 'iso'), '--state', state, '--redirector', moved.redirector],
    ]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^mirrorhash: imported 0 of 4 rows; not imported: 4 without a file\nhint: none of them/,
    );
  });
});

describe('--verify-sample', () => {
  test.concurrent('100% reads all files, and imports them', async () => {
    const moved = await Moved.make('--zsync-block-size', '1K');
    const { status, counts } = await moved.import('--verify-sample', '100%');
    const bytes = 1_700_000 + armour.length + 'the letter b'.length;
    expect({ status, ...counts }).toMatchObject({
      ...{ status: 0, imported: 4, sample: { verified: 4, different: 0, skipped: 0, bytes } },
    });
    expect((await moved.place.hash()).summary.files.hashed).toBe(0);
  });

  test.concurrent('of next to nothing reads one file', async () => {
    const moved = await Moved.make();
    const { counts } = await moved.import('--verify-sample', '0.000001%');
    expect(counts).toMatchObject({ imported: 4, sample: { verified: 1, different: 0 } });
  });

  test.concurrent.each<[string, (moved: Moved) => void]>([
    [
      'a file with another content, though size and mtime are the same',
      ({ place }) => write(join(place.tree, 'b'), 'the letter B'),
    ],
    [
      'a row with a zsum that is not the file’s',
      (moved) => moved.meddleWith('b', 'zsums = zeroblob(length(zsums))'),
    ],
  ])('finds %s, and nothing is imported', async (_, spoil) => {
    const moved = await Moved.make();
    spoil(moved);
    const run = await moved.import('--verify-sample', '100%');
    expect(run.status).toBe(4);
    expect(run.counts).toMatchObject({ imported: 0, sample: { different: 1 } });
    expect(run.stdout).toContain('"path":"b","outcome":"failed","reason":null,"code":"CONTENT_DIFFERS"');
    const { status, stdout, stderr } = await moved.place.run(
      moved.importArguments('--verify-sample', '100%'),
    );
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' });
    expect(stderr).toMatch(/^mirrorhash: b: failed: the content differs from its row \(.*\), though .*\n/);
    expect(stderr).toMatch(
      /\nmirrorhash: stopped at the first difference: nothing was imported\nhint: .*\n$/,
    );
    expect(moved.records()).toEqual([]);
  });

  test.concurrent('is interrupted at once, and then nothing is imported', async () => {
    const moved = await Moved.make();
    const running = moved.place.start(
      moved.importArguments('--verify-sample', '100%', '--read-limit', '100K', '--json'),
    );
    await untilOpen(running.pid, join(moved.place.tree, 'iso/a.iso'));
    const asked = performance.now();
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.status).toBe(130);
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(told(ended).summary).toMatchObject({ import: { imported: 0, sample: { different: 0 } } });
    expect(moved.records()).toEqual([]);
  });
});

test.concurrent('--dry-run tells what will be done, and writes nothing', async () => {
  const moved = await Moved.make('--no-zsync');
  const { place } = moved;
  utimesSync(join(place.tree, 'b'), longAgo, new Date());
  // SQLite's own files beside the database may come and go, and touch the times of their directory.
  const lines = () =>
    listing(place.directory).filter((line) => !/-(wal|shm) /.test(line) && !line.startsWith(`${moved.old} `));
  const before = lines();
  const dry = await moved.import('--dry-run', '--verify-sample', '100%');
  expect(lines()).toEqual(before);
  const { status, stdout, stderr } = await place.run(moved.importArguments('--dry-run'));
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  expect(stderr).toMatch(
    /^mirrorhash: dry run: would import 3 of 4 rows; not imported: 1 of another size or mtime\nmirrorhash: zsync sums are missing: the next hash reads 2 files for them \(1\.6 MiB\)\nhint: .*--no-zsync.*\n$/,
  );
  expect(lines()).toEqual(before);
  const real = await moved.import('--verify-sample', '100%');
  expect(dry.counts).toEqual(real.counts);
  expect(moved.records()).toEqual(['empty', 'iso/a.iso', 'iso/a.iso.asc']);
});

test.concurrent('many rows, of many directories', async () => {
  const moved = new Moved();
  const { tree, state } = moved.place;
  const paths = Array.from(
    { length: 1_203 },
    (_, index) => `d${index % 7}/${index % 3 === 0 ? 'e/' : ''}f${index}`,
  );
  for (const path of paths) write(join(tree, path), path);
  await moved.place.run(['hash', tree, '--state', moved.old, '--piece-length', '512K']);
  expect((await moved.import('--verify-sample', '10%')).counts).toMatchObject({
    rows: 1_203,
    imported: 1_203,
  });
  expect(moved.records()).toEqual([...paths].sort());
  writeFileSync(join(tree, 'new'), 'new');
  const run = await moved.place.hash('--redirector', moved.redirector);
  expect(run.summary).toMatchObject({ files: { seen: 1_204, hashed: 1 }, sync: { upserted: 1, deleted: 0 } });
  expect(select(join(state, 'cache.db'), 'SELECT count(*) AS n FROM file WHERE adopted')).toEqual([
    { n: 1_203 },
  ]);
});
