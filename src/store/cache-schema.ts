/**
 * The tables of `cache.db` and how older versions are brought to the newest one.
 *
 * Piece hashes and zsums are large and rarely read, so `sums` holds what is computed and `file` only what the
 * freshness query of a directory compares. Every change of a record takes the next number of `sequence`; a
 * record that goes leaves a tombstone with its number. So "what changed since n" costs what changed.
 */
import type { Schema } from './open.js';

const version1 = `
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sequence (last INTEGER NOT NULL) STRICT;
INSERT INTO sequence VALUES (0);

CREATE TABLE directory (
  id INTEGER PRIMARY KEY,
  parent INTEGER REFERENCES directory(id),
  path TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX directory_parent ON directory(parent);

-- mtime is split because nanoseconds in one integer end in the year 2262;
-- inode is text because it may need all 64 bits, unsigned.
CREATE TABLE file (
  id INTEGER PRIMARY KEY,
  directory INTEGER NOT NULL REFERENCES directory(id),
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_s INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  piece_length INTEGER NOT NULL,
  zsync_block_size INTEGER,
  signature_size INTEGER,
  signature_mtime_s INTEGER,
  signature_mtime_ns INTEGER,
  UNIQUE (directory, name)
) STRICT;
CREATE INDEX file_sequence ON file(sequence);

CREATE TABLE sums (
  file INTEGER PRIMARY KEY REFERENCES file(id) ON DELETE CASCADE,
  md5 BLOB NOT NULL,
  sha1 BLOB NOT NULL,
  sha256 BLOB NOT NULL,
  btih BLOB NOT NULL,
  signature TEXT,
  pieces BLOB NOT NULL,
  zsync_hash_lengths TEXT,
  zsync_sums BLOB
) STRICT;

CREATE TABLE tombstone (
  path TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstone_sequence ON tombstone(sequence);

-- How far each redirector has been brought; identity tells whether it is still the same database.
CREATE TABLE target (
  name TEXT PRIMARY KEY,
  identity TEXT NOT NULL,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the last runs could not handle, for status.
CREATE TABLE problem (
  path TEXT PRIMARY KEY,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const version2 = `
-- An adopted record came from a redirector: its piece length and block size are its own, whatever the recipe says.
ALTER TABLE file ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;

-- Rows that a redirector's database could not take, of which version of the record.
CREATE TABLE refused (
  target TEXT NOT NULL,
  path TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (target, path)
) STRICT, WITHOUT ROWID;
`;

export const cacheSchema: Schema = {
  title: 'cache',
  // "mirh"
  applicationId: 0x6d697268,
  migrations: [version1, version2],
  unusable: 'CACHE_UNUSABLE',
  foreign: 'CACHE_FOREIGN',
};
