import { beforeEach, describe, expect, it } from 'vitest';
import type { FileRecord } from '../../src/model.js';
import { RecentChanges } from '../../src/pipeline/recent-changes.js';
import type { CacheChange } from '../../src/store/cache.js';
import { MiB } from '../support/hashing.js';
import { recordOf } from '../support/records.js';

let recent: RecentChanges;

beforeEach(() => {
  recent = new RecentChanges();
});

const put = (record: FileRecord): CacheChange => ({ kind: 'put', record });
const puts = (...paths: readonly string[]): CacheChange[] => paths.map((path) => put(recordOf(path)));
const amend: CacheChange = { kind: 'amend', path: 'x', dropZsync: true, signature: undefined };

function taken(sequence: number, limit = 100): readonly (readonly [number, string])[] | null {
  return recent.after(sequence, limit)?.map(({ sequence, record }) => [sequence, record.path]) ?? null;
}

describe('one stretch of changes', () => {
  it('is numbered on, and given from any number in it', () => {
    recent.add(7, puts('a', 'b'));
    recent.add(9, puts('c'));
    expect(recent.length).toBe(3);
    expect(taken(7)).toEqual([
      [8, 'a'],
      [9, 'b'],
      [10, 'c'],
    ]);
    expect(taken(9)).toEqual([[10, 'c']]);
    expect(taken(7, 2)).toEqual([
      [8, 'a'],
      [9, 'b'],
    ]);
  });

  it.each([
    ['before it', 6],
    ['long before it', 0],
    ['at its end', 10],
    ['behind it', 99],
  ])('says nothing of what is %s', (_, sequence) => {
    recent.add(7, puts('a', 'b', 'c'));
    expect(taken(sequence)).toBeNull();
  });

  it('says nothing when it is empty', () => {
    expect(taken(0)).toBeNull();
    recent.add(0, []);
    expect([taken(0), recent.length]).toEqual([null, 0]);
  });

  it.each([
    ['another process wrote in between', 12],
    ['the cache was restored', 3],
  ])('begins anew where %s', (_, before) => {
    recent.add(7, puts('a', 'b'));
    recent.add(before, puts('c'));
    expect(taken(7)).toBeNull();
    expect(taken(before)).toEqual([[before + 1, 'c']]);
    expect(recent.length).toBe(1);
  });

  it.each([
    ['alone', [amend]],
    ['before a record', [amend, ...puts('b')]],
    ['behind a record', [...puts('b'), amend]],
  ])('ends where a record was amended, %s', (_, changes) => {
    recent.add(0, puts('a'));
    recent.add(1, changes);
    expect([taken(0), taken(1), recent.length]).toEqual([null, null, 0]);
    recent.add(1 + changes.length, puts('c'));
    expect(taken(1 + changes.length)).toEqual([[2 + changes.length, 'c']]);
    expect(taken(1)).toBeNull();
  });
});

describe('what is dropped', () => {
  it.each<[number, number]>([
    [0, 4],
    [1, 4],
    [3, 2],
    [5, 0],
    [9, 0],
  ])('up to %i leaves %i', (sequence, left) => {
    recent.add(1, puts('a', 'b', 'c', 'd'));
    recent.drop(sequence);
    expect(recent.length).toBe(left);
    expect(taken(sequence)?.length ?? 0).toBe(sequence === 0 ? 0 : left);
    recent.add(5, puts('e'));
    expect(taken(5)).toEqual([[6, 'e']]);
  });

  it('is everything when it is cleared', () => {
    recent.add(0, puts('a', 'b'));
    recent.clear();
    expect([taken(0), recent.length]).toEqual([null, 0]);
  });
});

describe('too much', () => {
  const record = recordOf('a');
  const many = (count: number) => Array.from({ length: count }, () => put(record));
  const heavy = (pieces: number, zsums: number) =>
    put({
      ...record,
      pieces: { length: 1, sha1: new Uint8Array(pieces) },
      zsync: {
        blockSize: 2048,
        hashLengths: { sequence: 1, rsum: 2, checksum: 3 },
        sums: new Uint8Array(zsums),
      },
    });

  it('is more than 10,000 changes: then all are forgotten, and the next ones kept', () => {
    recent.add(0, many(9_999));
    recent.add(9_999, many(1));
    expect(recent.length).toBe(10_000);
    recent.add(10_000, many(1));
    expect([recent.length, taken(0), taken(10_000)]).toEqual([0, null, null]);
    recent.add(10_001, puts('b'));
    expect(taken(10_001)).toEqual([[10_002, 'b']]);
  });

  it('is more than 32 MiB of sums', () => {
    recent.add(0, [heavy(16 * MiB - 1000, 0), heavy(0, 16 * MiB - 1000)]);
    expect(recent.length).toBe(2);
    recent.add(2, [heavy(0, 2000)]);
    expect(recent.length).toBe(0);
  });

  it('is more than 32 MiB of signatures', () => {
    const text = 'x'.repeat(64 * 1024);
    const signed = put({ ...record, signature: { size: text.length, mtimeNs: 1n, text } });
    recent.add(
      0,
      Array.from({ length: 200 }, () => signed),
    );
    expect([recent.length, recent.isHalfFull]).toEqual([200, false]);
    recent.add(
      200,
      Array.from({ length: 100 }, () => signed),
    );
    expect([recent.length, recent.isHalfFull]).toEqual([300, true]);
    recent.add(
      300,
      Array.from({ length: 300 }, () => signed),
    );
    expect([recent.length, recent.isHalfFull]).toEqual([0, false]);
  });

  it('counts only what was not dropped', () => {
    recent.add(0, [heavy(16 * MiB - 1000, 0), heavy(0, 16 * MiB - 1000)]);
    recent.drop(1);
    recent.add(2, [heavy(16 * MiB - 1000, 0)]);
    expect(recent.length).toBe(2);
    recent.clear();
    recent.add(3, [heavy(16 * MiB, 16 * MiB - 1000)]);
    expect(recent.length).toBe(1);
  });
});
