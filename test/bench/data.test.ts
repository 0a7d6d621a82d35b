import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeLargeFiles, makeSmallFiles, type Random } from '../../bench/data.js';
import { temporaryDirectory } from '../support/temporary.js';

function contents(tree: string): readonly (readonly [string, string])[] {
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(tree.length), readFileSync(path, 'base64')] as const);
}

const shape = { directories: 2, filesEach: 3, size: (random: Random) => Math.floor(random() * 2000) };

it('the same bytes every time', () => {
  const trees = [temporaryDirectory(), temporaryDirectory()].map((directory) => [
    ...contents(makeSmallFiles(join(directory, 'small'), shape)),
    ...contents(makeLargeFiles(join(directory, 'large'), 2, 1_500_000)),
  ]);
  expect(trees[0]).toHaveLength(8);
  expect(trees[1]).toEqual(trees[0]);
  // No two files are the same, or a program that links equal files would have less to read.
  expect(new Set(trees[0]?.map(([, content]) => content)).size).toBe(8);
});

it('a tree that is there is taken as it is', () => {
  const place = join(temporaryDirectory(), 'small');
  makeSmallFiles(place, shape);
  writeFileSync(join(place, 'd000000/f000000'), 'other');
  makeSmallFiles(place, shape);
  expect(readFileSync(join(place, 'd000000/f000000'), 'utf8')).toBe('other');
});
