/**
 * SHA-1 of every piece of a file (BEP 3, Metalink), fed in chunks of any size.
 *
 * A piece is what BitTorrent calls one: all have the same length but the last, which is not padded. Chunks
 * need not have anything to do with pieces.
 */

import { createHash, type Hash } from 'node:crypto';
import type { Pieces } from '../model.js';

const digestLength = 20;

export class PieceHash {
  readonly #size: number;
  readonly #length: number;
  readonly #sha1: Uint8Array;
  #hash: Hash = createHash('sha1');
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
    this.#sha1 = new Uint8Array(digestLength * Math.ceil(size / length));
  }

  /**
   * The next bytes; they are not kept.
   *
   * @throws RangeError when that is more than the size
   */
  update(chunk: Uint8Array): void {
    this.#fed += chunk.length;
    if (this.#fed > this.#size) throw new RangeError(`pieces: more than ${this.#size} bytes`);

    let offset = 0;
    while (offset < chunk.length) {
      const end = Math.min(offset + this.#length - this.#inPiece, chunk.length);
      this.#hash.update(chunk.subarray(offset, end));
      this.#inPiece += end - offset;
      if (this.#inPiece === this.#length) this.#endPiece();
      offset = end;
    }
  }

  /** @throws RangeError when fewer bytes than the size were fed */
  finish(): Pieces {
    if (this.#fed !== this.#size) throw new RangeError(`pieces: ${this.#fed} of ${this.#size} bytes`);
    if (this.#inPiece > 0) this.#endPiece();
    return { length: this.#length, sha1: this.#sha1 };
  }

  #endPiece(): void {
    this.#sha1.set(this.#hash.digest(), this.#position);
    this.#position += digestLength;
    this.#hash = createHash('sha1');
    this.#inPiece = 0;
  }
}
