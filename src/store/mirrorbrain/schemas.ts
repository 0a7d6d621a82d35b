/**
 * The two schemas of MirrorBrain's database, each as the statements that work on it, and how they are told apart.
 *
 * Rows come in a temporary table `mirrorhash_rows`. Every statement takes rows in the order of their paths or numbers,
 * so that two of us never wait for each other in a circle; none takes a lock that a SELECT waits for. New numbers are
 * drawn only for new paths: they are 32 bits wide in places.
 *
 * Both sides of every comparison are of one type, and functions are named with pg_catalog: then PostgreSQL takes its own
 * operator, and none that another user of the database put into a schema of the search_path because it fits better.
 */
import type { Refusal } from '../../model.js';
import { hashColumns, type RedirectorRow } from '../redirector.js';

export interface MirrorbrainSchema {
  /** what people call it */
  readonly title: string;
  /** its tables, with the columns that are needed */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** Lists new paths, where they have a table of their own. */
  readonly listPaths: string | null;
  /** `mirrorhash_rows` → tables: each tells how many rows it wrote */
  readonly upsert: readonly string[];
  /** How many of the rows did not come to their place, where others can take it away meanwhile. */
  readonly missed: string | null;
  /** $1 paths; the hashes of these go */
  readonly remove: string;
  /** $1 paths, $2 whether the sums of pieces and blocks are wanted, too */
  readonly fetch: string;
  /** $1 the path after which, $2 how many */
  readonly paths: string;
  /** $1 paths */
  readonly listed: string;
  /** $1 up to how many */
  readonly listedCount: string;
  /** Why a row cannot be stored, as far as the row tells. @param longest characters of a path, null: no limit */
  readonly refusal: (row: RedirectorRow, longest: number | null) => Refusal | null;
}

const columns = hashColumns;
const [, ...sums] = columns;
/** Bytes of a digest at most, with room to be wrong; of a signature; of the sums of pieces or blocks. */
const mostBytes: Readonly<Record<string, number>> = {
  ...{ md5: 64, sha1: 64, sha256: 64, btih: 64, pgp: 1_000_000 },
  ...{ sha1pieces: 100_000_000, zsums: 100_000_000 },
};

/** As they are fetched: what is far too large to be right is as good as nothing, and would end the process. */
const fetched = sums.map((name) => {
  const most = mostBytes[name];
  if (most === undefined) return name;
  const isLarge = name === 'sha1pieces' || name === 'zsums';
  return `CASE WHEN ${isLarge ? '$2 AND ' : ''}pg_catalog.octet_length(${name}) <= ${most} THEN ${name} END AS ${name}`;
});

const list = (names: readonly string[], prefix = ''): string => names.map((name) => prefix + name).join(', ');
const assigned = (names: readonly string[], source: string): string =>
  names.map((name) => `${name} = ${source}.${name}`).join(', ');

/** Where the column's type is not that of \`mirrorhash_rows\`. */
const types: Readonly<Record<string, string>> = { zblocksize: '::integer', zhashlens: '::text' };

/** Whether a row that is there is not `r`; NULL is as good as empty to the module. */
function differing(there: string, mtime: string): string {
  const empty: Readonly<Record<string, string>> = {
    pgp: "''",
    zblocksize: '0',
    zhashlens: "''",
    zsums: "''",
  };
  const values = sums.map((name) =>
    name in empty ? `coalesce(${there}.${name}${types[name] ?? ''}, ${empty[name]})` : `${there}.${name}`,
  );
  return `(${mtime}, ${values.join(', ')}) IS DISTINCT FROM (r.mtime::float8, ${list(sums, 'r.')})`;
}

/** Releases up to 2.19: a table of paths and one of hashes. */
export const classic: MirrorbrainSchema = {
  title: "MirrorBrain's classic schema",
  tables: { filearr: ['id', 'path', 'mirrors'], hash: ['file_id', ...columns] },
  listPaths: `INSERT INTO filearr (path, mirrors) SELECT path, '{}' FROM pg_temp.mirrorhash_rows AS r
    WHERE NOT EXISTS (SELECT 1 FROM filearr AS f WHERE f.path::text = r.path)
    ORDER BY path ON CONFLICT (path) DO NOTHING`,
  upsert: [
    `INSERT INTO hash (file_id, ${list(columns)})
      SELECT f.id, ${list(columns, 'r.')} FROM pg_temp.mirrorhash_rows AS r JOIN filearr AS f ON f.path::text = r.path
      LEFT JOIN hash AS h ON h.file_id = f.id WHERE h.file_id IS NULL OR ${differing('h', 'h.mtime::float8')} ORDER BY f.id
      ON CONFLICT (file_id) DO UPDATE SET ${assigned(columns, 'excluded')}`,
  ],
  // A path that was listed, but unused, goes with `mb db vacuum`, also between two of our statements.
  missed: `SELECT pg_catalog.count(*) AS count FROM pg_temp.mirrorhash_rows AS r
    WHERE NOT EXISTS (SELECT 1 FROM filearr AS f JOIN hash AS h ON h.file_id = f.id WHERE f.path::text = r.path)`,
  remove: `DELETE FROM hash WHERE file_id IN (
    SELECT h.file_id FROM filearr AS f JOIN hash AS h ON h.file_id = f.id WHERE f.path::text = ANY($1::text[])
    ORDER BY h.file_id FOR UPDATE OF h)`,
  fetch: `SELECT f.path, mtime, ${list(fetched)} FROM filearr AS f JOIN hash AS h ON h.file_id = f.id
    WHERE f.path::text = ANY($1::text[])`,
  paths: `SELECT f.path FROM filearr AS f WHERE f.path::text > $1::text
    AND EXISTS (SELECT 1 FROM hash AS h WHERE h.file_id = f.id) ORDER BY f.path LIMIT $2`,
  listed: 'SELECT path FROM filearr WHERE path::text = ANY($1::text[])',
  listedCount: 'SELECT pg_catalog.count(*) AS count FROM (SELECT 1 FROM filearr LIMIT $1) AS counted',
  refusal: commonRefusal,
};

