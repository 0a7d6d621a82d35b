import { describe, expect, it } from 'vitest';
import { type CachedDirectory, examineDirectory, type Found, type Wanted } from '../src/examine.js';
import type { DirectoryScan } from '../src/jobs.js';
import { defaultRecipe } from '../src/recipe.js';
import { createMatcher, createSelection, type SelectionRules } from '../src/selection.js';
import { longAgoNs, statOf } from './support/records.js';

const nowNs = 1_700_000_000_000_000_000n;
const everything: SelectionRules = { include: [], exclude: [], defaultExcludes: false };

function wantedOf(changed: Partial<Wanted> & { readonly rules?: Partial<SelectionRules> } = {}): Wanted {
  const { rules, ...rest } = changed;
  return {
    recipe: defaultRecipe,
    selection: createSelection({ ...everything, ...rules }),
    zsyncIncludes: createMatcher([]),
    device: null,
    listUnchanged: false,
    checkInode: false,
    force: false,
    ...rest,
  };
}

function foundOf(changed: Partial<Found> = {}): Found {
  return { path: 'd', files: [], directories: [], problems: [], only: null, signatures: new Map(), ...changed };
}

const fileOf = (name: string, stat: Parameters<typeof statOf>[0] = {}) => ({ name, stat: statOf(stat) });

/** A directory of records as `statOf` has them, numbered from 1. */
function cachedOf(names: readonly string[], subdirectories: readonly string[] = []): CachedDirectory {
  const record = {
    size: 1000,
    mtimeNs: longAgoNs,
    inode: '7',
    pieceLength: 262_144,
    zsyncBlockSize: 2048,
    signature: null,
  };
  const files = names.map((name, index) => [name, { ...record, id: index + 1, sequence: index + 101 }] as const);
  return { files: new Map(files), subdirectories };
}

const nothing = cachedOf([]);

function examine(
  found: Partial<Found>,
  cached: CachedDirectory = nothing,
  wanted: Wanted = wantedOf(),
  now: bigint | null = nowNs,
): DirectoryScan {
  return examineDirectory(foundOf(found), cached, wanted, now);
}

const reasons = (scan: DirectoryScan) => scan.tasks.map(({ name, reason }) => [name, reason]);

describe('the work', () => {
  it('is what is new or stale; the rest is counted', () => {
    const scan = examine(
      { files: [fileOf('new', { size: 5 }), fileOf('same'), fileOf('grown', { size: 1001 }), fileOf('touched', { mtimeNs: 1n })] },
      cachedOf(['same', 'grown', 'touched']),
    );
    expect(reasons(scan)).toEqual([
      ['new', 'new'],
      ['grown', 'size'],
      ['touched', 'mtime'],
    ]);
    expect(scan).toMatchObject({
      status: 'scanned',
      path: 'd',
      unchanged: 1,
      unchangedFiles: [],
      excluded: 0,
      work: { files: 3, bytes: 5 + 1001 + 1000 },
      racy: [],
      vanished: [],
      vanishedDirectories: [],
    });
  });

  it('is nothing for an empty directory', () => {
    expect(examine({})).toMatchObject({ tasks: [], unchanged: 0, work: { files: 0, bytes: 0 }, vanished: [] });
  });

  it('names unchanged files when asked', () => {
    const scan = examine({ files: [fileOf('a')] }, cachedOf(['a']), wantedOf({ listUnchanged: true }));
    expect(scan.unchangedFiles).toEqual([{ name: 'a', size: 1000 }]);
  });

  it('counts no bytes where nothing is read', () => {
    const recipe = { ...defaultRecipe, zsync: false };
    const scan = examine({ files: [fileOf('a')] }, cachedOf(['a']), wantedOf({ recipe }));
    expect(scan.tasks).toMatchObject([{ name: 'a', reason: 'zsync dropped', payload: 'trim' }]);
    expect(scan.work).toEqual({ files: 1, bytes: 0 });
  });

  it('follows the recipe file by file', () => {
    const recipe = { ...defaultRecipe, zsyncInclude: ['d/*.iso'], zsyncMaxSize: 1000 };
    const wanted = wantedOf({ recipe, zsyncIncludes: createMatcher(recipe.zsyncInclude) });
    const files = [fileOf('a.iso'), fileOf('a.txt'), fileOf('big.iso', { size: 1001 }), fileOf('empty.iso', { size: 0 })];
    const blocks = examine({ files }, nothing, wanted).tasks.map(({ recipe }) => recipe.zsyncBlockSize);
    expect(blocks).toEqual([2048, null, null, null]);
  });

  it('of a file of the base has no slash in its path', () => {
    const scan = examine({ path: '', files: [fileOf('a'), fileOf('b')] }, nothing, wantedOf({ rules: { include: ['a'] } }));
    expect(reasons(scan)).toEqual([['a', 'new']]);
  });
});

