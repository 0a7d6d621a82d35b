/**
 * A PostgreSQL server of one test.
 */
import { onTestFinished } from 'vitest';
import { PostgresServer, type ServerOptions } from './postgres.js';

/** A server of the test's own, gone when the test has ended. Unlike the shared one it keeps its promises: fsync is on. */
export async function ownServer(options?: ServerOptions): Promise<PostgresServer> {
  const server = await PostgresServer.start(options);
  onTestFinished(() => server.dispose());
  return server;
}
