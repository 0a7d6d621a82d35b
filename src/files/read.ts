/**
 * Reads a file that others may change: stat, open, read, stat again.
 *
 * What is handed to `consume` counts only when the outcome is `complete`: then it was the file's content, as
 * a whole, at one moment. It follows no link, never blocks on a FIFO, and never reads more than was announced.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { reasonOf, systemCode } from '../errors.js';
import type { FileStat } from '../model.js';
import type { TreeDirectory } from './tree-directory.js';
import { lstatIn, toFileStat } from './walk.js';

export type ReadOutcome =
  | { readonly status: 'complete' }
  | { readonly status: 'changed'; readonly why: string }
  | { readonly status: 'vanished' }
  | { readonly status: 'unreadable'; readonly why: string }
  | { readonly status: 'stopped' };

export interface Reading {
  /** read into again and again; its length is the size of a chunk */
  readonly buffer: Uint8Array;
  /** called with a view of the buffer, valid until it returns */
  readonly consume: (chunk: Uint8Array) => void;
  /** called before each chunk with its bytes; false stops the reading */
  readonly proceed: (bytes: number) => boolean;
}

/** O_NONBLOCK: a FIFO put in the file's place must not hang us. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * @param expected the stat on which the decision to read was made
 */
export function readStable(
  directory: TreeDirectory,
  name: string,
  expected: FileStat,
  reading: Reading,
): ReadOutcome {
  let descriptor: number;
  try {
    descriptor = openSync(directory.entry(name), openFlags);
  } catch (error) {
    return openFailure(error);
  }
  try {
    const before = difference(expected, fstatSync(descriptor, { bigint: true }));
    if (before !== null) return { status: 'changed', why: `it ${before} before it was read` };
    const body = readBody(descriptor, expected.size, reading);
    if (body !== null) return body;
    return checkAfter(directory, name, expected, descriptor);
  } catch (error) {
    return readFailure(error);
  } finally {
    closeSync(descriptor);
  }
}

function readBody(
  descriptor: number,
  size: number,
  { buffer, consume, proceed }: Reading,
): ReadOutcome | null {
  let left = size;
  while (left > 0) {
    const wanted = Math.min(left, buffer.length);
    if (!proceed(wanted)) return { status: 'stopped' };
    const got = readSync(descriptor, buffer, 0, wanted, null);
    if (got === 0) return { status: 'changed', why: 'it shrank while it was read' };
    consume(buffer.subarray(0, got));
    left -= got;
  }
  return null;
}

function checkAfter(
  directory: TreeDirectory,
  name: string,
  expected: FileStat,
  descriptor: number,
): ReadOutcome {
  // The name first: the descriptor still shows the old file when it was deleted or another one was put there.
  const named = lstatIn(directory, name);
  if (named === null) return { status: 'vanished' };
  const changed =
    difference(expected, fstatSync(descriptor, { bigint: true })) ?? difference(expected, named);
  return changed === null
    ? { status: 'complete' }
    : { status: 'changed', why: `it ${changed} while it was read` };
}

type BigStats = Parameters<typeof toFileStat>[0] & { isFile(): boolean };

function difference(expected: FileStat, found: BigStats): string | null {
  if (!found.isFile()) return 'became something else than a file';
  const actual = toFileStat(found);
  if (actual.inode !== expected.inode || actual.device !== expected.device) return 'was replaced';
  if (actual.size > expected.size) return 'grew';
  if (actual.size < expected.size) return 'shrank';
  if (actual.mtimeNs !== expected.mtimeNs) return 'was written';
  if (actual.ctimeNs !== expected.ctimeNs) return 'was changed';
  return null;
}

function openFailure(error: unknown): ReadOutcome {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { status: 'vanished' };
    case 'ELOOP':
    case 'EMLINK':
    case 'ENXIO':
      return { status: 'changed', why: 'it became something else than a file' };
    default:
      return readFailure(error);
  }
}

/** What the system says of an unreadable file; anything that is not its word is a bug and is thrown. */
function readFailure(error: unknown): ReadOutcome {
  const code = systemCode(error);
  if (code === null) throw error;
  if (code === 'ESTALE') return { status: 'changed', why: 'it was replaced on its file server' };
  return { status: 'unreadable', why: reasonOf(error) };
}
