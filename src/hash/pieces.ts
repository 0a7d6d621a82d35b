/**
 * SHA-1 of a file and of every piece of it (BEP 3, Metalink), fed in chunks of any size.
 *
 * A piece is what BitTorrent calls one: all have the same length but the last, which is not padded. Chunks
 * need not have anything to do with pieces. Both are made here because the first piece is where the file begins:
 * its SHA-1 is the file's at that place, and nothing is hashed for it.
 */

import { createHash, type Hash } from 'node:crypto';
import type { Pieces } from '../model.js';

const digestLength = 20;

export class PieceHash {
  readonly #size: number;
  readonly #length: number;
  readonly #sums: Uint8Array;
  readonly #file = createHash('sha1');
  /** of the second piece and those behind it */
  #piece: Hash | null = null;
  #inPiece = 0;
  #fed = 0;
  #position = 0;

  /**
   * @param size   of the file, bytes; exactly as many must be fed
   * @param length of a piece, bytes
   */
  constructor(size: number, length: number) {
    this.#size = size;
    this.#length = length;
    this.#sums = new Uint8Array(digestLength * Math.ceil(size / length));
  }

  /**
   * The next bytes; they are not kept.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void {
    const before = this.#fed;
    this.#fed += chunk.length;
    if (this.#fed > this.#size) throw new RangeError(`pieces: more than ${this.#size} bytes`);

    if (this.#fed <= this.#length) {
      this.#file.update(chunk);
      return;
    }
    const inFirst = Math.max(0, this.#length - before);
    if (before <= this.#length) {
      this.#file.update(chunk.subarray(0, inFirst));
      this.#put(this.#file.copy().digest());
    }
    const others = chunk.subarray(inFirst);
    this.#file.update(others);
    this.#updatePieces(others);
  }

  /**
   * @returns the SHA-1 of the file, and those of its pieces
   * @throws RangeError when fewer bytes than the size were fed
   */
  finish(): { readonly sha1: Uint8Array; readonly pieces: Pieces } {
    if (this.#fed !== this.#size) throw new RangeError(`pieces: ${this.#fed} of ${this.#size} bytes`);
    // Memory of its own, as in digests.ts.
    const sha1 = new Uint8Array(this.#file.digest());
    if (this.#piece !== null) this.#put(this.#piece.digest());
    else if (this.#position < this.#sums.length) this.#put(sha1);
    return { sha1, pieces: { length: this.#length, sha1: this.#sums } };
  }

  #updatePieces(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      const end = Math.min(offset + this.#length - this.#inPiece, chunk.length);
      this.#piece ??= createHash('sha1');
      this.#piece.update(chunk.subarray(offset, end));
      this.#inPiece += end - offset;
      if (this.#inPiece === this.#length) {
        this.#put(this.#piece.digest());
        this.#piece = null;
        this.#inPiece = 0;
      }
      offset = end;
    }
  }

  #put(digest: Uint8Array): void {
    this.#sums.set(digest, this.#position);
    this.#position += digestLength;
  }
}