describe('signatures', () => {
  const signature = { size: 800, mtimeNs: longAgoNs };
  const signatures = new Map([['a.asc', signature]]);
  const signed: CachedDirectory = {
    files: new Map([...cachedOf(['a', 'a.asc']).files].map(([name, row]) => [name, name === 'a' ? { ...row, signature } : row])),
    subdirectories: [],
  };
  const both = [fileOf('a'), fileOf('a.asc')];

  it.each([
    ['stay', both, signatures, signed, []],
    ['are added', both, signatures, cachedOf(['a', 'a.asc']), [['a', 'signature added']]],
    ['are removed', [fileOf('a')], new Map(), signed, [['a', 'signature removed']]],
    [
      'are changed, and are files like any other',
      [fileOf('a'), fileOf('a.asc', { size: 801 })],
      new Map([['a.asc', { ...signature, size: 801 }]]),
      signed,
      [
        ['a', 'signature changed'],
        ['a.asc', 'size'],
      ],
    ],
    ['of other files mean nothing', [fileOf('b')], new Map([['ab.asc', signature]]), cachedOf(['b']), []],
  ])('%s', (_, files, found, cached, expected) => {
    expect(reasons(examine({ files, signatures: found }, cached))).toEqual(expected);
  });

  it('are picked up though they are excluded as files', () => {
    const scan = examine({ files: both, signatures }, nothing, wantedOf({ rules: { exclude: ['**/*.asc'] } }));
    expect(scan.tasks).toMatchObject([{ name: 'a', payload: 'read', signature: 'read' }]);
    expect(scan.excluded).toBe(1);
  });
});

describe('racy files', () => {
  it.each([
    ['this moment', 0n, true],
    ['1.999999999 s ago', -1_999_999_999n, true],
    ['2 s ago', -2_000_000_000n, false],
    ['in 1.999999999 s', 1_999_999_999n, true],
    ['in 2 s', 2_000_000_000n, false],
  ])('written %s', (_, offset, racy) => {
    const mtimeNs = nowNs + offset;
    const scan = examine({ files: [fileOf('a', { mtimeNs })] });
    expect(scan.racy).toEqual(racy ? ['a'] : []);
    expect(scan.tasks.map(({ name }) => name)).toEqual(racy ? [] : ['a']);
    expect(scan.work).toEqual({ files: 1, bytes: 1000 });
    expect(scan.calmAtNs).toBe(racy ? mtimeNs + 2_000_000_000n : 0n);
  });

  it('are calm together with the youngest', () => {
    const files = [fileOf('a', { mtimeNs: nowNs - 1n }), fileOf('b', { mtimeNs: nowNs + 5n }), fileOf('c', { mtimeNs: nowNs })];
    expect(examine({ files })).toMatchObject({ racy: ['a', 'b', 'c'], calmAtNs: nowNs + 2_000_000_005n });
  });

  it('are no exception when no moment is given', () => {
    expect(examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, nothing, wantedOf(), null)).toMatchObject({
      racy: [],
      calmAtNs: 0n,
      tasks: [{ name: 'a' }],
    });
  });

  it('that are fresh need no wait', () => {
    const [row] = cachedOf(['a']).files.values();
    if (row === undefined) throw new Error('no row');
    const cached = { files: new Map([['a', { ...row, mtimeNs: nowNs }]]), subdirectories: [] };
    expect(examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, cached)).toMatchObject({ racy: [], unchanged: 1 });
  });

  it('are also those whose signature was written a moment ago, if it is to be read', () => {
    const signatures = new Map([['a.asc', { size: 800, mtimeNs: nowNs - 5n }]]);
    const added = examine({ files: [fileOf('a')], signatures }, cachedOf(['a']));
    expect(added).toMatchObject({ racy: ['a'], tasks: [], work: { files: 1, bytes: 0 }, calmAtNs: nowNs + 1_999_999_995n });
    const removed = examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, {
      files: new Map([['a', { ...cachedOf(['a']).files.get('a'), mtimeNs: nowNs, signature: { size: 1, mtimeNs: 1n } }]]),
      subdirectories: [],
    } as CachedDirectory);
    expect(reasons(removed)).toEqual([['a', 'signature removed']]);
  });
});

