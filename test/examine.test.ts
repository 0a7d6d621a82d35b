import { describe, expect, it } from 'vitest';
import type { CachedDirectory } from '../src/examine.js';
import { defaultRecipe } from '../src/recipe.js';
import { createMatcher } from '../src/selection.js';
import { cachedOf, examine, fileOf, nothing, nowNs, reasons, wantedOf } from './support/examining.js';
import { longAgoNs } from './support/records.js';

describe('the work', () => {
  it('is what is new or stale; the rest is counted', () => {
    const scan = examine(
      {
        files: [
          fileOf('new', { size: 5 }),
          fileOf('same'),
          fileOf('grown', { size: 1001 }),
          fileOf('touched', { mtimeNs: 1n }),
        ],
      },
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
    expect(examine({})).toMatchObject({
      tasks: [],
      unchanged: 0,
      work: { files: 0, bytes: 0 },
      vanished: [],
    });
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
    const files = [
      fileOf('a.iso'),
      fileOf('a.txt'),
      fileOf('big.iso', { size: 1001 }),
      fileOf('empty.iso', { size: 0 }),
    ];
    const blocks = examine({ files }, nothing, wanted).tasks.map(({ recipe }) => recipe.zsyncBlockSize);
    expect(blocks).toEqual([2048, null, null, null]);
  });

  it('of a file of the base has no slash in its path', () => {
    const scan = examine(
      { path: '', files: [fileOf('a'), fileOf('b')] },
      nothing,
      wantedOf({ rules: { include: ['a'] } }),
    );
    expect(reasons(scan)).toEqual([['a', 'new']]);
  });
});

describe('signatures', () => {
  const signature = { size: 800, mtimeNs: longAgoNs };
  const signatures = new Map([['a.asc', signature]]);
  const signed: CachedDirectory = {
    files: new Map(
      [...cachedOf(['a', 'a.asc']).files].map(([name, row]) => [
        name,
        name === 'a' ? { ...row, signature } : row,
      ]),
    ),
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
    const scan = examine(
      { files: both, signatures },
      nothing,
      wantedOf({ rules: { exclude: ['**/*.asc'] } }),
    );
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
    const files = [
      fileOf('a', { mtimeNs: nowNs - 1n }),
      fileOf('b', { mtimeNs: nowNs + 5n }),
      fileOf('c', { mtimeNs: nowNs }),
    ];
    expect(examine({ files })).toMatchObject({ racy: ['a', 'b', 'c'], calmAtNs: nowNs + 2_000_000_005n });
  });

  it('are no exception when no moment is given', () => {
    expect(examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, nothing, wantedOf(), null)).toMatchObject({
      racy: [],
      calmAtNs: 0n,
      tasks: [{ name: 'a' }],
    });
  });

  it.each([
    ['its own', 7n, 5n],
    ['that of its signature', 5n, 7n],
  ])('that are read with their signature are calm by the younger mtime: %s', (_, own, sidecar) => {
    const signatures = new Map([['a.asc', { size: 800, mtimeNs: nowNs + sidecar }]]);
    const scan = examine({ files: [fileOf('a', { mtimeNs: nowNs + own })], signatures });
    expect(scan).toMatchObject({ racy: ['a'], calmAtNs: nowNs + 2_000_000_007n });
  });

  it('that are fresh need no wait', () => {
    const [row] = cachedOf(['a']).files.values();
    if (row === undefined) throw new Error('no row');
    const cached = { files: new Map([['a', { ...row, mtimeNs: nowNs }]]), subdirectories: [] };
    expect(examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, cached)).toMatchObject({
      racy: [],
      unchanged: 1,
    });
  });

  it('are also those whose signature was written a moment ago, if it is to be read', () => {
    const signatures = new Map([['a.asc', { size: 800, mtimeNs: nowNs - 5n }]]);
    const added = examine({ files: [fileOf('a')], signatures }, cachedOf(['a']));
    expect(added).toMatchObject({
      racy: ['a'],
      tasks: [],
      work: { files: 1, bytes: 0 },
      calmAtNs: nowNs + 1_999_999_995n,
    });
    const removed = examine({ files: [fileOf('a', { mtimeNs: nowNs })] }, {
      files: new Map([
        ['a', { ...cachedOf(['a']).files.get('a'), mtimeNs: nowNs, signature: { size: 1, mtimeNs: 1n } }],
      ]),
      subdirectories: [],
    } as CachedDirectory);
    expect(reasons(removed)).toEqual([['a', 'signature removed']]);
  });
});
