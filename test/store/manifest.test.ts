import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SettledDirectory, WrittenOutput } from '../../src/export-manifest.js';
import { Manifest } from '../../src/store/manifest.js';
import { ownOutputsOf } from '../../src/store/own-outputs.js';
import { temporaryDirectory } from '../support/temporary.js';

const old: WrittenOutput = { name: 'SHA256SUMS', size: 7, mtimeNs: -1_500_000_001n, madeOf: 'x' };
const young: WrittenOutput = { ...old, mtimeNs: 1_790_000_000_123_456_789n, madeOf: 'y' };

function settled(written: readonly WrittenOutput[], files = 1): SettledDirectory {
  const counts = { files, outputs: written.length, leftAlone: 0 };
  return { ...counts, fingerprint: 'f', mtimeNs: 5n, infohashes: null, written };
}

function open(): { readonly manifest: Manifest; readonly file: string } {
  const file = join(temporaryDirectory(), 'exports.db');
  return { manifest: Manifest.openForWriting(file, '/out'), file };
}

test('while an output is replaced, both versions are ours; then only the one that is there', () => {
  const { manifest, file } = open();
  manifest.settle('d', settled([old]));
  manifest.begin('d');
  manifest.claim('d', [young]);
  const own = ownOutputsOf(file, '/out');
  expect(manifest.outputs('d').get('SHA256SUMS')).toEqual([old, young]);
  expect(own('d').get('SHA256SUMS')).toHaveLength(2);
  expect(manifest.directory('d')?.fingerprint).toBeNull();
  manifest.settle('d', settled([young]));
  expect(manifest.outputs('d').get('SHA256SUMS')).toEqual([young]);
  expect(manifest.directory('d')).toMatchObject({ fingerprint: 'f', mtimeNs: 5n });
});

test('what is made of all directories is outdated as soon as one changes', () => {
  const { manifest } = open();
  manifest.settle('/', settled([], 0));
  expect(manifest.directory('/')?.fingerprint).toBe('f');
  manifest.settle('d', settled([old]));
  expect(manifest.directory('/')?.fingerprint).toBeNull();
});

test('two roots know nothing of each other', () => {
  const { manifest, file } = open();
  manifest.settle('', settled([old]));
  const other = Manifest.openForWriting(file, '/other');
  expect(other.directory('')).toBeNull();
  expect([other.outputs('').size, other.fileCount(''), ownOutputsOf(file, '/other')('').size]).toEqual([
    0, 0, 0,
  ]);
});

test('a directory has what is below it, and not what has its name to begin with', () => {
  const { manifest } = open();
  for (const path of ['', 'd', 'd/e', 'd!', 'd0', 'dd', 'd/%_']) manifest.settle(path, settled([], 2));
  manifest.settle('/', settled([], 0));
  expect(manifest.directories('d')).toEqual(['d', 'd/%_', 'd/e']);
  expect(manifest.fileCount('d')).toBe(6);
  expect(manifest.directories('')).toHaveLength(7);
});

test('of empty directories, those that we made are named, the deepest first, and forgotten when they are gone', () => {
  const { manifest } = open();
  for (const path of ['a', 'a/b', 'a/b/c', 'full']) manifest.claimDirectory(path);
  manifest.settle('full', settled([old]));
  manifest.settle('theirs', settled([], 0));
  expect(manifest.emptyDirectories()).toEqual(['a/b/c', 'a/b', 'a']);
  manifest.forget(['a/b/c', 'a/b']);
  expect(manifest.emptyDirectories()).toEqual(['a']);
  expect(manifest.directories('')).toEqual(['a', 'full']);
});

test('no manifest, no outputs; one that comes later is seen', () => {
  const file = join(temporaryDirectory(), 'exports.db');
  const own = ownOutputsOf(file, '/out');
  expect(own('').size).toBe(0);
  const manifest = Manifest.openForWriting(file, '/out');
  manifest.settle('/', settled([{ ...old, name: 'tracker-allowlist.txt' }]));
  expect([...own('').keys()]).toEqual(['tracker-allowlist.txt']);
  expect(own('d').size).toBe(0);
});
