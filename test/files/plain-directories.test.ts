/** Directories that are remembered as having no special name, and those that must not be. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { PlainDirectories } from '../../src/files/plain-directories.js';
import { longAgo } from '../support/e2e-files.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'mirrorhash-plain-')));
chmodSync(base, 0o755);
afterAll(() => rmSync(base, { recursive: true }));

/** A directory whose mtime is old. @returns its mtime */
function make(name: string, file: string): number {
  const directory = join(base, name);
  mkdirSync(directory, { mode: 0o755 });
  writeFileSync(join(directory, file), '');
  utimesSync(directory, longAgo, longAgo);
  return statSync(directory).mtimeMs;
}

/** Asks until the directory was read, which goes on beside. */
async function asked(path: string, mtimeMs: number): Promise<boolean> {
  const plain = new PlainDirectories(base, (name) => name === 'special');
  for (let n = 0; n < 50 && !plain.isPlain(path, mtimeMs); n++) await sleep(5);
  return plain.isPlain(path, mtimeMs);
}

test('is remembered without special names, and not with one', async () => {
  expect(await asked('plain', make('plain', 'usual'))).toBe(true);
  expect(await asked('other', make('other', 'special'))).toBe(false);
});

test('says nothing of a directory that was there before', async () => {
  const mtimeMs = make('swapped', 'usual');
  expect(await asked('swapped', mtimeMs - 10_000)).toBe(false);
});

test('nor of one that not everybody may see', async () => {
  const mtimeMs = make('closed', 'usual');
  chmodSync(join(base, 'closed'), 0o750);
  expect(await asked('closed', mtimeMs)).toBe(false);
});
