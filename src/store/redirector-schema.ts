/**
 * The tables of the embedded redirector database, MirrorBrain's, and how older versions are brought to the newest one.
 *
 * Version 1 had no `server`: who only reads finds no mirrors in it, and needs no newer one. A database of another
 * program that has `filearr` and `hash` is used as it is, with its `server` if that has the columns.
 */
import type { Mirror } from '../model.js';
import type { Connection, Schema } from './open.js';
import { hashColumns } from './redirector.js';

const version1 = `
CREATE TABLE filearr (
  id INTEGER PRIMARY KEY,
  path TEXT UNIQUE NOT NULL,
  mirrors TEXT NOT NULL DEFAULT '[]'
);
CREATE TABLE hash (
  file_id INTEGER PRIMARY KEY REFERENCES filearr(id),
  mtime INTEGER NOT NULL,
  size INTEGER NOT NULL,
  md5 BLOB NOT NULL,
  sha1 BLOB NOT NULL,
  sha256 BLOB NOT NULL,
  sha1piecesize INTEGER NOT NULL,
  sha1pieces BLOB NOT NULL,
  btih BLOB NOT NULL,
  pgp TEXT NOT NULL,
  zblocksize INTEGER NOT NULL,
  zhashlens TEXT NOT NULL,
  zsums BLOB NOT NULL
);
CREATE VIEW hexhash AS SELECT file_id, mtime, size, lower(hex(md5)) AS md5hex, lower(hex(sha1)) AS sha1hex,
  lower(hex(sha256)) AS sha256hex, sha1piecesize, lower(hex(sha1pieces)) AS sha1pieceshex, lower(hex(btih)) AS btihhex,
  pgp, zblocksize, zhashlens, lower(hex(zsums)) AS zsumshex FROM hash;
`;

/**
 * AUTOINCREMENT: a number is never given out twice, or files of a mirror that was removed would be looked for at
 * another one. A table of that name that somebody made before stays theirs.
 */
const version2 = `
CREATE TABLE IF NOT EXISTS server (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  identifier TEXT UNIQUE NOT NULL,
  baseurl TEXT NOT NULL,
  country TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  score INTEGER NOT NULL DEFAULT 100,
  enabled INTEGER NOT NULL DEFAULT 1
);
`;

/** The columns of `server` that are used. */
export const mirrorColumns = [
  'id',
  'identifier',
  'baseurl',
  'country',
  'region',
  'score',
  'enabled',
] as const;

const neededColumns = { filearr: ['id', 'path', 'mirrors'], hash: ['file_id', ...hashColumns] };

export const redirectorSchema: Schema = {
  title: 'redirector database',
  // "mirr"
  applicationId: 0x6d697272,
  migrations: [version1, version2],
  readableFrom: 1,
  adopts: (connection) =>
    Object.entries(neededColumns).every(([table, needed]) => hasColumns(connection, table, needed)),
  unusable: 'REDIRECTOR_UNUSABLE',
  foreign: 'REDIRECTOR_UNUSABLE',
};

/** Whether there is a table of mirrors: not in version 1, and in a database of another program only perhaps. */
export function hasMirrors(connection: Connection): boolean {
  return hasColumns(connection, 'server', mirrorColumns);
}

/** A row of `server`, with nothing in it believed: the database may be another program's. */
export function toMirror(row: Readonly<Record<(typeof mirrorColumns)[number], unknown>>): Mirror {
  const score = Number(row.score);
  return {
    id: Number(row.id),
    identifier: String(row.identifier ?? ''),
    baseurl: String(row.baseurl ?? ''),
    country: String(row.country ?? '').toLowerCase(),
    region: String(row.region ?? '').toLowerCase(),
    score: Number.isFinite(score) ? score : 0,
    enabled: Number(row.enabled) === 1,
  };
}

function hasColumns(connection: Connection, table: string, needed: readonly string[]): boolean {
  const found = connection.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
  return needed.every((column) => found.includes(column));
}
