/**
 * Files in the tree that we exported there ourselves, for those who look at the tree: they are no content, and are not
 * hashed.
 */
import { existsSync } from 'node:fs';
import type { Version } from '../freshness.js';
import type { TreePath } from '../model.js';
import { joinTime } from './cache-rows.js';
import { manifestSchema } from './manifest-schema.js';
import { type Connection, explained, openForReading } from './open.js';

/** Versions by name. */
export type OwnOutputs = ReadonlyMap<string, readonly Version[]>;

type Row = readonly [name: string, size: number, mtimeS: number, mtimeNs: number];

const none: OwnOutputs = new Map();

const query = `SELECT name, size, output.mtime_s, output.mtime_ns FROM root
  JOIN directory ON directory.root = root.id JOIN output ON output.directory = directory.id
  WHERE root.path = @base AND directory.path IN (@path, @also)`;

/**
 * An export may begin at any moment, and tells of an output before it appears: so each question is asked anew, as soon
 * as there is a manifest.
 *
 * @param manifestFile which need not exist
 */
export function ownOutputsOf(manifestFile: string, base: string): (path: TreePath) => OwnOutputs {
  let ask: ReturnType<Connection['prepare']> | null = null;
  return (path) =>
    explained(manifestFile, manifestSchema, () => {
      if (ask === null && !existsSync(manifestFile)) return none;
      ask ??= openForReading(manifestFile, manifestSchema).prepare(query).raw();
      const rows = ask.all({ base, path, also: path === '' ? '/' : path }) as Row[];
      return rows.length === 0 ? none : byName(rows);
    });
}

function byName(rows: readonly Row[]): OwnOutputs {
  const versions = new Map<string, Version[]>();
  for (const [name, size, s, ns] of rows) {
    const version = { size, mtimeNs: joinTime(s, ns) };
    const known = versions.get(name);
    if (known === undefined) versions.set(name, [version]);
    else known.push(version);
  }
  return versions;
}
