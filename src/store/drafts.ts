/**
 * A new database file is built under another name and linked into place, so that nobody ever sees one without its
 * tables. What it holds is not decided here.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { systemCode } from '../errors.js';

/** SQLite's own files beside a database. */
const suffixes = ['', '-wal', '-shm', '-journal'];

/** @param fill writes the tables */
export function makeWhole(file: string, fill: (connection: Database.Database) => void): void {
  const draft = `${file}.new-${process.pid}`;
  removeDraft(draft);
  try {
    accessSync(dirname(file), constants.W_OK);
    // Nobody else reads it before its readers are known, whatever the umask.
    closeSync(openSync(draft, 'wx', 0o600));
    const connection = new Database(draft);
    connection.pragma('journal_mode = WAL');
    fill(connection);
    connection.close();
    linkSync(draft, file);
  } catch (error) {
    // Another process was faster: its file is as good as ours.
    if (systemCode(error) !== 'EEXIST' && !existsSync(file)) throw error;
  } finally {
    removeDraft(draft);
  }
}

/** Removes what processes left that were killed while they made the file. A service: where it fails, nothing is lost. */
export function sweepDrafts(file: string): void {
  const beginning = `${basename(file)}.new-`;
  try {
    for (const name of readdirSync(dirname(file))) {
      const pid = name.startsWith(beginning) ? Number.parseInt(name.slice(beginning.length), 10) : 0;
      if (pid > 0 && !isAlive(pid)) removeDraft(join(dirname(file), `${beginning}${pid}`));
    }
  } catch (error) {
    if (systemCode(error) === null) throw error;
  }
}

function removeDraft(draft: string): void {
  for (const suffix of suffixes) rmSync(draft + suffix, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
