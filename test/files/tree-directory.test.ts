import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { DirectoryMoved, TreeDirectory } from '../../src/files/tree-directory.js';
import { listDirectory } from '../../src/files/walk.js';
import { Child } from '../support/children.js';
import { attempt, inDirectory, statFile } from '../support/listing.js';
import { hostileNames } from '../support/names.js';
import { temporaryDirectory } from '../support/temporary.js';

const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

/** A tree `base` with `a/b/file`, and beside it `outside/b/secret`. */
function treeAndOutside(): { readonly base: string; readonly outside: string } {
  const home = temporaryDirectory();
  const [base, outside] = [`${home}/base`, `${home}/outside`];
  mkdirSync(`${base}/a/b`, { recursive: true });
  writeFileSync(`${base}/a/b/file`, 'mine');
  mkdirSync(`${outside}/b`, { recursive: true });
  writeFileSync(`${outside}/b/secret`, 'not yours');
  writeFileSync(`${outside}/b/file`, 'not yours');
  return { base, outside };
}

describe('a directory', () => {
  it('is opened and reaches what is in it', () => {
    const { base } = treeAndOutside();
    expect(inDirectory(base, 'a/b', (directory) => readFileSync(directory.entry('file'), 'utf8'))).toBe(
      'mine',
    );
    expect(inDirectory(base, '', (directory) => readdirSync(directory.self))).toEqual(['a']);
  });

  it.each([...hostileNames, 'x (deleted)'])('may be called %j', (name) => {
    const base = temporaryDirectory();
    mkdirSync(`${base}/${name}/${name}`, { recursive: true });
    writeFileSync(`${base}/${name}/${name}/${name}`, 'content');
    const content = inDirectory(base, `${name}/${name}`, (directory) =>
      readFileSync(directory.entry(name), 'utf8'),
    );
    expect(content).toBe('content');
  });

  it('may be the root of the system', () => {
    expect(inDirectory('/', '', (directory) => readdirSync(directory.self))).toContain('proc');
    expect(inDirectory('/', 'proc', (directory) => readdirSync(directory.self))).toContain('self');
  });

  it('leaves no descriptor behind, whether it opens or not', () => {
    const { base, outside } = treeAndOutside();
    symlinkSync(outside, `${base}/link`);
    const before = openDescriptors();
    for (let round = 0; round < 20; round++) {
      inDirectory(base, 'a/b', () => {});
      attempt(() => TreeDirectory.open(base, 'link/b'));
      attempt(() => TreeDirectory.open(base, 'link'));
      attempt(() => TreeDirectory.open(base, 'gone'));
    }
    expect(openDescriptors()).toBe(before);
  });
});

describe('is refused', () => {
  test.each<[string, (base: string, outside: string) => void, string]>([
    ['a link in its place', (base, outside) => symlinkSync(outside, `${base}/link`), 'link'],
    ['a link to a directory of the tree', (base) => symlinkSync('a', `${base}/link`), 'link'],
    ['a link on the way, out of the tree', (base, outside) => symlinkSync(outside, `${base}/link`), 'link/b'],
    ['a link on the way, within the tree', (base) => symlinkSync('a', `${base}/link`), 'link/b'],
    ['a link to itself', (base) => symlinkSync('link', `${base}/link`), 'link'],
    ['a dangling link', (base) => symlinkSync('nowhere', `${base}/link`), 'link'],
    ['a file in its place', (base) => writeFileSync(`${base}/link`, ''), 'link'],
    ['a file on the way', (base) => writeFileSync(`${base}/link`, ''), 'link/b'],
    ['the way up', () => {}, '../outside'],
    ['a detour', () => {}, 'a/../a'],
  ])('%s', (_, prepare, path) => {
    const { base, outside } = treeAndOutside();
    prepare(base, outside);
    expect(() => TreeDirectory.open(base, path)).toThrow(DirectoryMoved);
  });

  it('a base that is a link', () => {
    const { base } = treeAndOutside();
    symlinkSync(base, `${base}-link`);
    expect(() => TreeDirectory.open(`${base}-link`, '')).toThrow(DirectoryMoved);
    expect(() => TreeDirectory.open(`${base}-link`, 'a')).toThrow(DirectoryMoved);
  });

  it('one that is missing, with the code of the system', () => {
    const { base } = treeAndOutside();
    expect(attempt(() => TreeDirectory.open(base, 'gone'))).toBe('ENOENT');
    expect(attempt(() => TreeDirectory.open(base, 'gone/b'))).toBe('ENOENT');
  });

  it('one that may not be entered, with the code of the system', async () => {
    const { base } = treeAndOutside();
    chmodSync(`${base}/..`, 0o755);
    chmodSync(`${base}/a`, 0o700);
    onTestFinished(() => chmodSync(`${base}/a`, 0o755));
    const child = await Child.start('unprivileged.ts');
    expect(await child.ask({ what: 'open', base, path: 'a/b' })).toEqual({ answer: 'EACCES' });
    expect(await child.ask({ what: 'open', base, path: '' })).toEqual({ answer: 'opened' });
  });
});

describe('swapped for a link after it was opened', () => {
  it('still lists and reads what is its own', () => {
    const { base, outside } = treeAndOutside();
    inDirectory(base, 'a/b', (directory) => {
      renameSync(`${base}/a`, `${base}/moved`);
      symlinkSync(outside, `${base}/a`);
      expect(readFileSync(`${base}/a/b/file`, 'utf8')).toBe('not yours');
      expect(listDirectory(directory, base, 'a/b', null, new Map()).files.map(({ name }) => name)).toEqual([
        'file',
      ]);
      expect(readFileSync(directory.entry('file'), 'utf8')).toBe('mine');
    });
  });

  it('is not taken for what the link leads to, though name, size and time are those that are known', () => {
    const { base, outside } = treeAndOutside();
    writeFileSync(`${outside}/b/file`, 'like');
    for (const path of [`${base}/a/b/file`, `${outside}/b/file`]) utimesSync(path, 1, 1);
    const mine = statFile(`${base}/a/b/file`);
    const known = new Map([['file', { ...mine, inode: String(mine.inode) }]]);
    inDirectory(base, 'a/b', (directory) => {
      renameSync(`${base}/a`, `${base}/moved`);
      symlinkSync(outside, `${base}/a`);
      const { files } = listDirectory(directory, base, 'a/b', null, known);
      expect(files).toEqual([{ name: 'file', stat: mine }]);
    });
  });

  it('shows nothing when it was removed', () => {
    const { base } = treeAndOutside();
    inDirectory(base, 'a/b', (directory) => {
      rmSync(`${base}/a`, { recursive: true });
      mkdirSync(`${base}/a/b`, { recursive: true });
      writeFileSync(`${base}/a/b/other`, '');
      expect(attempt(() => listDirectory(directory, base, 'a/b', null, new Map()).files)).toEqual([]);
    });
  });
});
