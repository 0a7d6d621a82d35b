/**
 * Reads a file that others may change: stat, open, read, stat again.
 *
 * What was read counts only when `check` finds the file as it was: then it was the file's content, as a whole, at
 * one moment. It follows no link, never blocks on a FIFO, and never reads more than was announced.
 */
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync } from 'node:fs';
import { reasonOf, systemCode } from '../errors.js';
import type { FileStat } from '../model.js';
import { fileAt, lstatIn, toFileStat } from './file-stat.js';
import type { TreeDirectory } from './tree-directory.js';

/** Bytes to read at once: what the digests are fed with should still be in the processor's cache. */
export const readBytes = 256 * 1024;

/** Why a reading does not count. */
export type ReadProblem =
  | { readonly status: 'changed'; readonly why: string }
  | { readonly status: 'vanished' }
  | { readonly status: 'unreadable'; readonly why: string };

/** O_NONBLOCK: a FIFO put in the file's place must not hang us. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class StableFile {
  private done = 0;

  private constructor(
    private readonly directory: TreeDirectory,
    private readonly name: string,
    private readonly expected: FileStat,
    private readonly descriptor: number,
  ) {}

  /** @param expected the stat on which the decision to read was made */
  static open(directory: TreeDirectory, name: string, expected: FileStat): StableFile | ReadProblem {
    let descriptor: number;
    try {
      descriptor = openSync(directory.entry(name), openFlags);
    } catch (error) {
      return openFailure(error);
    }
    const problem = unlessFailed(() => {
      const found = differenceOf(expected, fstatSync(descriptor, { bigint: true }));
      return found === null ? null : { status: 'changed', why: `it ${found} before it was read` };
    });
    if (problem === null) {
      if (isYoung(expected)) flush(descriptor);
      return new StableFile(directory, name, expected, descriptor);
    }
    closeSync(descriptor);
    return problem;
  }

  /** Bytes that are still to be read. */
  get left(): number {
    return this.expected.size - this.done;
  }

  /** Fills the buffer with what comes next, or as much of it as there is; null when that worked. */
  fill(buffer: Uint8Array): ReadProblem | null {
    return unlessFailed(() => {
      const wanted = Math.min(buffer.length, this.left);
      let filled = 0;
      while (filled < wanted) {
        const got = readSync(this.descriptor, buffer, filled, wanted - filled, null);
        if (got === 0) return { status: 'changed', why: 'it shrank while it was read' };
        filled += got;
      }
      this.done += filled;
      return null;
    });
  }

  /**
   * Null: what was read was the file's content. To be asked after the last byte, before it is closed.
   *
   * By the name, because the descriptor shows the old file when it was deleted or another one was put there. What has
   * the name and the inode of the open file is the open file.
   */
  check(): ReadProblem | null {
    return unlessFailed(() => {
      // The way by path costs less than the one through the descriptor, and this file is the same whichever way led to it.
      const atPath = fileAt(`${this.directory.path}/${this.name}`);
      if (atPath !== null && difference(this.expected, atPath) === null) return null;
      const named = lstatIn(this.directory, this.name);
      if (named === null) return { status: 'vanished' };
      const changed = differenceOf(this.expected, named);
      return changed === null ? null : { status: 'changed', why: `it ${changed} while it was read` };
    });
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Linux writes changed pages to the disk after half a minute, when it has no other worries. */
const dirtyNs = 120_000_000_000n;

function isYoung({ mtimeNs }: FileStat): boolean {
  return BigInt(Date.now()) * 1_000_000n - mtimeNs < dirtyNs;
}

/**
 * Who writes through a memory map changes the times only with the first write to a page after it went to the disk. Once
 * it did, a later write shows.
 */
function flush(descriptor: number): void {
  try {
    fdatasyncSync(descriptor);
  } catch (error) {
    // Not every file system can; what cannot be written may still be read.
    if (systemCode(error) === null) throw error;
  }
}

type BigStats = Parameters<typeof toFileStat>[0] & { isFile(): boolean };

function differenceOf(expected: FileStat, found: BigStats): string | null {
  return found.isFile() ? difference(expected, toFileStat(found)) : 'became something else than a file';
}

function difference(expected: FileStat, actual: FileStat): string | null {
  if (actual.inode !== expected.inode || actual.device !== expected.device) return 'was replaced';
  if (actual.size > expected.size) return 'grew';
  if (actual.size < expected.size) return 'shrank';
  if (actual.mtimeNs !== expected.mtimeNs) return 'was written';
  if (actual.ctimeNs !== expected.ctimeNs) return 'was changed';
  return null;
}

function openFailure(error: unknown): ReadProblem {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { status: 'vanished' };
    case 'ELOOP':
    case 'EMLINK':
    case 'ENXIO':
      return { status: 'changed', why: 'it became something else than a file' };
    // A lease of a writer (Samba's oplocks, delegations of an NFS server): opening without O_NONBLOCK would wait for it.
    case 'EAGAIN':
      return { status: 'changed', why: 'another program has it open for writing' };
    default:
      return readFailure(error);
  }
}

function unlessFailed(work: () => ReadProblem | null): ReadProblem | null {
  try {
    return work();
  } catch (error) {
    return readFailure(error);
  }
}

/** What the system says of an unreadable file; anything that is not its word is a bug and is thrown. */
function readFailure(error: unknown): ReadProblem {
  const code = systemCode(error);
  if (code === null) throw error;
  if (code === 'ESTALE') return { status: 'changed', why: 'it was replaced on its file server' };
  return { status: 'unreadable', why: reasonOf(error) };
}
