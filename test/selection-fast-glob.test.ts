/** What we select, held against what the real fast-glob finds in real files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fastGlob from 'fast-glob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMatcher, createSelection, type Selection } from '../src/selection.js';

const files = [
  'a.iso',
  'A.ISO',
  'a.iso.asc',
  'b.txt',
  'Makefile',
  '.hidden',
  '.config/deep/x.iso',
  'iso/a.iso',
  'iso/b/c/d.iso',
  'iso/b/.e.iso',
  'iso.d/readme',
  'private/key',
  'private/more/key.iso',
  'x/private/key',
  'tmp1/file',
  'tmp2',
  'x/tmp1/file',
  'part1.bin',
  'part2.bin',
  'part10.bin',
  'with space/a b.txt',
  'brackets/[1].txt',
  'brackets/1.txt',
  'brackets/(x).txt',
  'brackets/{y,z}.txt',
  'stars/*.txt',
  'stars/a*b/inside',
  'stars/axb/inside',
  'back\\slash/fi\\le.txt',
  'back/slash',
  '!bang',
  'a+b.txt',
  'a$b^c.txt',
  'lost+found/1',
  'übung/ß.txt',
  'emoji/😀.txt',
  'x/y/z/w/v.rpm',
  'x/y/repodata/repomd.xml',
  'repodata/repomd.xml',
  'README',
  'x/README',
];
const newlineFiles = ['line\nfeed.iso', 'dir\nfeed/a.iso', 'x/two\n\nfeeds/.b\n.iso'];

let root: string;
let newlineRoot: string;

function plant(paths: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorhash-selection-'));
  for (const path of paths) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), '');
  }
  return directory;
}

beforeAll(() => {
  root = plant(files);
  newlineRoot = plant(newlineFiles);
});
afterAll(() => {
  rmSync(root, { recursive: true });
  rmSync(newlineRoot, { recursive: true });
});

/** What a walk finds that asks about every directory before it enters it. */
function walked(selection: Selection, paths: readonly string[]): string[] {
  const entered = (path: string): boolean =>
    path === '.' || (entered(dirname(path)) && !selection.excludesDirectory(path));
  return paths.filter((path) => entered(dirname(path)) && !selection.excludesFile(path)).sort();
}

function selectionOf(include: readonly string[], exclude: readonly string[] = []): Selection {
  return createSelection({ include, exclude, defaultExcludes: false });
}

const includes = [
  ['**'],
  ['*'],
  ['**/*'],
  ['*.iso'],
  ['**/*.iso'],
  ['**/*.{iso,txt}'],
  ['*.{iso,txt}', 'private/**'],
  ['iso/**'],
  ['iso/*'],
  ['iso/**/d.iso'],
  ['iso'],
  ['iso/a.iso'],
  ['./iso/a.iso'],
  ['./**/*.iso'],
  ['iso//b//**'],
  ['**/private/**'],
  ['**/.*'],
  ['.*'],
  ['.*/**'],
  ['*/**/*.iso'],
  ['*/*/*'],
  ['part{1..10}.bin'],
  ['part{1,2}.bin'],
  ['part[12].bin'],
  ['part[!1]*.bin'],
  ['part[^1]*.bin'],
  ['part?.bin'],
  ['part[[:digit:]].bin'],
  ['part+([0-9]).bin'],
  ['@(a|b).*'],
  ['!(a)*'],
  ['**/!(*.iso)'],
  ['?(.)hidden'],
  ['*(x)/**'],
  ['{a,}.iso'],
  ['{iso,private}/**/*.iso'],
  ['{,*,**,iso/*}'],
  ['with space/*'],
  ['"a".*'],
  ['brackets/[1].txt'],
  ['brackets/\\[1\\].txt'],
  ['brackets/(x).txt'],
  ['brackets/\\(x\\).txt'],
  ['brackets/\\{y,z\\}.txt'],
  ['brackets/{y,z}.txt'],
  ['stars/\\*.txt'],
  ['stars/*.txt'],
  ['stars/a\\*b/*'],
  ['back*/**'],
  ['**/fi\\\\le.txt'],
  ['\\!bang'],
  ['[!a]bang'],
  ['a+b.txt'],
  ['a$b^c.txt'],
  ['lost+found/*'],
  ['übung/?.txt'],
  ['emoji/?.txt'],
  ['emoji/*'],
  ['x/**/v.rpm'],
  ['**/repodata/*'],
  ['**/repodata/**'],
  ['x/*/z/**'],
  ['x/**/**/*.rpm'],
  ['***'],
  ['README'],
  ['**/README'],
  ['nothing'],
];

