/**
 * Reads a whole file, chunk by chunk, and tells whether what was read counts.
 *
 * What is handed to `consume` counts only when the outcome is `complete`. What that means is said in stable-file.
 */
import type { FileStat } from '../model.js';
import { type ReadProblem, StableFile } from './stable-file.js';
import type { TreeDirectory } from './tree-directory.js';

export type ReadOutcome = { readonly status: 'complete' } | { readonly status: 'stopped' } | ReadProblem;

export interface Reading {
  /** read into again and again; its length is the size of a chunk */
  readonly buffer: Uint8Array;
  /** called with a view of the buffer, valid until it returns */
  readonly consume: (chunk: Uint8Array) => void;
  /** called before each chunk with its bytes; false stops the reading */
  readonly proceed: (bytes: number) => boolean;
}

/**
 * @param expected the stat on which the decision to read was made
 */
export function readStable(
  directory: TreeDirectory,
  name: string,
  expected: FileStat,
  { buffer, consume, proceed }: Reading,
): ReadOutcome {
  const file = StableFile.open(directory, name, expected);
  if (!(file instanceof StableFile)) return file;
  try {
    while (file.left > 0) {
      const wanted = Math.min(buffer.length, file.left);
      if (!proceed(wanted)) return { status: 'stopped' };
      const chunk = buffer.subarray(0, wanted);
      const problem = file.fill(chunk);
      if (problem !== null) return problem;
      consume(chunk);
    }
    return file.check() ?? { status: 'complete' };
  } finally {
    file.close();
  }
}
