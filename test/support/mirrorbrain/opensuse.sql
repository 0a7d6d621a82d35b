-- The tables of openSUSE's MirrorBrain of 2020, as far as files and their hashes are concerned.

CREATE TABLE server (
  id serial PRIMARY KEY,
  identifier varchar(64) UNIQUE NOT NULL
);

CREATE TABLE files (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  path varchar NOT NULL,
  path_hash bytea GENERATED ALWAYS AS (sha256(path::bytea)) STORED,
  mtime timestamptz,
  size bigint,
  md5 bytea,
  sha1 bytea,
  sha256 bytea,
  sha1piecesize integer,
  sha1pieces bytea,
  btih bytea,
  pgp text,
  zblocksize integer,
  zhashlens varchar(8),
  zsums bytea,
  created_at timestamp(6) with time zone NOT NULL DEFAULT now(),
  updated_at timestamp(6) with time zone NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ON files (path);
CREATE INDEX ON files (mtime, size);
CREATE INDEX ON files (encode(path_hash, 'hex'));

CREATE TABLE server_files (
  server_id smallint NOT NULL REFERENCES server ON DELETE CASCADE,
  file_id integer NOT NULL REFERENCES files ON DELETE CASCADE
);
CREATE UNIQUE INDEX ON server_files (file_id, server_id);
CREATE INDEX ON server_files (server_id);

CREATE MATERIALIZED VIEW files_mirror_count AS
  SELECT id AS file_id, count(server_files.file_id) AS count
  FROM files LEFT JOIN server_files ON file_id = id
  WHERE mtime < now() - interval '3 months'
  GROUP BY id ORDER BY id;

CREATE VIEW hexhash AS SELECT files.*,
  encode(md5, 'hex') AS md5hex, encode(sha1, 'hex') AS sha1hex, encode(sha256, 'hex') AS sha256hex,
  encode(sha1pieces, 'hex') AS sha1pieceshex, encode(btih, 'hex') AS btihhex, encode(zsums, 'hex') AS zsumshex
FROM files;
