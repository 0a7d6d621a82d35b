/**
 * Two directories that somebody swaps, one open to all, the other staged (0750): what is staged is never taken for what
 * lies in the open one. Who may write above them may do that without having any right to what is staged.
 */
import { chmodSync, closeSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isStillVisible, openServed } from '../../src/files/served-file.js';
import { type SourceRecord, sourceStates } from '../../src/files/sources.js';
import { listVisible } from '../../src/files/visible-listing.js';
import { VisibleTree } from '../../src/files/visible-tree.js';
import { Child } from '../support/children.js';
import { temporaryDirectory } from '../support/temporary.js';

const contents = { open: 'open to all', staged: 'for its hour, and longer' } as const;

function base(): string {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'f.iso'), text);
    writeFileSync(join(directory, name, `only-in-${name}`), text);
    for (const file of ['f.iso', `only-in-${name}`]) chmodSync(join(directory, name, file), 0o644);
  }
  chmodSync(join(directory, 'open'), 0o755);
  chmodSync(join(directory, 'staged'), 0o750);
  return directory;
}

function swap(directory: string): void {
  renameSync(join(directory, 'open'), join(directory, 'free'));
  renameSync(join(directory, 'staged'), join(directory, 'open'));
  renameSync(join(directory, 'free'), join(directory, 'staged'));
}

describe('swapped after the directory was looked at', () => {
  test('what a record knows of a file of the staged one was told', () => {
    const directory = base();
    const tree = new VisibleTree(directory, () => false);
    tree.look('open', 'nothing');
    swap(directory);
    const seen = tree.look('open', 'only-in-staged');
    expect(seen?.kind === 'file' && isStillVisible(directory, seen)).toBe(false);
    const open = new VisibleTree(directory, () => false).look('staged', 'only-in-open');
    expect(open?.kind === 'file' && isStillVisible(directory, open)).toBe(true);
  });

  test('a file of the staged one was delivered', () => {
    const directory = base();
    const tree = new VisibleTree(directory, () => false);
    expect(tree.look('open', 'f.iso')?.kind).toBe('file');
    swap(directory);
    const served = openServed(directory, 'open/f.iso');
    const text = served === null ? null : readFileSync(served.descriptor, 'utf8');
    if (served !== null) closeSync(served.descriptor);
    expect([contents.open, null]).toContain(text);
  });

  test('the names in the staged one were listed', async () => {
    const directory = base();
    const tree = new VisibleTree(directory, () => false);
    expect((await listVisible(tree, 'open'))?.map(({ name }) => name)).toEqual(['f.iso', 'only-in-open']);
    swap(directory);
    expect(await listVisible(tree, 'open')).toBeNull();
  });
});

test('swapped all the time: the hashes of the staged file were exported', async () => {
  const directory = base();
  const { ino, size, mtimeNs } = lstatSync(join(directory, 'staged', 'f.iso'), { bigint: true });
  const record = { sequence: 1, size: Number(size), mtimeNs, inode: ino.toString() };
  const records = new Map([['f.iso', record as unknown as SourceRecord]]);
  const child = await Child.start(
    'swapper.ts',
    ...['open', 'staged', 'free'].map((name) => join(directory, name)),
  );
  const states = new Set(
    Array.from({ length: 20_000 }, () => sourceStates(directory, 'open', records).get('f.iso')),
  );
  await child.kill();
  expect(states).not.toContain('visible');
  // It did see both of them.
  expect(states).toContain('stale');
  expect(states).toContain('hidden');
});
