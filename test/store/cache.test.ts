import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FileRecord } from '../../src/model.js';
import type { Cache } from '../../src/store/cache.js';
import { changed, openCache, put, putPaths, removePaths } from '../support/caching.js';
import { hostileNames } from '../support/names.js';
import { longAgoNs, plain, recordOf } from '../support/records.js';
import { temporaryDirectory } from '../support/temporary.js';

let file: string;
let cache: Cache;

beforeEach(() => {
  file = `${temporaryDirectory()}/cache.db`;
  cache = openCache(file);
});

function recordAt(path: string): FileRecord | null {
  const record = cache.record(path);
  return record === null ? null : plain(record);
}

const second = 1_000_000_000n;

describe('a record', () => {
  it.each<[string, Partial<FileRecord>]>([
    ['as most are', {}],
    ['of an empty file', { size: 0, zsync: null, pieces: { length: 262_144, sha1: new Uint8Array(0) } }],
    [
      'of a file above 2^32 bytes',
      {
        size: 5_000_000_000_000,
        zsync: null,
        pieces: { length: 2 ** 38, sha1: new Uint8Array(20 * 19).fill(5) },
      },
    ],
    ['without zsync sums', { zsync: null }],
    ['from 1970', { mtimeNs: 0n }],
    ['with 999,999,999 nanoseconds', { mtimeNs: longAgoNs - (longAgoNs % second) + 999_999_999n }],
    ['from a nanosecond before 1970', { mtimeNs: -1n }],
    ['from half a second before 1970', { mtimeNs: -500_000_000n }],
    ['from a second and a half before 1970', { mtimeNs: -1_500_000_000n }],
    ['from 1901', { mtimeNs: -2_147_483_648n * second + 999_999_999n }],
    ['from beyond 2038', { mtimeNs: 2_147_483_648n * second + 1n }],
    ['from beyond 2262', { mtimeNs: 2n ** 63n + 1n }],
    ['from beyond 2446', { mtimeNs: 15_032_385_536n * second + 999_999_999n }],
    ['with an inode above 2^63', { inode: 2n ** 64n - 1n }],
    ['with an inode above 2^53', { inode: 2n ** 53n + 1n }],
    ['with a signature', { signature: { size: 3, mtimeNs: -1n, text: 'a\nü' } }],
    ['with a signature file that is none', { signature: { size: 0, mtimeNs: 2n ** 63n, text: null } }],
    [
      'with much of everything',
      {
        size: 1_638_400_000,
        zsync: null,
        pieces: { length: 16_384, sha1: new Uint8Array(2_000_000).fill(7) },
      },
    ],
  ])('%s comes back as it went in', (_, parts) => {
    const record = recordOf('a/b.iso', parts);
    put(cache, record);
    expect(recordAt('a/b.iso')).toEqual(record);
    const row = cache.directory('a').files.get('b.iso');
    expect(row).toEqual({
      id: expect.any(Number),
      sequence: 1,
      size: record.size,
      mtimeNs: record.mtimeNs,
      inode: String(record.inode),
      pieceLength: record.pieces.length,
      zsyncBlockSize: record.zsync?.blockSize ?? null,
      signature:
        record.signature === null ? null : { size: record.signature.size, mtimeNs: record.signature.mtimeNs },
      adopted: false,
    });
  });

  it('replaces the one before it, and all of it', () => {
    put(cache, recordOf('a', { signature: { size: 1, mtimeNs: 1n, text: 't' } }));
    const next = recordOf('a', { seed: 'other', size: 5, mtimeNs: 6n, inode: 7n, zsync: null });
    put(cache, next);
    expect(recordAt('a')).toEqual(next);
    expect(cache.count('').files).toBe(1);
  });

  it('has any name', () => {
    const paths = hostileNames.flatMap((name) => [name, `d/${name}`, `${name}.d/x`]);
    putPaths(cache, ...paths);
    expect(paths.filter((path) => recordAt(path)?.path !== path)).toEqual([]);
    expect(cache.count('').files).toBe(paths.length);
    expect([...cache.directory('d').files.keys()].sort()).toEqual([...hostileNames].sort());
    expect(cache.record('D/x')).toBeNull();
  });
});

describe('a directory', () => {
  beforeEach(() => putPaths(cache, 'top', 'a/x', 'a/y', 'a/b/z', 'ab/x', 'deep/er/and/er/x'));

  it('knows its own files and the directories in it', () => {
    expect([...cache.directory('').files.keys()]).toEqual(['top']);
    expect([...cache.directory('').subdirectories].sort()).toEqual(['a', 'ab', 'deep']);
    expect([...cache.directory('a').files.keys()].sort()).toEqual(['x', 'y']);
    expect(cache.directory('a').subdirectories).toEqual(['b']);
    expect(cache.directory('deep')).toEqual({ files: new Map(), subdirectories: ['er'] });
    expect(cache.directory('gone')).toEqual({ files: new Map(), subdirectories: [] });
  });

  it('counts what is at and below it', () => {
    expect(cache.count('')).toEqual({ files: 6, bytes: 6000 });
    expect(cache.count('a')).toEqual({ files: 3, bytes: 3000 });
    expect(cache.count('a/b')).toEqual({ files: 1, bytes: 1000 });
    expect(cache.count('a/x')).toEqual({ files: 0, bytes: 0 });
    expect(['', 'a', 'a/b', 'a/x'].map((path) => cache.countFiles(path))).toEqual([6, 3, 1, 0]);
    expect(cache.filesBelow('a')).toHaveLength(3);
    expect(cache.directoriesBelow('')).toEqual(['', 'a', 'a/b', 'ab', 'deep/er/and/er']);
    expect(cache.directoriesBelow('deep')).toEqual(['deep/er/and/er']);
  });

  it('is forgotten with its last file, and those around it that hold nothing', () => {
    removePaths(cache, 'deep/er/and/er/x', 'a/b/z');
    expect([...cache.directory('').subdirectories].sort()).toEqual(['a', 'ab']);
    expect(cache.directory('a').subdirectories).toEqual([]);
    removePaths(cache, 'a/x', 'a/y', 'ab/x', 'top');
    expect(cache.directory('').subdirectories).toEqual([]);
    putPaths(cache, 'deep/er/x');
    expect(cache.count('deep').files).toBe(1);
  });
});

