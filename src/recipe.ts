/**
 * What a recipe means: the defaults and the `auto` rules.
 *
 * Pure arithmetic on sizes. It matches no globs (whoever calls says whether `zsyncInclude` takes the file)
 * and reads no settings. The rules are those of the README, "What is computed"; the piece length is the one of
 * BEP 3, the block size the one of zsync.
 */

import type { FileRecipe, Recipe } from './model.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const defaultRecipe: Recipe = {
  pieceLength: 'auto',
  zsync: true,
  zsyncInclude: [],
  zsyncBlockSize: 'auto',
  zsyncMaxSize: 16 * GiB,
};

/**
 * The piece length of a file of `size` bytes, in bytes: 256 KiB, doubled until there are at most 16,384 pieces
 * or it is 16 MiB.
 */
export function autoPieceLength(size: number): number {
  let length = 256 * KiB;
  while (length < 16 * MiB && size > length * 16_384) length *= 2;
  return length;
}

/** zsync's block size for a file of `size` bytes, in bytes. */
export function autoZsyncBlockSize(size: number): number {
  if (size < 100_000_000) return 2048;
  if (size <= GiB) return 4096;
  if (size <= 16 * GiB) return 8192;
  return 16_384;
}

/**
 * What `recipe` means for one file.
 *
 * @param size          bytes
 * @param zsyncIncluded whether `recipe.zsyncInclude` takes the file's path (an empty list takes every file)
 */
export function fileRecipe(recipe: Recipe, size: number, zsyncIncluded: boolean): FileRecipe {
  const { pieceLength, zsyncBlockSize } = recipe;
  const hasZsync = recipe.zsync && zsyncIncluded && size > 0 && size <= recipe.zsyncMaxSize;
  const blockSize = zsyncBlockSize === 'auto' ? autoZsyncBlockSize(size) : zsyncBlockSize;
  return {
    pieceLength: pieceLength === 'auto' ? autoPieceLength(size) : pieceLength,
    zsyncBlockSize: hasZsync ? blockSize : null,
  };
}
