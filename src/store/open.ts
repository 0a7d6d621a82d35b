/**
 * Opens our SQLite files: made whole or not at all, in WAL mode, brought to the newest schema.
 *
 * WAL, because a file in rollback mode cannot be opened read-only after its writer was killed.
 */
import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type ErrorCode, MirrorhashError, messageOf, systemCode } from '../errors.js';
import { makeWhole, sweepDrafts } from './drafts.js';
import { shareWithReaders } from './readers.js';

export type Connection = Database.Database;

export interface Schema {
  /** what the file is called in errors */
  readonly title: string;
  /** written into the header, so that a foreign file is recognised */
  readonly applicationId: number;
  /** Whether a file of another program can be used as it is; it is never migrated. */
  readonly adopts?: (connection: Connection) => boolean;
  /** SQL that leads from version i to version i + 1 */
  readonly migrations: readonly string[];
  /** the oldest version that who only reads can use as it is; by default the newest */
  readonly readableFrom?: number;
  /** the code of errors of this file */
  readonly unusable: ErrorCode;
  /** the code when it is somebody else's */
  readonly foreign: ErrorCode;
}

/** 16 MiB. A checkpoint waits for the disk, and does so for few pages or many. */
const checkpointPages = 4096;

/** Milliseconds to wait while another process commits. */
const busyTimeout = 20_000;

/**
 * @param upTo `readable`: an older file that can be read is left as it is
 * @throws MirrorhashError when the file is foreign, newer, damaged or cannot be written
 */
