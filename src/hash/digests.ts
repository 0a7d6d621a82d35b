/**
 * MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of a whole file, any of them, fed in chunks of any size, by
 * node:crypto.
 *
 * Bytes come out, no hex: that is for text formats. On a machine in FIPS mode there is no MD5, and the constructor
 * throws what OpenSSL says.
 */

import { createHash, type Hash } from 'node:crypto';
import type { Digests } from '../model.js';

export type DigestName = keyof Digests;

export class DigestsHash {
  readonly #hashes: readonly (readonly [DigestName, Hash])[];

  constructor(names: readonly DigestName[]) {
    this.#hashes = names.map((name) => [name, createHash(name)]);
  }

  /** The next bytes; they are not kept. */
  update(chunk: Uint8Array): void {
    for (const [, hash] of this.#hashes) hash.update(chunk);
  }

  /** Those that were asked for. */
  finish(): Partial<Digests> {
    return Object.fromEntries(this.#hashes.map(([name, hash]) => [name, hash.digest()]));
  }
}
