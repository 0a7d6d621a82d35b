/**
 * Looks at a database: which of MirrorBrain's schemas is it?
 */
import { MirrorhashError } from '../../errors.js';
import { type MirrorbrainSchema, schemas } from './schemas.js';
import type { Session } from './session.js';

export interface Recognised {
  readonly schema: MirrorbrainSchema;
  /** tells the tables from others of the same name that are made later */
  readonly identity: string;
  /** characters that a path may have, null: any number */
  readonly longestPath: number | null;
}

interface Column {
  readonly table: string;
  readonly oid: string;
  readonly column: string;
  /** of varchar: characters and 4, else -1 */
  readonly modifier: number;
}

// No views: who is to be told from others of the same name stands behind them.
const lookAtTables = `SELECT t.name AS table, c.oid::text AS oid, a.attname AS column, a.atttypmod AS modifier
  FROM pg_catalog.unnest($1::text[]) AS t(name)
  JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(t.name)::oid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const lookAtDatabase = `SELECT oid::text AS oid, pg_catalog.pg_encoding_to_char(encoding) AS encoding FROM pg_catalog.pg_database
  WHERE datname = pg_catalog.current_database()`;

/** @throws MirrorhashError REDIRECTOR_UNUSABLE that says what was looked for */
export async function recognise(session: Session, name: string): Promise<Recognised> {
  const names = schemas.flatMap(({ tables }) => Object.keys(tables));
  const found = await session.query<Column>(lookAtTables, [names]);
  const [database] = await session.query<{ oid: string; encoding: string }>(lookAtDatabase);
  const schema = schemas.find((candidate) => lacking(candidate, found).length === 0);
  if (schema === undefined) throw unknownSchema(name, found);
  if (database?.encoding !== 'UTF8' && database?.encoding !== 'SQL_ASCII') {
    throw new MirrorhashError(
      'REDIRECTOR_UNUSABLE',
      `${name} is encoded in ${database?.encoding}, which cannot hold every path; MirrorBrain's is made with UTF8`,
    );
  }
  const own = found.filter(({ table }) => table in schema.tables);
  const oids = new Map(own.map(({ table, oid }) => [table, oid]));
  const path = own.find(({ column }) => column === 'path');
  return {
    schema,
    identity: [database.oid, ...[...oids].sort().map(([table, oid]) => `${table} ${oid}`)].join(', '),
    longestPath: path !== undefined && path.modifier > 4 ? path.modifier - 4 : null,
  };
}

/** What a schema needs and the database has not. */
function lacking({ tables }: MirrorbrainSchema, found: readonly Column[]): string[] {
  return Object.entries(tables).flatMap(([table, columns]) => {
    const there = found.filter((column) => column.table === table).map(({ column }) => column);
    if (there.length === 0) return [`the table ${table}`];
    const missing = columns.filter((column) => !there.includes(column));
    return missing.length === 0 ? [] : [`${missing.join(', ')} in the table ${table}`];
  });
}

function unknownSchema(name: string, found: readonly Column[]): MirrorhashError {
  const looked = schemas.map((schema) => `${schema.title}: without ${lacking(schema, found).join(' and ')}`);
  return new MirrorhashError(
    'REDIRECTOR_UNUSABLE',
    `${name} has no tables of MirrorBrain (${looked.join('; ')})`,
    {
      hint: 'check the name of the database, its search_path, and that mb has made its tables',
    },
  );
}