export function openForWriting(
  file: string,
  schema: Schema,
  upTo: 'newest' | 'readable' = 'newest',
): Connection {
  return explained(file, schema, () => {
    if (!existsSync(file)) makeWhole(file, (connection) => migrate(connection, file, schema));
    sweepDrafts(file);
    const connection = connect(file, false);
    try {
      const own = isOwn(connection, file, schema);
      connection.pragma('journal_mode = WAL');
      connection.pragma('synchronous = NORMAL');
      connection.pragma('foreign_keys = ON');
      connection.pragma(`wal_autocheckpoint = ${checkpointPages}`);
      const suffices = upTo === 'readable' && isReadable(versionOf(connection), schema);
      if (own && !suffices) migrate(connection, file, schema);
      if (own) shareWithReaders(file);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  });
}

/** Opens an existing file without changing it. */
export function openForReading(file: string, schema: Schema): Connection {
  return explained(file, schema, () => {
    const connection = connect(file, true);
    try {
      if (!isReadableHere(connection)) throw withoutLog(file, schema);
      if (!isOwn(connection, file, schema)) return connection;
      const version = versionOf(connection);
      if (version > schema.migrations.length) throw newer(file, schema);
      if (!isReadable(version, schema)) {
        throw new MirrorhashError(schema.unusable, `${file} has an older format (version ${version})`, {
          hint: 'run mirrorhash hash once to bring it up to date',
        });
      }
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  });
}

/** False where the file can be read, but neither its log nor the right to make one is there. */
function isReadableHere(connection: Connection): boolean {
  try {
    connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
    return true;
  } catch (error) {
    if (!cannotMake.has(systemCode(error))) throw error;
    return false;
  }
}

const cannotMake: ReadonlySet<string | null> = new Set(['SQLITE_CANTOPEN', 'SQLITE_READONLY_DIRECTORY']);

function withoutLog(file: string, schema: Schema): MirrorhashError {
  return new MirrorhashError(
    schema.unusable,
    `${file} cannot be read: its -wal and -shm are missing, and this user may not make them`,
    { hint: 'run mirrorhash hash as its owner: it leaves them; or let this user write in that directory' },
  );
}

/** Whether the file exists, not whether it is any good. True also where one may not look: who opens it says so. */
export function databaseExists(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    return code === 'EACCES';
  }
}

/** Runs work on a database and says in words what went wrong with it. */
export function explained<T>(
  file: string,
  schema: Pick<Schema, 'title' | 'unusable' | 'foreign'>,
  work: () => T,
): T {
  try {
    return work();
  } catch (error) {
    throw explain(file, schema, error);
  }
}

function connect(file: string, readonly: boolean): Connection {
  // Where the directory cannot be entered, the driver calls that a mistake of ours.
  statSync(file, { throwIfNoEntry: false });
  return new Database(file, { readonly, fileMustExist: true, timeout: busyTimeout });
}

/** False for a file of another program that can be used as it is. */
function isOwn(connection: Connection, file: string, schema: Schema): boolean {
  const tables = connection.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  const id = connection.pragma('application_id', { simple: true });
  if (tables === 0 || id === schema.applicationId) return true;
  if (schema.adopts?.(connection)) return false;
  throw new MirrorhashError(
    schema.foreign,
    `${file} is an SQLite file of another program, not our ${schema.title}`,
    {
      hint: 'nothing was changed; name another file or state directory',
    },
  );
}

function migrate(connection: Connection, file: string, schema: Schema): void {
  if (versionOf(connection) > schema.migrations.length) throw newer(file, schema);
  if (versionOf(connection) === schema.migrations.length) return;
  connection
    .transaction(() => {
      // Asked again inside: another process may have migrated meanwhile.
      if (versionOf(connection) > schema.migrations.length) throw newer(file, schema);
      for (const step of schema.migrations.slice(versionOf(connection))) connection.exec(step);
      connection.pragma(`user_version = ${schema.migrations.length}`);
      connection.pragma(`application_id = ${schema.applicationId}`);
    })
    .immediate();
}

function versionOf(connection: Connection): number {
  return connection.pragma('user_version', { simple: true }) as number;
}

function isReadable(version: number, { migrations, readableFrom = migrations.length }: Schema): boolean {
  return version >= readableFrom && version <= migrations.length;
}

function newer(file: string, schema: Schema): MirrorhashError {
  return new MirrorhashError('CACHE_NEWER', `${file} was written by a newer mirrorhash`, {
    hint: `this version knows the ${schema.title} up to version ${schema.migrations.length}; update mirrorhash`,
  });
}

/** @param what is wrong with a record, null where it is the whole file */
export function damagedIn(
  file: string,
  { title, unusable }: Pick<Schema, 'title' | 'unusable'>,
  what: string | null,
  cause?: unknown,
): MirrorhashError {
  return new MirrorhashError(unusable, `${file} is damaged${what === null ? '' : `: ${what}`}`, {
    hint: `${what === null ? '' : 'mirrorhash hash --force that file, then mirrorhash hash again; or '}move it away: the next run makes a new ${title}`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function explain(
  file: string,
  schema: Pick<Schema, 'title' | 'unusable' | 'foreign'>,
  error: unknown,
): unknown {
  if (error instanceof MirrorhashError) return error;
  const code = systemCode(error);
  const fail = (what: string, hint: string): MirrorhashError =>
    new MirrorhashError(schema.unusable, `${file} ${what}`, { hint, cause: error });
  switch (code) {
    case 'SQLITE_NOTADB':
      return new MirrorhashError(schema.foreign, `${file} is not an SQLite database`, {
        hint: 'nothing was changed; move the file away, or name another file or state directory',
        cause: error,
      });
    case 'SQLITE_FULL':
    // The index of the log could not be made longer.
    case 'SQLITE_IOERR_SHMSIZE':
    case 'ENOSPC':
      return fail('cannot be written: the disk is full', 'make room; what was committed is kept');
    case 'ENOENT':
      return fail('cannot be made: its directory does not exist', 'make the directory, or name another one');
    case 'SQLITE_BUSY':
    case 'SQLITE_PROTOCOL':
      return fail('is locked by another program', 'end that program, or try again later');
    case 'ELOOP':
    case 'ENOTDIR':
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
    case 'SQLITE_READONLY_DBMOVED':
      return fail(
        'cannot be opened or written',
        'check the permissions of the file and of its directory, and whether the disk has room',
      );
  }
  if (code?.startsWith('SQLITE_CORRUPT')) return damagedIn(file, schema, null, error);
  if (code?.startsWith('SQLITE_IOERR')) return fail(`cannot be read or written (${code})`, 'check the disk');
  if (code?.startsWith('SQLITE')) return fail(`cannot be used: ${messageOf(error)}`, 'see --debug');
  return error;
}
