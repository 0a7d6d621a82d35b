/**
 * What databases must hold of a tree, as programs that are not ours make it (oracle.py), and in what a database differs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { select } from '../support/e2e-files.js';

/** Digests in hex; the SHA-256 of the zsync sums stands for them. */
export interface Facts {
  readonly path: string;
  readonly size: number;
  /** nanoseconds since 1970, or seconds where the database has no more */
  readonly mtime: string;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly pieces: string;
  readonly btih: string;
  readonly pgp: string;
  /** block size, Hash-Lengths, sums; null where zsyncmake is not installed */
  readonly zsync: readonly [number, string, string] | null;
}

export type Expected = ReadonlyMap<string, Facts>;

const script = fileURLToPath(new URL('oracle.py', import.meta.url));

/** Reads the whole tree, which must stand still. */
export async function oracle(tree: string): Promise<Expected> {
  const { stdout } = await promisify(execFile)('python3', [script, tree], { maxBuffer: 1 << 30 });
  const facts = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Facts);
  return new Map(facts.map((each) => [each.path, each]));
}

/** As a redirector's database has it: whole seconds, truncated towards zero. */
export function inSeconds(expected: Expected): Expected {
  const whole = (mtime: string): string => String(BigInt(mtime) / 1_000_000_000n);
  return new Map([...expected].map(([path, each]) => [path, { ...each, mtime: whole(each.mtime) }]));
}

/** What our own cache holds. */
export const cacheQuery = `
  SELECT CASE directory.path WHEN '' THEN '' ELSE directory.path || '/' END || name AS path, size,
    CASE WHEN abs(mtime_s) < 9000000000 THEN CAST(mtime_s * 1000000000 + mtime_ns AS TEXT)
      ELSE mtime_s || printf('%09d', abs(mtime_ns)) END AS mtime, md5, sha1, sha256, pieces, btih,
    coalesce(signature, '') AS pgp, coalesce(zsync_block_size, 0) AS block,
    coalesce(zsync_hash_lengths, '') AS lengths, coalesce(zsync_sums, x'') AS zsums
  FROM file JOIN directory ON directory.id = directory JOIN sums ON file = file.id`;

/** What a redirector's database holds, embedded or MirrorBrain's; mtime in seconds. */
export const redirectorQuery = `
  SELECT path, size, CAST(mtime AS TEXT) AS mtime, md5, sha1, sha256, sha1pieces AS pieces, btih, pgp,
    zblocksize AS block, zhashlens AS lengths, zsums
  FROM filearr JOIN hash ON file_id = id`;

export function cacheFacts(file: string): readonly Facts[] {
  return select<RawFacts>(file, cacheQuery).map(facts);
}

export function redirectorFacts(file: string): readonly Facts[] {
  return select<RawFacts>(file, redirectorQuery).map(facts);
}

/** As SQLite and PostgreSQL give it. */
export interface RawFacts {
  readonly path: string;
  readonly size: number | string;
  readonly mtime: string;
  readonly md5: Uint8Array;
  readonly sha1: Uint8Array;
  readonly sha256: Uint8Array;
  readonly pieces: Uint8Array;
  readonly btih: Uint8Array;
  readonly pgp: string;
  readonly block: number;
  readonly lengths: string;
  readonly zsums: Uint8Array;
}

export function facts({ block, lengths, zsums, ...row }: RawFacts): Facts {
  return {
    ...row,
    size: Number(row.size),
    md5: hex(row.md5),
    sha1: hex(row.sha1),
    sha256: hex(row.sha256),
    pieces: hex(row.pieces),
    btih: hex(row.btih),
    zsync: [block, lengths, zsums.length === 0 ? '' : createHash('sha256').update(zsums).digest('hex')],
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A line for each field that is not as it should be, for each row that is missing and each that is too many. */
export function differences(expected: Expected, rows: readonly Facts[]): readonly string[] {
  const found = new Map(rows.map((row) => [row.path, row]));
  const missing = [...expected.keys()].filter((path) => !found.has(path));
  return [
    ...(found.size === rows.length ? [] : [`${rows.length - found.size} paths have two rows`]),
    ...missing.map((path) => `${JSON.stringify(path)} is missing`),
    ...rows.flatMap((row) => differencesOf(expected.get(row.path), row)),
  ];
}

function differencesOf(wanted: Facts | undefined, row: Facts): readonly string[] {
  const path = JSON.stringify(row.path);
  if (wanted === undefined) return [`${path} is too many`];
  const fields: [string, unknown, unknown][] = [
    ['size', row.size, wanted.size],
    ['mtime', row.mtime, wanted.mtime],
    ['zsync', JSON.stringify(row.zsync), JSON.stringify(wanted.zsync ?? row.zsync)],
  ];
  for (const name of ['md5', 'sha1', 'sha256', 'pieces', 'btih', 'pgp'] as const)
    fields.push([name, row[name], wanted[name]]);
  return fields
    .filter(([, is, should]) => is !== should)
    .map(([name, is, should]) => `${path}: ${name} is ${is}, should be ${should}`);
}