describe('includes take the files that fast-glob finds', () => {
  it.each(includes.map((globs) => ({ globs })))('$globs', async ({ globs }) => {
    const found = await fastGlob(globs, { cwd: root, dot: true });
    // It gives back a leading ./ of the glob, which no path of ours has.
    const expected = found.map((path) => path.replace(/^\.\//, '')).sort();
    expect(walked(selectionOf(globs), files)).toEqual(expected);
    expect(files.filter(createMatcher(globs)).sort()).toEqual(expected);
  });

  it('and the table is no row of empty answers', async () => {
    const found = await Promise.all(includes.map((globs) => fastGlob(globs, { cwd: root, dot: true })));
    expect(found.filter((paths) => paths.length > 0 && paths.length < files.length).length).toBeGreaterThan(
      50,
    );
  });
});

const excludes = [
  ['**'],
  ['*'],
  ['iso'],
  ['iso/**'],
  ['iso/*'],
  ['private'],
  ['**/private'],
  ['**/private/**'],
  ['**/private/*'],
  ['tmp*'],
  ['**/tmp*'],
  ['tmp*/**'],
  ['**/tmp[0-9]/**'],
  ['x/y'],
  ['./x/y'],
  ['x/*/z'],
  ['x/{y,private}'],
  ['{x,iso}/**/*.{iso,rpm}'],
  ['**/*.iso', '**/.*'],
  ['**/.*/**'],
  ['.config'],
  ['.hidden'],
  ['a.iso', 'b.txt', 'README'],
  ['!(iso)/**'],
  ['iso.d'],
  ['*.d'],
  ['back\\\\slash/**'],
  ['stars/a\\*b/**'],
  ['lost+found'],
  ['with space/**'],
  ['repodata'],
  ['**/repodata'],
  ['nothing'],
];

describe("excludes leave out the files that fast-glob's ignore leaves out", () => {
  it.each(excludes.map((globs) => ({ globs })))('$globs', async ({ globs }) => {
    const expected = (await fastGlob('**', { cwd: root, dot: true, ignore: globs })).sort();
    expect(walked(selectionOf([], globs), files)).toEqual(expected);
  });

  it('and beat includes', async () => {
    const options = { cwd: root, dot: true, ignore: ['**/private', '**/b/*'] };
    const expected = (await fastGlob(['**/*.iso', 'x/**'], options)).sort();
    expect(expected).toEqual([
      '.config/deep/x.iso',
      'a.iso',
      'iso/a.iso',
      'iso/b/c/d.iso',
      'x/README',
      'x/tmp1/file',
      'x/y/repodata/repomd.xml',
      'x/y/z/w/v.rpm',
    ]);
    expect(walked(selectionOf(['**/*.iso', 'x/**'], options.ignore), files)).toEqual(expected);
  });
});

describe('where we differ from fast-glob', () => {
  it.each([
    { globs: ['**'], wanted: newlineFiles },
    { globs: ['**/*'], wanted: newlineFiles },
    { globs: ['**/*.iso'], wanted: newlineFiles },
    { globs: ['*.iso'], wanted: ['line\nfeed.iso'] },
    { globs: ['**/a.iso'], wanted: ['dir\nfeed/a.iso'] },
    { globs: ['x/**'], wanted: ['x/two\n\nfeeds/.b\n.iso'] },
    { globs: ['!(y)/**'], wanted: ['dir\nfeed/a.iso', 'line\nfeed.iso', 'x/two\n\nfeeds/.b\n.iso'] },
  ])('$globs matches names with line feeds', async ({ globs, wanted }) => {
    expect(walked(selectionOf(globs), newlineFiles)).toEqual([...wanted].sort());
    expect(walked(selectionOf([], globs), newlineFiles)).toEqual(
      newlineFiles.filter((path) => !wanted.includes(path)).sort(),
    );
  });

  it('which fast-glob drops', async () => {
    expect(await fastGlob('**', { cwd: newlineRoot, dot: true })).toEqual([]);
    expect(await fastGlob('**/*.iso', { cwd: newlineRoot, dot: true })).toEqual(['line\nfeed.iso']);
  });

  it('a trailing slash means the directory and all below it, and no file of that name', () => {
    const selection = selectionOf([], ['private/', 'tmp*/']);
    expect(walked(selection, ['private/a', 'private/b/c', 'x/private/a', 'tmp1/file', 'tmp2'])).toEqual([
      'tmp2',
      'x/private/a',
    ]);
    expect(selection.excludesDirectory('private')).toBe(true);
    expect(selection.excludesDirectory('tmp2')).toBe(true);
    expect(selection.excludesFile('private')).toBe(false);
    expect(['private', 'private/a', 'private/b/c', 'a'].filter(createMatcher(['private/']))).toEqual([
      'private/a',
      'private/b/c',
    ]);
  });

  it('an escaped character is part of a plain name, so that the directory is pruned', () => {
    const selection = selectionOf([], ['stars/a\\*b', 'back\\\\slash']);
    expect(selection.excludesDirectory('stars/a*b')).toBe(true);
    expect(selection.excludesDirectory('stars/axb')).toBe(false);
    expect(selection.excludesDirectory('back\\slash')).toBe(true);
  });
});
