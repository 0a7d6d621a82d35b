/**
 * What the profile takes from walk, read and sums: this file and no other of bench knows what they are called. Thin;
 * it measures nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join as joinFile } from 'node:path';
import type { Found } from '../../src/examine.js';
import { loadKernel } from '../../src/files/kernel-file.js';
import { readStable } from '../../src/files/read.js';
import { TreeDirectory } from '../../src/files/tree-directory.js';
import { listDirectory, signaturesAmong } from '../../src/files/walk.js';
import { FileSums } from '../../src/hash/file-sums.js';
import { PieceSeries } from '../../src/hash/pieces.js';
import { ZsumsHash } from '../../src/hash/zsums.js';
import type { FileRecipe, FileStat, Sums } from '../../src/model.js';
import { join } from '../../src/paths.js';

/** bytes; as the worker reads */
const chunkLength = 256 * 1024;
const buffer = new Uint8Array(chunkLength);

const kernel = loadKernel();

/** A file of the profile; its content is in memory. */
export interface Content {
  readonly name: string;
  readonly stat: FileStat;
  readonly recipe: FileRecipe;
  readonly content: Uint8Array;
}

/** One directory: its names with their stat. @param only look at these names, null for a listing */
export function list(base: string, path: string, only: readonly string[] | null): Found {
  return inDirectory(base, path, (directory) => {
    const listing = listDirectory(directory, base, path, only, new Map());
    return { ...listing, path, only: null, signatures: signaturesAmong(directory, listing, null).found };
  });
}

/** Reads all files of a directory and does nothing with what they hold. */
export function readFiles(base: string, { path, files }: Found): void {
  inDirectory(base, path, (directory) => {
    for (const { name, stat } of files) {
      const reading = { buffer, consume: () => {}, proceed: () => true };
      const { status } = readStable(directory, name, stat, reading);
      if (status !== 'complete') throw new Error(`${joinFile(base, path, name)}: ${status}`);
    }
  });
}

/** Everything below a directory, and the directory. */
export function walk(base: string, path = ''): readonly Found[] {
  const found = list(base, path, null);
  return [found, ...found.directories.flatMap(({ name }) => walk(base, join(path, name)))];
}

export function contentOf(base: string, path: string): Uint8Array {
  return readFileSync(joinFile(base, path));
}

/** MD5 by node:crypto: alone it is not made in lanes. */
export function allSums({ stat, recipe, content }: Omit<Content, 'name'>): Sums {
  const md5 = fed(createHash('md5'), content).digest();
  return fed(new FileSums(stat.size, recipe, kernel), content).finish(md5);
}

/** Without the SHA-1 of the file, which is a stage of its own. */
export function pieces({ stat, recipe, content }: Content): void {
  const sums = new Uint8Array(20 * Math.ceil(stat.size / recipe.pieceLength));
  fed(new PieceSeries(recipe.pieceLength, sums), content).finish();
}

/** The rolling sum and MD4 of every block. */
export function zsums({ stat, recipe, content }: Content): void {
  if (recipe.zsyncBlockSize === null) return;
  fed(new ZsumsHash(stat.size, recipe.zsyncBlockSize, kernel), content).finish();
}

/** Feeds a file as it is read: in chunks. */
export function fed<T extends { update(chunk: Uint8Array): unknown }>(hasher: T, content: Uint8Array): T {
  for (let at = 0; at < content.length; at += chunkLength) {
    hasher.update(content.subarray(at, at + chunkLength));
  }
  return hasher;
}

function inDirectory<T>(base: string, path: string, work: (directory: TreeDirectory) => T): T {
  const directory = TreeDirectory.open(base, path);
  try {
    return work(directory);
  } finally {
    directory.close();
  }
}
