/**
 * What must hold of a state after a run was killed, and after the run that follows it.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { select } from '../support/e2e-files.js';
import { cacheFacts, differences, type Expected, inSeconds, redirectorFacts } from './oracle.js';

const script = fileURLToPath(new URL('whole.py', import.meta.url));
const databases = ['cache.db', 'redirector.db', 'exports.db'];

/** What another program that may only read finds wrong with the databases. */
export async function damage(state: string): Promise<readonly string[]> {
  const there = databases.map((name) => join(state, name)).filter((file) => existsSync(file));
  const logs = there.map((file) => `${file}-wal`).filter((file) => existsSync(file));
  const { stdout } = await promisify(execFile)('python3', [script, ...there]);
  // What was committed may stand in them only.
  const lost = logs.filter((file) => !existsSync(file)).map((file) => `${file} is gone`);
  return [...stdout.split('\n').filter((line) => line !== ''), ...lost];
}

const kept = /^(cache|redirector|exports)\.db(-wal|-shm)?$|^(redirector\.db\.)?locks$/;

/** What lies in a state that no run needs any more: temporaries, and locks of nobody. */
export function leftovers(state: string): readonly string[] {
  return readdirSync(state, { withFileTypes: true }).flatMap((entry) => {
    if (!kept.test(entry.name)) return [entry.name];
    return entry.isDirectory()
      ? readdirSync(join(state, entry.name)).map((name) => `${entry.name}/${name}`)
      : [];
  });
}

export interface Stored {
  /** paths with a record that is complete, by the default recipe */
  readonly right: ReadonlySet<string>;
  /** rows that say what no file says that has their size and mtime */
  readonly wrong: readonly string[];
}

/** What is committed right now. */
export function stored(state: string, expected: Expected): Stored {
  const file = join(state, 'cache.db');
  if (!existsSync(file)) return { right: new Set(), wrong: [] };
  const usual = new Set(usualPieces(file));
  const rows = cacheFacts(file);
  const right = new Set<string>();
  const wrong: string[] = [];
  for (const row of rows) {
    const wanted = expected.get(row.path);
    if (wanted?.size !== row.size || wanted.mtime !== row.mtime) continue;
    if (row.sha256 !== wanted.sha256 || row.md5 !== wanted.md5 || row.sha1 !== wanted.sha1)
      wrong.push(row.path);
    // A new signature is taken over without reading the file.
    const found = differences(new Map([[row.path, wanted]]), [{ ...row, pgp: wanted.pgp }]);
    if (found.length === 0 && usual.has(row.path)) right.add(row.path);
  }
  return { right, wrong };
}

/** Paths whose pieces have the length that is usual for files of this size. */
function usualPieces(file: string): readonly string[] {
  const rows = select<{ path: string }>(
    file,
    `SELECT CASE directory.path WHEN '' THEN '' ELSE directory.path || '/' END || name AS path
    FROM file JOIN directory ON directory.id = directory WHERE piece_length = 262144`,
  );
  return rows.map(({ path }) => path);
}

/** In what the databases differ from what the oracle says. */
export function wrongInCache(state: string, expected: Expected): readonly string[] {
  return differences(expected, cacheFacts(join(state, 'cache.db')));
}

export function wrongInRedirector(state: string, expected: Expected): readonly string[] {
  return differences(inSeconds(expected), redirectorFacts(join(state, 'redirector.db')));
}