describe('a record is amended', () => {
  const signature = { size: 9, mtimeNs: -3n, text: 'text' };
  const before = recordOf('a', { signature });
  beforeEach(() => put(cache, before));

  it.each<[string, boolean, FileRecord['signature'] | undefined, Partial<FileRecord>]>([
    [
      'by a signature',
      false,
      { size: 1, mtimeNs: 2n, text: 'new' },
      { signature: { size: 1, mtimeNs: 2n, text: 'new' } },
    ],
    [
      'by a file that is no signature',
      false,
      { size: 1, mtimeNs: 2n, text: null },
      { signature: { size: 1, mtimeNs: 2n, text: null } },
    ],
    ['by no signature', false, null, { signature: null }],
    ['by no zsync sums', true, undefined, { zsync: null }],
    ['by neither', true, null, { zsync: null, signature: null }],
  ])('%s', (_, dropZsync, given, parts) => {
    cache.apply([{ kind: 'amend', path: 'a', dropZsync, signature: given }]);
    expect(recordAt('a')).toEqual({ ...before, ...parts });
    expect(changed(cache, 1)).toEqual([[2, 'a']]);
    const row = cache.directory('').files.get('a');
    expect(row?.zsyncBlockSize).toBe(dropZsync ? null : 2048);
  });
});

describe('an adopted record', () => {
  const isAdopted = (name: string) => cache.directory('').files.get(name)?.adopted;
  beforeEach(() => cache.apply([{ kind: 'put', record: recordOf('a'), adopted: true }]));

  it('is known as one, and others are not', () => {
    put(cache, recordOf('b'));
    expect([isAdopted('a'), isAdopted('b')]).toEqual([true, false]);
  });

  it.each<[string, Parameters<typeof recordOf>[1], boolean]>([
    ['stays one when the file was read again', { seed: 'other' }, true],
    ['stays one with another inode', { inode: 8n }, true],
    ['stays one without its zsync sums', { zsync: null }, true],
    ['is none any more with another size', { size: 1001 }, false],
    ['is none any more a nanosecond later', { mtimeNs: longAgoNs + 1n }, false],
    ['is none any more a second later', { mtimeNs: longAgoNs + second }, false],
  ])('%s', (_, parts, expected) => {
    put(cache, recordOf('a', parts));
    expect(isAdopted('a')).toBe(expected);
  });

  it('stays one when its signature or its zsync sums go', () => {
    cache.apply([{ kind: 'amend', path: 'a', dropZsync: true, signature: null }]);
    expect(isAdopted('a')).toBe(true);
  });

  it('takes the place of one that is not', () => {
    put(cache, recordOf('b'));
    cache.apply([{ kind: 'put', record: recordOf('b', { size: 7 }), adopted: true }]);
    expect(isAdopted('b')).toBe(true);
  });

  it('is none any more once it was forgotten', () => {
    removePaths(cache, 'a');
    put(cache, recordOf('a'));
    expect(isAdopted('a')).toBe(false);
  });
});

describe('what is remembered', () => {
  it('settings', () => {
    expect(cache.setting('x')).toBeNull();
    cache.set('x', '1');
    cache.set('x', 'ü\n');
    expect(cache.setting('x')).toBe('ü\n');
  });

  it('positions of targets', () => {
    cache.setTarget({ name: 'b', identity: '1', sequence: 2 });
    cache.setTarget({ name: 'a', identity: '3', sequence: 4 });
    cache.setTarget({ name: 'b', identity: '5', sequence: 6 });
    expect(cache.targets()).toEqual([
      { name: 'a', identity: '3', sequence: 4 },
      { name: 'b', identity: '5', sequence: 6 },
    ]);
  });

  it('problems, of the parts that were walked anew', () => {
    const problem = (path: string, message = 'm') =>
      ({ path, outcome: 'failed', code: 'C', message }) as const;
    cache.replaceProblems([''], [problem('a/x'), problem('b/x'), problem('b'), problem('bc')]);
    cache.replaceProblems(['b'], [problem('b/y')]);
    expect(cache.problems().map(({ path }) => path)).toEqual(['a/x', 'b/y', 'bc']);
    cache.replaceProblems(['a/x'], [problem('a/x', 'again'), problem('a/x', 'and again')]);
    expect(cache.problems()[0]).toEqual(problem('a/x', 'and again'));
    cache.replaceProblems([''], []);
    expect(cache.problems()).toEqual([]);
  });
});

describe('exclusively', () => {
  it('keeps others out, and gives the way free when the work fails', () => {
    const other = new Database(file, { timeout: 0 });
    onTestFinished(() => void other.close());
    cache.exclusively(() => {
      expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked');
    });
    expect(() =>
      cache.exclusively(() => {
        throw new RangeError('bug');
      }),
    ).toThrow(RangeError);
    other.exec('BEGIN IMMEDIATE; COMMIT');
    expect(cache.exclusively(() => 5)).toBe(5);
  });

  it('keeps nothing of work that failed', () => {
    expect(() =>
      cache.exclusively(() => {
        cache.remember('x', '1');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(cache.setting('x')).toBeNull();
  });
});
