/**
 * All sums of one file but its MD5, from one feed: SHA-1, SHA-256, piece hashes and, where the recipe wants them,
 * zsync sums. MD5 takes longest, and is made in lanes, of several files at once.
 *
 * It does not know where the bytes come from, nor whether the file stood still meanwhile: that is the reader's
 * to find out. The count of the bytes is checked here all the same, so that no record can describe a file of
 * another length.
 */

import { createHash } from 'node:crypto';
import type { FileRecipe, Sums } from '../model.js';
import type { Kernel } from './kernel.js';
import { PieceHash } from './pieces.js';
import { ZsumsHash } from './zsums.js';

export class FileSums {
  readonly #pieces: PieceHash;
  readonly #sha256 = createHash('sha256');
  readonly #zsums: ZsumsHash | null;

  /** @param size of the file, bytes; exactly as many must be fed */
  constructor(size: number, { pieceLength, zsyncBlockSize }: FileRecipe, kernel: Kernel) {
    this.#pieces = new PieceHash(size, pieceLength);
    this.#zsums = zsyncBlockSize === null ? null : new ZsumsHash(size, zsyncBlockSize, kernel);
  }

  /**
   * The next bytes of the file, in any chunking; they are not kept, so the caller may reuse its buffer.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void {
    // First, because it counts and refuses what is too much.
    this.#pieces.update(chunk);
    this.#sha256.update(chunk);
    this.#zsums?.update(chunk);
  }

  /**
   * All sums; to be called once.
   *
   * @param md5 of the whole file
   * @throws RangeError when fewer bytes than the size were fed
   */
  finish(md5: Uint8Array): Sums {
    const { sha1, pieces } = this.#pieces.finish();
    const zsync = this.#zsums?.finish() ?? null;
    return { md5, sha1, sha256: this.#sha256.digest(), pieces, zsync };
  }
}
