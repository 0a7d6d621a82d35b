/**
 * Vitest's global setup: one PostgreSQL server for all test files of a run, started when the first of them asks.
 *
 * Test files run in processes of their own, so they ask through a socket (`sharedServerUrl`, mirrorbrain/databases.ts).
 * MIRRORHASH_TEST_PG, the URL of a user who may create databases, takes the server's place.
 */
import { createServer } from 'node:net';
import type { TestProject } from 'vitest/node';
import { PostgresServer } from './postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** the port that answers with the URL of the shared server, as JSON */
    readonly postgresPort: number;
  }
}

export type Answer = { readonly url: string } | { readonly error: string };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: Promise<PostgresServer> | undefined;

  async function answer(): Promise<Answer> {
    const given = process.env.MIRRORHASH_TEST_PG;
    if (given) return { url: given };
    // Nobody pulls the plug of this one, so it need not be ready for that.
    const settings = {
      ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
      ...{ wal_level: 'minimal', max_wal_senders: '0' },
      ...{ shared_buffers: '128MB', max_connections: '200' },
    };
    server ??= PostgresServer.start({ settings });
    try {
      return { url: (await server).url };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  const desk = createServer((socket) => {
    socket.on('error', () => {});
    void answer().then((reply) => socket.end(JSON.stringify(reply)));
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  const address = desk.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  project.provide('postgresPort', address.port);

  return async () => {
    desk.close();
    await server?.then(
      (started) => started.dispose(),
      () => {},
    );
  };
}
