/**
 * Tells whether several readers of one file saw the same bytes: Poly1305 (RFC 8439) of all of them, with a key that is
 * made for the occasion and that nobody knows.
 *
 * A program that writes through a memory map changes a file without any change of its times, so readers that come one
 * after the other may see different contents, and their digests would be those of different files. Poly1305 costs a
 * small part of what the digests cost. It comes as the tag of an AEAD that encrypts nothing.
 */
import { createCipheriv } from 'node:crypto';

export const witnessKeyLength = 32;
export const witnessLength = 16;

export class Witness {
  readonly #cipher;

  /** @param key random, of `witnessKeyLength` bytes, for one file and one reading */
  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('chacha20-poly1305', key, new Uint8Array(12), {
      authTagLength: witnessLength,
    });
  }

  /** The next bytes; they are not kept. */
  update(chunk: Uint8Array): void {
    this.#cipher.setAAD(chunk, { plaintextLength: 0 });
  }

  finish(): Uint8Array {
    this.#cipher.final();
    return this.#cipher.getAuthTag();
  }
}
