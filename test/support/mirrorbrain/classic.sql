-- MirrorBrain's tables of the releases up to 2.19, as far as files and their hashes are concerned.

CREATE TABLE filearr (
  id serial PRIMARY KEY,
  path varchar(512) UNIQUE NOT NULL,
  mirrors smallint[]
);

CREATE TABLE hash (
  file_id integer PRIMARY KEY REFERENCES filearr,
  mtime integer NOT NULL,
  size bigint NOT NULL,
  md5 bytea NOT NULL,
  sha1 bytea NOT NULL,
  sha256 bytea NOT NULL,
  sha1piecesize integer NOT NULL,
  sha1pieces bytea NOT NULL,
  btih bytea NOT NULL,
  pgp text NOT NULL,
  zblocksize smallint NOT NULL,
  zhashlens varchar(8),
  zsums bytea NOT NULL
);

CREATE VIEW hexhash AS SELECT file_id, mtime, size,
  md5, encode(md5, 'hex') AS md5hex,
  sha1, encode(sha1, 'hex') AS sha1hex,
  sha256, encode(sha256, 'hex') AS sha256hex,
  sha1piecesize, sha1pieces, encode(sha1pieces, 'hex') AS sha1pieceshex,
  btih, encode(btih, 'hex') AS btihhex,
  pgp, zblocksize, zhashlens, zsums, encode(zsums, 'hex') AS zsumshex
FROM hash;
