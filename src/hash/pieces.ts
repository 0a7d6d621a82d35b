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

/** The SHA-1s of consecutive pieces, put into memory of the caller's. */
export class PieceSeries {
  readonly #length: number;
  readonly #sums: Uint8Array;
  #hash: Hash | null = null;
  #inPiece = 0;
  #position = 0;

  /**
   * @param length of a piece, bytes
   * @param sums   room for 20 bytes a piece
   */
  constructor(length: number, sums: Uint8Array) {
    this.#length = length;
    this.#sums = sums;
  }

  /** The next bytes, the first of which begins a piece; they are not kept. */
  update(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      const end = Math.min(offset + this.#length - this.#inPiece, chunk.length);
      this.#hash ??= createHash('sha1');
      this.#hash.update(chunk.subarray(offset, end));
      this.#inPiece += end - offset;
      if (this.#inPiece === this.#length) this.finish();
      offset = end;
    }
  }

  /** Ends the last piece, which may be short. */
  finish(): void {
    if (this.#hash === null) return;
    this.put(this.#hash.digest());
    this.#hash = null;
    this.#inPiece = 0;
  }

  /** Takes the SHA-1 of a piece that was made elsewhere as the next one. */
  put(digest: Uint8Array): void {
    this.#sums.set(digest, this.#position);
    this.#position += digestLength;
  }
}

/** The SHA-1 of a file, and those of its pieces. */
export class PieceHash {
  readonly #size: number;
  readonly #length: number;
  readonly #sums: Uint8Array;
  readonly #file = createHash('sha1');
  readonly #pieces: PieceSeries;
  #fed = 0;

  /**
   * @param size   of the file, bytes; exactly as many must be fed
   * @param length of a piece, bytes
   */
  constructor(size: number, length: number) {
    this.#size = size;
    this.#length = length;
    this.#sums = new Uint8Array(digestLength * Math.ceil(size / length));
    this.#pieces = new PieceSeries(length, this.#sums);
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
      this.#pieces.put(this.#file.copy().digest());
    }
    const others = chunk.subarray(inFirst);
    this.#file.update(others);
    this.#pieces.update(others);
  }

  /**
   * @returns the SHA-1 of the file, and those of its pieces
   * @throws RangeError when fewer bytes than the size were fed
   */
  finish(): { readonly sha1: Uint8Array; readonly pieces: Pieces } {
    if (this.#fed !== this.#size) throw new RangeError(`pieces: ${this.#fed} of ${this.#size} bytes`);
    const sha1 = this.#file.digest();
    if (this.#size > this.#length) this.#pieces.finish();
    else if (this.#size > 0) this.#pieces.put(sha1);
    return { sha1, pieces: { length: this.#length, sha1: this.#sums } };
  }
}
