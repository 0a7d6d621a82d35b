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

it('the same bytes every time', async () => {
  const make = async (directory: string) => [
    ...contents(await makeSmallFiles(join(directory, 'small'), shape)),
    ...contents(await makeLargeFiles(join(directory, 'large'), 2, 1_500_000)),
  ];
  const first = await make(temporaryDirectory());
  expect(first).toHaveLength(8);
  expect(await make(temporaryDirectory())).toEqual(first);
  // No two files are the same, or a program that links equal files would have less to read.
  expect(new Set(first.map(([, content]) => content)).size).toBe(8);
});

it('a tree that is there is taken as it is', async () => {
  const place = join(temporaryDirectory(), 'small');
  await makeSmallFiles(place, shape);
  writeFileSync(join(place, 'd000000/f000000'), 'other');
  await makeSmallFiles(place, shape);
  expect(readFileSync(join(place, 'd000000/f000000'), 'utf8')).toBe('other');
});
