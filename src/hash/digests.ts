/**
 * MD5 (RFC 1321) and SHA-256 (FIPS 180-4) of a whole file, fed in chunks of any size, by node:crypto.
 *
 * The file's SHA-1 comes from pieces.ts. Bytes come out, no hex: that is for text formats. On a machine in FIPS mode there is no MD5, and
 * the constructor throws what OpenSSL says.
 */

import { createHash, type Hash } from 'node:crypto';
import type { Digests } from '../model.js';

export class DigestsHash {
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');

  /** The next bytes; they are not kept. */
  update(chunk: Uint8Array): void {
    this.#md5.update(chunk);
    this.#sha256.update(chunk);
  }

  finish(): Omit<Digests, 'sha1'> {
    return { md5: bytesOf(this.#md5), sha256: bytesOf(this.#sha256) };
  }
}

// A plain Uint8Array with memory of its own: a Buffer turns into one when it crosses a thread, and a record
// should not look different on either side.
function bytesOf(hash: Hash): Uint8Array {
  return new Uint8Array(hash.digest());
}
