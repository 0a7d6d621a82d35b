import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Cache } from '../../src/store/cache.js';
import { CacheReader } from '../../src/store/cache-reader.js';
import { changed, openCache, put, putPaths, removePaths } from '../support/caching.js';
import { recordOf } from '../support/records.js';
import { temporaryDirectory } from '../support/temporary.js';

let file: string;
let cache: Cache;

beforeEach(() => {
  file = `${temporaryDirectory()}/cache.db`;
  cache = openCache(file);
});

describe('changes', () => {
  it('are numbered one by one, and found by their numbers', () => {
    expect(cache.lastSequence()).toBe(0);
    putPaths(cache, 'a', 'b', 'c');
    expect(changed(cache, 0)).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    putPaths(cache, 'a');
    expect(changed(cache, 1)).toEqual([
      [2, 'b'],
      [3, 'c'],
      [4, 'a'],
    ]);
    expect(changed(cache, 4)).toEqual([]);
    expect(cache.lastSequence()).toBe(4);
    expect(cache.changesUpTo(3, 10).map(({ sequence }) => sequence)).toEqual([3, 2]);
    expect(cache.changesUpTo(9, 1).map(({ record }) => record.path)).toEqual(['a']);
    expect([0, 3, 4].map((after) => cache.changesSince(after))).toEqual([3, 1, 0]);
  });

  it('come in portions, by number and by bytes', () => {
    putPaths(cache, 'a', 'b', 'c', 'd');
    const bytes = 16 + 20 + 32 + 20 + 20 + 6;
    expect(cache.changesAfter(0, 2, 1e9)).toHaveLength(2);
    expect(cache.changesAfter(0, 9, 0)).toHaveLength(1);
    expect(cache.changesAfter(0, 9, bytes)).toHaveLength(1);
    expect(cache.changesAfter(0, 9, bytes + 1)).toHaveLength(2);
    // A question that was left early does not lock the cache.
    putPaths(cache, 'e');
  });

  it('that remove leave a tombstone until the file is back', () => {
    putPaths(cache, 'a', 'b');
    expect(removePaths(cache, 'a')).toBe(1);
    expect(cache.record('a')).toBeNull();
    expect(cache.tombstonesAfter(0, 9)).toEqual([{ path: 'a', sequence: 3 }]);
    expect(cache.tombstonesAfter(3, 9)).toEqual([]);
    expect(cache.tombstonesUpTo(3, 9)).toEqual([{ path: 'a', sequence: 3 }]);
    expect(cache.changesSince(1)).toBe(2);
    putPaths(cache, 'a');
    expect(cache.tombstonesAfter(0, 9)).toEqual([]);
    removePaths(cache, 'a');
    expect(cache.tombstonesAfter(0, 9)).toEqual([{ path: 'a', sequence: 5 }]);
  });

  it('leave the sums of a removed record nowhere', () => {
    putPaths(cache, 'a', 'b');
    removePaths(cache, 'a');
    const other = new Database(file, { readonly: true });
    expect(other.prepare('SELECT count(*) FROM sums').pluck().get()).toBe(1);
    other.close();
  });

  it('do not remove a record that was renewed meanwhile', () => {
    putPaths(cache, 'a');
    const seen = cache.fileAt('a');
    if (seen === null) throw new Error('no record');
    putPaths(cache, 'a');
    expect(cache.located(seen)).toBeNull();
    expect(cache.remove([seen])).toBe(0);
    expect(cache.record('a')).not.toBeNull();
    expect(cache.remove([{ id: 999, sequence: 1 }])).toBe(0);
    expect(cache.lastSequence()).toBe(2);
  });

  it('take no number when nothing changes', () => {
    cache.apply([]);
    cache.remove([]);
    cache.apply([{ kind: 'amend', path: 'gone', dropZsync: true, signature: null }]);
    cache.set('x', 'y');
    expect(cache.lastSequence()).toBe(0);
  });

  it('are committed all or none', () => {
    const broken = { ...recordOf('b'), md5: 'no bytes' as unknown as Uint8Array };
    expect(() => put(cache, recordOf('a'), broken)).toThrow();
    expect([cache.count('').files, cache.lastSequence()]).toEqual([0, 0]);
  });

  it('are seen by a reader, who cannot change them', () => {
    const reader = CacheReader.open(file);
    onTestFinished(() => reader.close());
    putPaths(cache, 'a');
    expect(reader.record('a')?.path).toBe('a');
    expect(reader.fileSize()).toBe(cache.fileSize());
    expect(reader.fileSize()).toBeGreaterThan(4096);
  });
});

describe('tombstones', () => {
  it('expire beyond 100,000, and the horizon tells so', () => {
    const other = new Database(file);
    other.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO tombstone SELECT 'old/' || i, i FROM n; UPDATE sequence SET last = 100000`);
    other.close();
    putPaths(cache, 'a', 'b', 'c');
    expect(cache.horizon()).toBe(0);
    removePaths(cache, 'a');
    expect(cache.horizon()).toBe(1);
    expect(cache.tombstonesAfter(0, 1)).toEqual([{ path: 'old/2', sequence: 2 }]);
    removePaths(cache, 'b', 'c');
    expect(cache.horizon()).toBe(3);
    expect(cache.tombstonesAfter(0, 1)).toEqual([{ path: 'old/4', sequence: 4 }]);
    expect(cache.tombstonesAfter(0, 1_000_000)).toHaveLength(100_000);
  });
});
