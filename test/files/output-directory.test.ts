import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OutputDirectory, type Staged } from '../../src/files/output-directory.js';
import { DirectoryMoved } from '../../src/files/tree-directory.js';
import { temporaryDirectory } from '../support/temporary.js';

function opened(root: string): OutputDirectory {
  const directory = OutputDirectory.open(root, '');
  if (directory === null) throw new Error('it is there');
  return directory;
}

async function staged(directory: OutputDirectory, name: string, text: string): Promise<Staged> {
  const [file] = await directory.stage([{ name, bytes: Buffer.from(text) }]);
  if (file === undefined) throw new Error('nothing was staged');
  return file;
}

test('a file appears whole, with the version that it was staged with', async () => {
  const root = temporaryDirectory();
  const directory = opened(root);
  const file = await staged(directory, 'a', 'bytes');
  expect(readdirSync(root)).toEqual(['.mirrorhash-0.export']);
  expect(directory.publish(file, null)).toBe(true);
  expect(readdirSync(root)).toEqual(['a']);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('bytes');
  expect(directory.look('a')).toEqual({ size: file.size, mtimeNs: file.mtimeNs });
  expect(statSync(join(root, 'a')).mode & 0o7777).toBe(0o644);
  directory.close();
});

test.each(['file', 'link', 'directory'])('a %s that came meanwhile is not replaced', async (kind) => {
  const root = temporaryDirectory();
  const directory = opened(root);
  const file = await staged(directory, 'a', 'ours');
  const target = join(root, 'target');
  if (kind === 'file') writeFileSync(join(root, 'a'), 'theirs');
  else if (kind === 'link') symlinkSync(target, join(root, 'a'));
  else mkdirSync(join(root, 'a'));
  const before = lstatSync(join(root, 'a'), { bigint: true });
  expect(directory.publish(file, null)).toBe(false);
  expect(lstatSync(join(root, 'a'), { bigint: true })).toEqual(before);
  expect([existsSync(target), readdirSync(root)]).toEqual([false, ['a']]);
  directory.close();
});

test('only the version that is meant is replaced or removed', async () => {
  const root = temporaryDirectory();
  const directory = opened(root);
  const first = await staged(directory, 'a', 'first');
  directory.publish(first, null);
  const second = await staged(directory, 'a', 'second');
  expect(directory.publish(second, { size: first.size, mtimeNs: first.mtimeNs + 1n })).toBe(false);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('first');
  const third = await staged(directory, 'a', 'third');
  expect(directory.publish(third, first)).toBe(true);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('third');
  expect(directory.remove('a', first)).toBe(false);
  expect(directory.remove('a', third)).toBe(true);
  expect(readdirSync(root)).toEqual([]);
  directory.close();
});

test('a link in the place of a temporary is not written through', async () => {
  const root = temporaryDirectory();
  const victim = join(temporaryDirectory(), 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, join(root, '.mirrorhash-0.export'));
  const directory = opened(root);
  directory.publish(await staged(directory, 'a', 'ours'), null);
  expect(readFileSync(victim, 'utf8')).toBe('untouched');
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('ours');
  directory.close();
});

test('a directory with the name of a temporary kept outputs from being written', async () => {
  const root = temporaryDirectory();
  const planted = join(root, '.mirrorhash-0.export');
  mkdirSync(join(planted, 'below'), { recursive: true });
  const directory = opened(root);
  expect(directory.publish(await staged(directory, 'a', 'bytes'), null)).toBe(true);
  directory.removeTemporaries();
  expect(readdirSync(root)).toEqual(['.mirrorhash-0.export', 'a']);
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('bytes');
  directory.close();
});

test('temporaries of a killed run go, and nothing else', () => {
  const root = temporaryDirectory();
  for (const name of ['.mirrorhash-0.export', '.mirrorhash-17.export', '.mirrorhash-x.export', 'a.export'])
    writeFileSync(join(root, name), '');
  const directory = opened(root);
  directory.removeTemporaries();
  expect(readdirSync(root).sort()).toEqual(['.mirrorhash-x.export', 'a.export']);
  directory.close();
});

test('links on the way are followed neither to read nor to make directories', () => {
  const root = temporaryDirectory();
  const outside = temporaryDirectory();
  mkdirSync(join(outside, 'd'));
  symlinkSync(outside, join(root, 'link'));
  for (const path of ['link', 'link/d'])
    expect(() => OutputDirectory.open(root, path)).toThrow(DirectoryMoved);
  expect(() => OutputDirectory.make(root, 'link/new/er', () => {})).toThrow(DirectoryMoved);
  expect(readdirSync(outside)).toEqual(['d']);
});

test('a directory that is moved away is written where it went, not where something else lies now', async () => {
  const root = temporaryDirectory();
  const outside = temporaryDirectory();
  const directory = OutputDirectory.make(root, 'd', () => {});
  renameSync(join(root, 'd'), join(root, 'moved'));
  symlinkSync(outside, join(root, 'd'));
  directory.publish(await staged(directory, 'a', 'ours'), null);
  expect([readdirSync(outside), readdirSync(join(root, 'moved'))]).toEqual([[], ['a']]);
  directory.close();
});

test('directories are told of before they are made, each once, and are for everybody', () => {
  const root = temporaryDirectory();
  const told: string[] = [];
  OutputDirectory.make(root, 'a/b/c', (path) => {
    expect(existsSync(join(root, path))).toBe(false);
    told.push(path);
  }).close();
  OutputDirectory.make(root, 'a/b/d', (path) => told.push(path)).close();
  expect(told).toEqual(['a', 'a/b', 'a/b/c', 'a/b/d']);
  for (const path of told) expect(statSync(join(root, path)).mode & 0o7777).toBe(0o755);
});
