/**
 * A session with a PostgreSQL server: connected, set up, and over as soon as anything is wrong with the connection.
 *
 * It knows no tables of MirrorBrain. Nothing is tried twice here: who holds a lock must know that it was lost.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { systemCode } from '../../errors.js';
import type { ConnectionSettings } from './connection-settings.js';
import { explained, sqlState } from './failures.js';

/** Milliseconds without a byte from a server that owes an answer. */
const silenceMs = 120_000;
/** Milliseconds that an interrupted run gives a statement to end by itself. */
const graceMs = 1_000;

/**
 * Short limits, so that nobody waits long for us, and no lock outlives a machine of ours that is gone. Joins are looked
 * up row by row: all are of few rows with large tables, which the planner, without statistics of the temporary table,
 * may read whole.
 */
const setUp = `
SET statement_timeout = '120s';
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 60;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 6;
SET client_min_messages = warning;
SET work_mem = '32MB';
SET temp_buffers = '32MB';
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET standard_conforming_strings = on;`;

export class Session {
  private isOver = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly name: string,
  ) {}

  /**
   * @param signal aborted: what is under way is cut off after a moment
   * @throws MirrorhashError
   */
  static async connect(settings: ConnectionSettings, signal: AbortSignal): Promise<Session> {
    const client = await connected(settings, signal);
    const session = new Session(client, settings.name);
    // Without a listener, a connection that is lost between two statements would end the process.
    client.on('error', () => session.cut());
    client.on('end', () => {
      session.isOver = true;
    });
    const onAbort = (): void => {
      setTimeout(() => session.cut(), graceMs).unref();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    client.once('end', () => signal.removeEventListener('abort', onAbort));
    socketOf(client).on('timeout', () => session.cut());
    await session.query(setUp).catch((error: unknown) => {
      session.cut();
      throw error;
    });
    return session;
  }

  /** False once the connection is lost or ended. */
  get isOpen(): boolean {
    return !this.isOver;
  }

  async query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]> {
    return (await this.run(sql, values)).rows as Row[];
  }

  /** @returns how many rows it changed */
  async change(sql: string, values?: readonly unknown[]): Promise<number> {
    return (await this.run(sql, values)).rowCount ?? 0;
  }

  /** Sends what the server is to read from its standard input. */
  async copyIn(sql: string, data: Iterable<Buffer>): Promise<void> {
    await this.guarded(() => pipeline(Readable.from(data), this.client.query(copyFrom(sql))));
  }

  /** All of the work, or none of it. @throws what the work threw, as it was */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query('BEGIN');
    try {
      const result = await work();
      await this.query('COMMIT');
      return result;
    } catch (error) {
      // Where this fails as well, the session is over, and the server undoes the work by itself.
      if (this.isOpen) await this.query('ROLLBACK').catch(() => this.cut());
      throw error;
    }
  }

  async end(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    // A server that does not answer is not waited for.
    const timer = setTimeout(() => socketOf(this.client).destroy(), graceMs);
    await this.client.end().catch(() => {});
    clearTimeout(timer);
  }

  private run(sql: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    return this.guarded(() =>
      // Without values several statements may stand in one text.
      values.length === 0 ? this.client.query(sql) : this.client.query(sql, [...values]),
    );
  }

  /** What the server itself answered is thrown as it is; the session outlives it. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.isOver) throw explained(this.name, new Error('the connection was lost'));
    const socket = socketOf(this.client);
    // Only while an answer is owed: between two statements hours may pass.
    socket.setTimeout(silenceMs);
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) === null || this.isOver) this.cut();
      throw error;
    } finally {
      socket.setTimeout(0);
    }
  }

  private cut(): void {
    this.isOver = true;
    socketOf(this.client).destroy();
  }
}

async function connected({ attempts, name }: ConnectionSettings, signal: AbortSignal): Promise<pg.Client> {
  let failure: unknown = new Error('the run was interrupted');
  for (const attempt of attempts) {
    // Also between two attempts: the first one failed because it was cut off.
    if (signal.aborted) break;
    const client = new pg.Client(attempt);
    const onAbort = (): void => void socketOf(client).destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await client.connect();
      return client;
    } catch (error) {
      socketOf(client).destroy();
      failure = error;
      // Only what the other way, with TLS or without, could mend is tried that way: a network or a password is not.
      if (sqlState(error) === '28P01' || (sqlState(error) === null && systemCode(error) !== null)) break;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
  throw explained(name, failure);
}

/** The driver has no other way to end a connection at once. */
function socketOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}
