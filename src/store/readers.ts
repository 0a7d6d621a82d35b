/**
 * Who may read a database beside its owner: whoever may enter the directory that it lies in, by group or as anybody, as
 * far as the umask leaves it to them; where everybody may write, as in `/tmp`, its owner alone. So one `chmod` and
 * `chgrp` of a state opens or closes it. Who may write is left alone.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { systemCode } from '../errors.js';

const ownerMayUse = 0o600;
const readBits = 0o044;
const enterBits = 0o011;
const othersMayWrite = 0o002;

/** Asked once in each thread: to be told, Node sets it to 0 for a moment. What is made beside it has a mode of its own. */
const umask = process.umask();

/** The two files that a database in WAL mode has beside it. */
const logSuffixes = ['-wal', '-shm'];

/** Gives a database the readers of its directory, and those beside it that are its log. It must be known as ours. */
export function shareWithReaders(file: string): void {
  const directory = statSync(dirname(file));
  for (const name of [file, ...logSuffixes.map((suffix) => file + suffix)]) share(name, directory);
}

/**
 * A file of somebody else, or of none, stays as it is, and what a link leads to, too. By name: to close a descriptor of a
 * database lets go of all locks that SQLite has on it.
 */
function share(file: string, directory: Stats): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found?.uid !== process.geteuid?.() || !found?.isFile()) return;
  const old = found.mode & 0o777;
  const readers = readersOf(directory);
  // A run with a narrow umask closes nothing that another one opened: a server may live on it.
  const mode = (old & ~readBits) | ownerMayUse | ((old | ~umask) & readers);
  if (found.gid !== directory.gid && mode !== ownerMayUse)
    attempt(() => lchownSync(file, found.uid, directory.gid));
  if (mode !== old) attempt(() => chmodSync(file, mode));
}

/** The bits that let those read who may enter. */
function readersOf({ mode }: Stats): number {
  return (mode & othersMayWrite) === 0 ? (mode & enterBits) << 2 : 0;
}

/**
 * Closes a database that others may only read. SQLite removes its log with the last connection, and then nobody who
 * may only read can open the file: in WAL mode a reader needs both files, or the right to make them. Empty ones are
 * enough.
 */
export function closeForReaders(connection: Database, file: string): void {
  connection.close();
  for (const suffix of logSuffixes) leaveEmpty(file + suffix, statSync(file));
}

/** Makes a file that is as accessible as the database. */
function leaveEmpty(file: string, { mode, uid, gid }: Stats): void {
  attempt(() => {
    const descriptor = openSync(file, 'wx', ownerMayUse);
    fchmodSync(descriptor, mode & 0o777);
    fchownSync(descriptor, uid, gid);
    closeSync(descriptor);
  });
}

/** A service to readers: where it fails, nothing is lost. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}
