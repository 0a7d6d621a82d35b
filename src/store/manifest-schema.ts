/**
 * The tables of `exports.db`: which files our exports wrote, and of what.
 *
 * Only what stands here is ever replaced or removed. A file is known by size and mtime; it may stand here more than once
 * while it is replaced, so that whichever of the two a killed run leaves behind is known.
 */
import type { Schema } from './open.js';

const version1 = `
-- path is absolute; an export beside the files has the base of the tree.
CREATE TABLE root (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
) STRICT;

-- path is relative to the root: '' is the root, '/' holds what belongs to no directory.
-- fingerprint: of all that the outputs were made of; NULL: they may not be complete.
-- mtime: of the directory of the outputs, when they were all there; NULL: it was too young to tell.
-- made: whether we made that directory.
CREATE TABLE directory (
  id INTEGER PRIMARY KEY,
  root INTEGER NOT NULL REFERENCES root(id),
  path TEXT NOT NULL,
  files INTEGER NOT NULL DEFAULT 0,
  outputs INTEGER NOT NULL DEFAULT 0,
  left_alone INTEGER NOT NULL DEFAULT 0,
  fingerprint TEXT,
  mtime_s INTEGER,
  mtime_ns INTEGER,
  made INTEGER NOT NULL DEFAULT 0,
  infohashes BLOB,
  UNIQUE (root, path)
) STRICT;

-- made_of: version of the record, or digest of what a file for a directory was made of.
CREATE TABLE output (
  directory INTEGER NOT NULL REFERENCES directory(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_s INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  made_of TEXT NOT NULL,
  PRIMARY KEY (directory, name, size, mtime_s, mtime_ns)
) STRICT, WITHOUT ROWID;
`;

export const manifestSchema: Schema = {
  title: 'list of exported files',
  // "mire"
  applicationId: 0x6d697265,
  migrations: [version1],
  unusable: 'STATE_UNUSABLE',
  foreign: 'STATE_UNUSABLE',
};
