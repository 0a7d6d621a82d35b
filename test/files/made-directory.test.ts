/**
 * A directory that was made for outputs is opened to everybody; one that somebody put in its place is not.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareMade } from '../../src/files/made-directory.js';
import { DirectoryMoved, TreeDirectory } from '../../src/files/tree-directory.js';
import { temporaryDirectory } from '../support/temporary.js';

function made(content: readonly string[]): string {
  const path = join(temporaryDirectory(), 'made');
  mkdirSync(path, { mode: 0o700 });
  for (const name of content) writeFileSync(join(path, name), '');
  return path;
}

const modeOf = (path: string): number => statSync(path).mode & 0o7777;

test('the one that was made is opened', () => {
  const path = made([]);
  const directory = TreeDirectory.open(path, '');
  shareMade(directory);
  directory.close();
  expect(modeOf(path)).toBe(0o755);
});

test('a private directory that was swapped into its place was opened to everybody', () => {
  const path = made(['secret']);
  const directory = TreeDirectory.open(path, '');
  expect(() => shareMade(directory)).toThrow(DirectoryMoved);
  directory.close();
  expect(modeOf(path)).toBe(0o700);
});