const hasHashes = '(md5 IS NOT NULL OR sha1 IS NOT NULL OR sha256 IS NOT NULL)';
const timed = list(columns, 'r.').replace('r.mtime', 'pg_catalog.to_timestamp(r.mtime::float8)');

/** openSUSE's of 2020: one table, where a file without hashes has NULL. */
export const opensuse: MirrorbrainSchema = {
  title: "openSUSE's schema of 2020",
  tables: { files: ['id', 'path', ...columns, 'updated_at'] },
  listPaths: null,
  upsert: [
    `UPDATE files SET mtime = pg_catalog.to_timestamp(r.mtime::float8), ${assigned(sums, 'r')}, updated_at = now() FROM (
      SELECT f.id AS file, r.* FROM pg_temp.mirrorhash_rows AS r JOIN files AS f ON f.path::text = r.path
      WHERE ${differing('f', 'extract(epoch FROM f.mtime)::float8')}
      ORDER BY f.path FOR NO KEY UPDATE OF f) AS r WHERE files.id = r.file`,
    `INSERT INTO files (path, ${list(columns)}) SELECT r.path, ${timed} FROM pg_temp.mirrorhash_rows AS r
      WHERE NOT EXISTS (SELECT 1 FROM files AS f WHERE f.path::text = r.path) ORDER BY r.path
      ON CONFLICT (path) DO UPDATE SET ${assigned(columns, 'excluded')}, updated_at = now()`,
  ],
  missed: null,
  remove: `UPDATE files SET ${columns.map((column) => `${column} = NULL`).join(', ')}, updated_at = now() WHERE id IN (
    SELECT id FROM files WHERE path::text = ANY($1::text[]) AND ${hasHashes} ORDER BY path FOR NO KEY UPDATE)`,
  fetch: `SELECT path, extract(epoch FROM mtime)::float8 AS mtime, ${list(fetched)} FROM files
    WHERE path::text = ANY($1::text[]) AND ${hasHashes}`,
  paths: `SELECT path FROM files WHERE path::text > $1::text AND ${hasHashes} ORDER BY path LIMIT $2`,
  listed: 'SELECT path FROM files WHERE path::text = ANY($1::text[])',
  listedCount: 'SELECT pg_catalog.count(*) AS count FROM (SELECT 1 FROM files LIMIT $1) AS counted',
  refusal(row, longest) {
    // The column path_hash reads the path as the text of a bytea, in which a backslash begins an escape.
    if (row.path.includes('\\')) {
      return {
        path: row.path,
        code: 'PATH_BACKSLASH',
        message: `${opensuse.title} cannot hold a backslash in a path`,
      };
    }
    return commonRefusal(row, longest);
  },
};

/** The first one whose tables and columns are all there counts; openSUSE's may have the classic tables beside it. */
export const schemas: readonly MirrorbrainSchema[] = [opensuse, classic];

const mtimeLimit = 2 ** 31;

function commonRefusal(row: RedirectorRow, longest: number | null): Refusal | null {
  const { path, mtime } = row;
  if (!isComplete(row)) {
    const message = 'its digests or piece hashes are incomplete, which the redirector does not survive';
    return { path, code: 'ROW_REFUSED', message };
  }
  if (longest !== null && path.length > longest && [...path].length > longest) {
    return {
      path,
      code: 'PATH_TOO_LONG',
      message: `its path is longer than the ${longest} characters that the database holds`,
    };
  }
  if (mtime >= mtimeLimit || mtime < -mtimeLimit) {
    return {
      path,
      code: 'MTIME_OUT_OF_RANGE',
      message: 'its mtime does not fit into the 32 bits that the redirector compares',
    };
  }
  return null;
}

/** Apache's child dies over an empty SHA-1 or SHA-256 when it is asked for a torrent. */
function isComplete({ md5, sha1, sha256, btih, size, sha1piecesize, sha1pieces }: RedirectorRow): boolean {
  const hasDigests = md5.length === 16 && sha1.length === 20 && sha256.length === 32 && btih.length === 20;
  return hasDigests && sha1pieces.length === 20 * Math.ceil(size / sha1piecesize);
}
