/**
 * Locks between processes, one for each name (a directory of the tree, a redirector), kept in the state.
 *
 * A lock is a file with a note in it that tells who holds it. proper-lockfile makes and refreshes it, and knows only
 * its age; by the note, a lock whose holder died on this machine is broken at once, one held elsewhere after its
 * stale time. Taking, breaking and releasing happen in a section that only one process is in at a time (the caller
 * provides it, from a database whose own lock dies with its process), so that two never break one lock.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  stat,
  statSync,
  unlinkSync,
  utimes,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import lockfile from 'proper-lockfile';
import { systemCode } from '../errors.js';
import { type Holder, parseHolder, self, stateOf } from './holder.js';

/** Milliseconds after which a lock that nobody refreshes is abandoned. */
const staleMs = 30_000;
const lockSuffix = '.lock';
const draftSuffix = '.new';

export type Exclusively = <T>(work: () => T) => T;

export interface Lock {
  readonly name: string;
  /** false once the lock was lost: then nothing may be written in its name */
  readonly held: boolean;
}

interface HeldLock extends Lock {
  /** what the file says: nobody else writes the same */
  readonly note: string;
}

export class Locks {
  private readonly me = self();
  private isMade = false;

  /**
   * @param directory   where the locks lie; made with the first lock
   * @param exclusively runs work while no other process is in its own
   */
  constructor(
    private readonly directory: string,
    private readonly exclusively: Exclusively,
  ) {}

  /** @returns the lock, or null while another run holds it */
  acquire(name: string): Lock | null {
    return this.exclusively(() => {
      if (this.isTaken(name)) return null;
      this.makeDirectory();
      try {
        return this.take(name, JSON.stringify({ ...this.me, name, token: randomUUID() }));
      } catch (error) {
        // A process of another machine, which our section does not keep out, was faster.
        if (systemCode(error) === 'ELOCKED') return null;
        throw error;
      }
    });
  }

  /**
   * Removes what dead runs left: a directory may have no work ever again, so that nobody asks for its lock. To be
   * called in the section that `exclusively` stands for.
   */
  sweep(): void {
    if (!existsSync(this.directory)) return;
    for (const entry of readdirSync(this.directory)) {
      const path = `${this.directory}/${entry}`;
      // Whoever wrote the draft is not in the section any more, and ended in it.
      const isLeft = entry.endsWith(draftSuffix) || (entry.endsWith(lockSuffix) && !isHeldAt(path, this.me));
      if (isLeft) rmSync(path, { recursive: true, force: true });
    }
  }

  private makeDirectory(): void {
    if (this.isMade) return;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.sweep();
    this.isMade = true;
  }

  /** Whether another run holds the lock; changes nothing. */
  isHeld(name: string): boolean {
    return isHeldAt(this.file(name), this.me);
  }

  /** Gives locks back; one that was lost meanwhile is left alone. */
  release(locks: readonly Lock[]): void {
    if (locks.length === 0) return;
    this.exclusively(() => {
      for (const lock of locks as readonly HeldLock[]) this.giveBack(lock);
    });
  }

  private giveBack({ name, note }: HeldLock): void {
    const path = this.file(name);
    const isOurs = readNote(this.file(name)) === note;
    // Where it is not: proper-lockfile is to forget the lock, and must not remove what is another's now.
    const lockfilePath = isOurs ? path : `${path}.lost`;
    try {
      lockfile.unlockSync(path, { lockfilePath, realpath: false, fs: lockFiles(note) });
    } catch (error) {
      if (systemCode(error) !== 'ENOTACQUIRED') throw error;
      if (isOurs) rmSync(path);
    }
  }

  /** Clears the way when the holder is dead or gave up; true when somebody still holds the lock. */
  private isTaken(name: string): boolean {
    if (!existsSync(this.file(name))) return false;
    if (this.isHeld(name)) return true;
    rmSync(this.file(name), { recursive: true, force: true });
    return false;
  }

  private take(name: string, note: string): HeldLock {
    const path = this.file(name);
    // Losing it shows in the note, at once; proper-lockfile would tell later.
    const onCompromised = (): void => {};
    const fs = lockFiles(note);
    lockfile.lockSync(path, { lockfilePath: path, realpath: false, stale: staleMs, onCompromised, fs });
    const isOurs = (): boolean => readNote(this.file(name)) === note;
    return {
      name,
      note,
      get held() {
        return isOurs();
      },
    };
  }

  private file(name: string): string {
    return `${this.directory}/${fileNameOf(name)}${lockSuffix}`;
  }
}

function isHeldAt(path: string, me: Holder): boolean {
  const note = readNote(path);
  if (note === null) return false;
  const holder = parseHolder(note);
  const state = holder === null ? 'unknown' : stateOf(holder, me);
  // A holder that lives here but was stopped for a while still believes in its lock: let it.
  return state === 'alive' || (state === 'unknown' && isRefreshed(path));
}

function isRefreshed(path: string): boolean {
  return lockfile.checkSync(path, { lockfilePath: path, realpath: false, stale: staleMs });
}

/** Null when there is no such lock. */
function readNote(path: string): string | null {
  // Mostly there is none, and an error costs more than asking before.
  if (!existsSync(path)) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return null;
    // proper-lockfile by itself makes a directory, and nobody can tell whose it is.
    if (code === 'EISDIR') return '';
    throw error;
  }
}

/**
 * The file system as proper-lockfile is to see it: it makes a lock with `mkdir`, and here that makes a file. A file
 * with the note in it takes fewer changes of the file system than a directory with a note beside it, and appears whole
 * or not at all.
 */
function lockFiles(note: string): object {
  return { mkdirSync: (path: string) => publish(path, note), rmdirSync: unlinkSync, ...refreshing };
}

const refreshing = { stat, statSync, utimes, utimesSync };

/** @throws EEXIST when the file is there already */
function publish(path: string, text: string): void {
  const draft = `${path}.${process.pid}${draftSuffix}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } finally {
    unlinkSync(draft);
  }
}

/** A path may be longer than a file name and hold `/`: its hash is neither. */
function fileNameOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 40);
}
