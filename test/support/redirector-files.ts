/**
 * Embedded redirector databases that other versions and other programs made: written down by hand.
 */
import Database from 'better-sqlite3';

/** What the first version of mirrorhash made. */
const version1 = `
CREATE TABLE filearr (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, mirrors TEXT NOT NULL DEFAULT '[]');
CREATE TABLE hash (file_id INTEGER PRIMARY KEY REFERENCES filearr(id), mtime INTEGER NOT NULL, size INTEGER NOT NULL,
  md5 BLOB NOT NULL, sha1 BLOB NOT NULL, sha256 BLOB NOT NULL, sha1piecesize INTEGER NOT NULL,
  sha1pieces BLOB NOT NULL, btih BLOB NOT NULL, pgp TEXT NOT NULL, zblocksize INTEGER NOT NULL,
  zhashlens TEXT NOT NULL, zsums BLOB NOT NULL);
CREATE VIEW hexhash AS SELECT file_id, mtime, size, lower(hex(md5)) AS md5hex, lower(hex(sha1)) AS sha1hex,
  lower(hex(sha256)) AS sha256hex, sha1piecesize, lower(hex(sha1pieces)) AS sha1pieceshex, lower(hex(btih)) AS btihhex,
  pgp, zblocksize, zhashlens, lower(hex(zsums)) AS zsumshex FROM hash;
PRAGMA user_version = 1;
PRAGMA application_id = 1835627122;
`;

/** Another program's tables, with what we need and more. */
const foreignTables = `
CREATE TABLE filearr (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, mirrors TEXT, note TEXT);
CREATE TABLE hash (file_id INTEGER PRIMARY KEY, mtime, size, md5, sha1, sha256, sha1piecesize, sha1pieces, btih, pgp,
  zblocksize, zhashlens, zsums, sha512);
`;

/** MirrorBrain's, as far as SQLite has its types. */
const foreignServer = `
CREATE TABLE server (id INTEGER PRIMARY KEY, identifier VARCHAR(64) UNIQUE NOT NULL, baseurl VARCHAR(128) NOT NULL,
  baseurl_ftp VARCHAR(128) NOT NULL DEFAULT '', enabled BOOLEAN, status_baseurl BOOLEAN, region VARCHAR(2),
  country VARCHAR(2), asn INTEGER, score SMALLINT DEFAULT 100, scan_fpm INTEGER, comment TEXT);
`;

/** @param sql what is in it, too */
export function makeVersion1(file: string, sql = ''): void {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.exec(version1 + sql);
  database.close();
}

export function makeForeign(file: string, server: 'with server' | 'without server', sql = ''): void {
  const database = new Database(file);
  database.exec(foreignTables + (server === 'with server' ? foreignServer : '') + sql);
  database.close();
}

/** Asks, or changes, a database as another program does. */
export function runSql(file: string, sql: string): readonly unknown[] {
  const database = new Database(file, { fileMustExist: true });
  try {
    const statement = database.prepare(sql);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  } finally {
    database.close();
  }
}
