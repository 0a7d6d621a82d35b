/**
 * All sums of one file from one feed: digests, piece hashes and, where the recipe wants them, zsync sums.
 *
 * It does not know where the bytes come from, nor whether the file stood still meanwhile: that is the reader's
 * to find out. The count of the bytes is checked here all the same, so that no record can describe a file of
 * another length.
 */

import type { FileRecipe, Sums } from '../model.js';
import { DigestsHash } from './digests.js';
import type { Kernel } from './kernel.js';
import { PieceHash } from './pieces.js';
import { ZsumsHash } from './zsums.js';

export interface FileSums {
  /**
   * The next bytes of the file, in any chunking; they are not kept, so the caller may reuse its buffer.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void;

  /**
   * All sums; to be called once.
   *
   * @throws RangeError when fewer bytes than the size were fed
   */
  finish(): Sums;
}

/** @param size of the file, bytes; exactly as many must be fed */
export function createFileSums(size: number, recipe: FileRecipe, kernel: Kernel): FileSums {
  const digests = new DigestsHash();
  const pieces = new PieceHash(size, recipe.pieceLength);
  const zsums = recipe.zsyncBlockSize === null ? null : new ZsumsHash(size, recipe.zsyncBlockSize, kernel);
  return {
    update(chunk) {
      // First, because it counts and refuses what is too much.
      pieces.update(chunk);
      digests.update(chunk);
      zsums?.update(chunk);
    },
    finish() {
      return { ...digests.finish(), ...pieces.finish(), zsync: zsums?.finish() ?? null };
    },
  };
}
