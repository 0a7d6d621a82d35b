/** Databases of MirrorBrain on a real server, each for one test. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { Answer } from '../postgres-server.js';

export type SchemaName = 'classic' | 'opensuse';

/** bytes of a table are Buffers, 64-bit numbers are texts */
export type Row = Record<string, unknown>;

/** A database, as its administrator sees it. */
export class TestDatabase {
  constructor(
    readonly name: string,
    readonly url: string,
  ) {}

  /** Asks it as another program does. Several statements may stand in one text, then there are no rows. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return queryAt(this.url, sql, values);
  }

  /** A connection of its own, closed when the test has ended. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client(this.url);
    // The test that kills a server is not interested in this one.
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  }

  /** Throws away all that is in it. */
  async clear(): Promise<void> {
    await this.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  }

  async makeTables(schema: SchemaName): Promise<void> {
    await this.query(readFileSync(new URL(`${schema}.sql`, import.meta.url), 'utf8'));
  }
}

/** The URL of the server that all tests share. @throws when it does not start */
export async function sharedServerUrl(): Promise<string> {
  const answer = JSON.parse(await text(connect(inject('postgresPort'), '127.0.0.1'))) as Answer;
  if ('error' in answer) throw new Error(answer.error);
  return answer.url;
}

export interface DatabaseOptions {
  /** the URL of another server than the shared one, for a superuser */
  readonly server?: string;
  readonly encoding?: 'UTF8' | 'LATIN1' | 'SQL_ASCII';
}

let made = 0;

/** A database of the test's own, without tables when `schema` is null; dropped when the test has ended. */
export async function makeDatabase(
  schema: SchemaName | null,
  { server, encoding = 'UTF8' }: DatabaseOptions = {},
): Promise<TestDatabase> {
  const administrator = server ?? (await sharedServerUrl());
  made++;
  const name = `mirrorhash_test_${process.pid}_${Date.now()}_${made}`;
  // Another encoding than the server's own goes with no locale but this one.
  const locale = encoding === 'UTF8' ? '' : " LOCALE_PROVIDER libc LOCALE 'C'";
  await queryAt(administrator, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}'${locale}`);
  onTestFinished(async () => {
    // A server of the test's own may be down by now, and takes the database with it.
    if (server === undefined) await queryAt(administrator, `DROP DATABASE ${name} WITH (FORCE)`);
  });
  const url = new URL(administrator);
  url.pathname = `/${name}`;
  const database = new TestDatabase(name, url.href);
  if (schema !== null) await database.makeTables(schema);
  return database;
}

async function queryAt(url: string, sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await (values.length === 0 ? client.query(sql) : client.query(sql, [...values]));
    return rows as Row[];
  } finally {
    await client.end();
  }
}