describe('what is excluded', () => {
  it('is counted, neither hashed nor missed', () => {
    const scan = examine(
      { files: [fileOf('a.tmp'), fileOf('b')], problems: [] },
      cachedOf(['a.tmp', 'b']),
      wantedOf({ rules: { exclude: ['**/*.tmp'] } }),
    );
    expect(scan).toMatchObject({ excluded: 1, unchanged: 1, tasks: [], vanished: [] });
  });

  it('is not entered, and not missed', () => {
    const directories = ['in', 'out'].map((name) => ({ name, device: 1n }));
    const wanted = wantedOf({ rules: { exclude: ['**/out'] } });
    const scan = examine({ directories }, cachedOf([], ['in', 'out']), wanted);
    expect(scan.subdirectories).toEqual(['d/in']);
    expect(scan.vanishedDirectories).toEqual([]);
  });

  it('has no problems', () => {
    const problem = (path: string) => ({ outcome: 'skipped', path, code: 'NAME_NOT_UTF8', message: 'm' }) as const;
    const wanted = wantedOf({ rules: { exclude: ['**/*.tmp'] } });
    const scan = examine({ problems: [problem('d/x.tmp'), problem('d/y')] }, nothing, wanted);
    expect(scan.problems).toEqual([problem('d/y')]);
  });
});

describe('other file systems', () => {
  const directories = [
    { name: 'here', device: 1n },
    { name: 'mounted', device: 2n },
  ];
  it.each([
    ['are entered', null, ['d/here', 'd/mounted']],
    ['are not entered when one was asked for, and not missed', 1n, ['d/here']],
  ])('%s', (_, device, entered) => {
    const scan = examine({ directories }, cachedOf([], ['here', 'mounted']), wantedOf({ device }));
    expect(scan.subdirectories).toEqual(entered);
    expect(scan.vanishedDirectories).toEqual([]);
  });
});

describe('what vanished', () => {
  const directory = (name: string) => ({ name, device: 1n });
  const link = { outcome: 'skipped', path: 'd/a', code: 'NOT_A_FILE', message: 'm' } as const;
  it.each<[string, Partial<Found>, string[], number[], string[]]>([
    ['nothing', { files: [fileOf('a')], directories: [directory('x')] }, ['x'], [], []],
    ['a file', { directories: [directory('x')] }, ['x'], [1], []],
    ['a directory', { files: [fileOf('a')] }, ['x'], [], ['d/x']],
    ['a file that is a directory now', { directories: [directory('a')] }, [], [1], []],
    ['a directory that is a file now', { files: [fileOf('a'), fileOf('x')] }, ['x'], [], ['d/x']],
    ['a file that is a link now', { problems: [link] }, [], [1], []],
    ['a directory that is a link now', { files: [fileOf('a')], problems: [{ ...link, path: 'd/x' }] }, ['x'], [], ['d/x']],
    ['a directory that never held records is not missed', { files: [fileOf('a')] }, [], [], []],
    ['everything', {}, ['x', 'y'], [1], ['d/x', 'd/y']],
    ['a file that was looked at', { only: ['a', 'b'] }, ['x'], [1], []],
    ['a file that was not looked at', { only: ['b'] }, ['x'], [], []],
    ['a directory under a name that was looked at', { only: ['x', 'a'], files: [fileOf('a')] }, ['x'], [], ['d/x']],
    ['nothing, when no name was looked at', { only: [] }, ['x'], [], []],
  ])('%s', (_, found, subdirectories, files, directories) => {
    const scan = examine(found, cachedOf(['a'], subdirectories));
    expect(scan.vanished).toEqual(files.map((id) => ({ id, sequence: id + 100 })));
    expect(scan.vanishedDirectories).toEqual(directories);
  });

  it('from the base has no slash in its path', () => {
    expect(examine({ path: '' }, cachedOf([], ['x'])).vanishedDirectories).toEqual(['x']);
  });
});
