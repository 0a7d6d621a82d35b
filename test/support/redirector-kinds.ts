/**
 * The kinds of redirector database that the contract holds for, and in what they may differ.
 */
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { connectionSettings } from '../../src/store/mirrorbrain/connection-settings.js';
import { MirrorbrainRedirector } from '../../src/store/mirrorbrain/mirrorbrain-redirector.js';
import type { Redirector } from '../../src/store/redirector.js';
import { SqliteRedirector } from '../../src/store/sqlite-redirector.js';
import { makeDatabase, type SchemaName, type TestDatabase } from './mirrorbrain/databases.js';
import { temporaryDirectory } from './temporary.js';

/** A database of the test's own, empty at first. */
export interface MadeRedirector {
  /** opens it once more, and closes it when the test has ended */
  open(): Promise<Redirector>;
  /** throws it away and makes it anew, empty */
  recreate(): Promise<void>;
  /** asks it as another program does */
  query(sql: string): Promise<readonly object[]>;
}

/** A kind of redirector database, as the contract needs it. */
export interface Kind {
  readonly make: () => Promise<MadeRedirector>;
  /** which paths it holds that are not too long */
  readonly holdsPath: (path: string) => boolean;
  /** a path that it just holds, and one that is too long; null when there is none */
  readonly pathLimits: readonly (readonly [string, string])[];
  /** seconds since 1970, the first and the last that it holds */
  readonly mtimes: readonly [number, number];
  /** whether a text may have a NUL */
  readonly holdsNul: boolean;
  /** whether rows without all of their digests are kept away */
  readonly checksDigests: boolean;
  /** every listed file as `path`, its number `id`, and its mirrors `mirrors`, in the order of the paths */
  readonly files: string;
  /** how another program lists a file that is on two mirrors */
  readonly addFile: (path: string) => string;
  /** the view of hex, with `mtime` and `size` as numbers of seconds and bytes */
  readonly hexhash: string;
}

const second31 = 2 ** 31;

export const sqlite: Kind = {
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
        const connection = new Database(file);
        const statement = connection.prepare(sql);
        const rows = statement.reader ? (statement.all() as object[]) : [];
        if (!statement.reader) statement.run();
        connection.close();
        return rows;
      },
    };
  },
  holdsPath: () => true,
  pathLimits: [],
  mtimes: [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  holdsNul: true,
  checksDigests: false,
  files: 'SELECT path, id, mirrors FROM filearr ORDER BY path',
  addFile: (path) => `INSERT INTO filearr (path, mirrors) VALUES ('${path}', '[3,5]')`,
  hexhash: 'SELECT * FROM hexhash',
};

export const classic: Kind = {
  make: () => makeMirrorbrain('classic'),
  holdsPath: () => true,
  // Characters are counted, not bytes and not halves of a character.
  pathLimits: [
    ['x'.repeat(512), 'x'.repeat(513)],
    ['ü'.repeat(512), 'ü'.repeat(513)],
    ['💾'.repeat(512), '💾'.repeat(513)],
  ],
  mtimes: [-second31, second31 - 1],
  holdsNul: false,
  checksDigests: true,
  files: 'SELECT path, id, mirrors FROM filearr ORDER BY path',
  addFile: (path) => `INSERT INTO filearr (path, mirrors) VALUES ('${path}', '{3,5}')`,
  hexhash: 'SELECT *, size::integer AS size FROM hexhash',
};

export const opensuse: Kind = {
  make: () => makeMirrorbrain('opensuse'),
  holdsPath: (path) => !path.includes('\\'),
  // An entry of the index has 2,704 bytes, of which 12 are taken, after it was compressed: this cannot be.
  pathLimits: [[noise(2_692), noise(2_693)]],
  mtimes: [-second31, second31 - 1],
  holdsNul: false,
  checksDigests: true,
  files: `SELECT path, id, (SELECT array_agg(server_id ORDER BY server_id) FROM server_files WHERE file_id = id)
    AS mirrors FROM files ORDER BY path`,
  addFile: (path) => `WITH mirrors AS (
      INSERT INTO server (id, identifier) VALUES (3, 'three'), (5, 'five') RETURNING id AS server
    ), file AS (INSERT INTO files (path) VALUES ('${path}') RETURNING id AS file)
    INSERT INTO server_files (file_id, server_id) SELECT file, server FROM file, mirrors`,
  hexhash:
    'SELECT *, size::integer AS size, extract(epoch FROM mtime)::integer AS mtime FROM hexhash WHERE md5 IS NOT NULL',
};

export const kinds: readonly (readonly [string, Kind])[] = [
  ['SQLite', sqlite],
  ['classic MirrorBrain', classic],
  ["openSUSE's MirrorBrain", opensuse],
];

/** Opens a database of MirrorBrain; where nobody has its lock, this one has it. */
export async function openMirrorbrain(
  database: TestDatabase,
  signal: AbortSignal = new AbortController().signal,
): Promise<MirrorbrainRedirector> {
  const redirector = new MirrorbrainRedirector(connectionSettings(database.url, {}), signal);
  onTestFinished(() => redirector.close());
  await redirector.lock();
  return redirector;
}

async function makeMirrorbrain(schema: SchemaName): Promise<MadeRedirector> {
  const database = await makeDatabase(schema);
  return {
    open: () => openMirrorbrain(database),
    async recreate() {
      await database.clear();
      await database.makeTables(schema);
    },
    query: (sql) => database.query(sql),
  };
}

/** A text that no compression makes shorter, the same each time. */
function noise(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return alphabet[state % alphabet.length];
  }).join('');
}
