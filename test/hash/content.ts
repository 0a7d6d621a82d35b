/**
 * The contents that the golden values were made from, and ways to feed them.
 *
 * The rules are those of test/golden/vectors.json and test/golden/make-zsync.sh, in code of their own.
 */

import { readFileSync } from 'node:fs';

export interface Vector {
  readonly name: string;
  readonly size: number;
  readonly md5: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly sha1OfPieces: string;
  readonly btihMirrorBrain: string;
  readonly zsync?: {
    readonly blocksize: number;
    readonly hashLengths: string;
    readonly bodyLength: number;
    readonly sha1OfBody: string;
  };
}

export interface ZsyncLengths {
  readonly size: number;
  readonly blockSize: number;
  readonly hashLengths: string;
  readonly bodyLength: number;
}

export interface ZsyncBody extends ZsyncLengths {
  readonly content: 'mod251' | 'lcg' | 'ff';
  readonly sha1OfBody: string;
}

function golden(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8'));
}

/** From libtorrent, MirrorBrain's module and zsyncmake, over `mod251` content. */
export const { vectors } = golden('vectors.json') as { readonly vectors: readonly Vector[] };

/** From zsyncmake 0.6.2. */
export const zsync = golden('zsync.json') as {
  readonly bodies: readonly ZsyncBody[];
  readonly lengths: readonly ZsyncLengths[];
};

export const contents = {
  mod251(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++) bytes[i] = i % 251;
    return bytes;
  },
  lcg(size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    let x = 1;
    for (let i = 0; i < size; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      bytes[i] = x >>> 24;
    }
    return bytes;
  },
  ff: (size: number): Uint8Array => new Uint8Array(size).fill(255),
};

/** Feeds `bytes` in chunks of `chunkSize`, through one reused buffer, as a reader does. */
export function feed(bytes: Uint8Array, chunkSize: number, update: (chunk: Uint8Array) => void): void {
  const buffer = new Uint8Array(Math.min(chunkSize, bytes.length));
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    buffer.set(chunk);
    update(buffer.subarray(0, chunk.length));
    buffer.fill(0xaa);
  }
}

/** Chunk sizes worth trying for a file of `size` bytes: all at once, odd ones, block and piece ± 1, single bytes. */
export function chunkSizes(size: number): readonly number[] {
  if (size > 4_000_000) return [size, 1_048_576, 65_537];
  const wanted = [size, 1_021, 2_047, 2_048, 2_049, 65_537, 262_143, 262_145].filter((n) => n <= size);
  return [...new Set(size <= 40_000 ? [...wanted, 1, 7] : wanted)].filter((n) => n > 0);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
