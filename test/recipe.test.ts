import { describe, expect, test } from 'vitest';
import { autoPieceLength, autoZsyncBlockSize, defaultRecipe, fileRecipe } from '../src/recipe.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

test('the defaults', () => {
  expect(defaultRecipe).toEqual({
    pieceLength: 'auto',
    zsync: true,
    zsyncInclude: [],
    zsyncBlockSize: 'auto',
    zsyncMaxSize: 17_179_869_184,
  });
});

describe('the automatic piece length', () => {
  test.each([
    [0, 256 * KiB, 0],
    [1, 256 * KiB, 1],
    [256 * KiB, 256 * KiB, 1],
    [256 * KiB + 1, 256 * KiB, 2],
    [4 * GiB - 1, 256 * KiB, 16_384],
    [4 * GiB, 256 * KiB, 16_384],
    [4 * GiB + 1, 512 * KiB, 8_193],
    [8 * GiB, 512 * KiB, 16_384],
    [8 * GiB + 1, MiB, 8_193],
    [16 * GiB, MiB, 16_384],
    [16 * GiB + 1, 2 * MiB, 8_193],
    [32 * GiB, 2 * MiB, 16_384],
    [32 * GiB + 1, 4 * MiB, 8_193],
    [64 * GiB, 4 * MiB, 16_384],
    [64 * GiB + 1, 8 * MiB, 8_193],
    [128 * GiB, 8 * MiB, 16_384],
    [128 * GiB + 1, 16 * MiB, 8_193],
    [256 * GiB, 16 * MiB, 16_384],
    [256 * GiB + 1, 16 * MiB, 16_385],
    [8 * TiB, 16 * MiB, 524_288],
  ])('of %i bytes is %i, which makes %i pieces', (size, length, pieces) => {
    expect(autoPieceLength(size)).toBe(length);
    expect(Math.ceil(size / length)).toBe(pieces);
  });
});

describe('the automatic zsync block size', () => {
  test.each([
    [1, 2048],
    [99_999_999, 2048],
    [100_000_000, 4096],
    [GiB - 1, 4096],
    [GiB, 4096],
    [GiB + 1, 8192],
    [4 * GiB + 1, 8192],
    [16 * GiB - 1, 8192],
    [16 * GiB, 8192],
    [16 * GiB + 1, 16_384],
    [8 * TiB, 16_384],
  ])('of %i bytes is %i', (size, blockSize) => {
    expect(autoZsyncBlockSize(size)).toBe(blockSize);
  });
});

describe('the recipe of one file', () => {
  const fixed = { ...defaultRecipe, pieceLength: MiB, zsyncBlockSize: 512 };
  const large = { ...defaultRecipe, zsyncMaxSize: 32 * GiB };

  test.each([
    ['auto', defaultRecipe, 100_000_000, true, 256 * KiB, 4096],
    ['fixed values', fixed, 100_000_000, true, MiB, 512],
    ['zsync off', { ...fixed, zsync: false }, 1, true, MiB, null],
    ['not included', fixed, 1, false, MiB, null],
    ['an empty file', defaultRecipe, 0, true, 256 * KiB, null],
    ['the smallest file', defaultRecipe, 1, true, 256 * KiB, 2048],
    ['the largest file with zsync', defaultRecipe, 16 * GiB, true, MiB, 8192],
    ['one byte more', defaultRecipe, 16 * GiB + 1, true, 2 * MiB, null],
    ['a higher limit', large, 16 * GiB + 1, true, 2 * MiB, 16_384],
    ['a limit of one byte', { ...defaultRecipe, zsyncMaxSize: 1 }, 1, true, 256 * KiB, 2048],
    ['above that', { ...defaultRecipe, zsyncMaxSize: 1 }, 2, true, 256 * KiB, null],
  ])('%s', (_, recipe, size, included, pieceLength, zsyncBlockSize) => {
    expect(fileRecipe(recipe, size, included)).toEqual({ pieceLength, zsyncBlockSize });
  });
});
