/** Whatever is known of a file and found of it: a record stands when nothing says otherwise, and never else. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CachedFile, isRacy, taskFor, type Version } from '../../src/freshness.js';
import type { FileRecipe, FileTask } from '../../src/model.js';
import { statOf } from '../support/records.js';
import { holds } from './property.js';

/** Few values of each, so that equal ones meet often; among them the ends of what a file system knows. */
const size = fc.constantFrom(0, 1, 1_000, Number.MAX_SAFE_INTEGER);
const mtimeNs = fc.constantFrom(-1n, 0n, 1n, 999_999_999n, 2n ** 31n * 1_000_000_000n, 2n ** 62n);
const inode = fc.constantFrom(0n, 7n, 2n ** 64n - 1n);
const version: fc.Arbitrary<Version> = fc.record({ size: fc.constantFrom(1, 800), mtimeNs });
const pieceLength: fc.Arbitrary<number> = fc.constantFrom(262_144, 1_048_576);
const zsyncBlockSize: fc.Arbitrary<number | null> = fc.constantFrom(null, 2_048, 4_096);

const found = fc.record({
  stat: fc.record({ size, mtimeNs, inode }),
  signature: fc.option(version),
  wanted: fc.record({ pieceLength, zsyncBlockSize }),
  rules: fc.record({ checkInode: fc.boolean(), force: fc.boolean() }),
});
type Found = typeof found extends fc.Arbitrary<infer T> ? T : never;

const cached: fc.Arbitrary<CachedFile | null> = fc.option(
  fc.record({
    size,
    mtimeNs,
    inode: inode.map(String),
    pieceLength,
    zsyncBlockSize,
    signature: fc.option(version),
    adopted: fc.boolean(),
  }),
);

function decide({ stat, signature, wanted, rules }: Found, record: CachedFile | null): FileTask | null {
  return taskFor({ name: 'a', stat: statOf(stat) }, record, signature, wanted, rules);
}

/** What the task leaves in the cache. */
function afterwards(task: FileTask, { stat, signature }: Found, record: CachedFile | null): CachedFile {
  const read = task.payload === 'read';
  if (!read && record === null) throw new Error('there is nothing to keep');
  const kept = read ? { size: stat.size, mtimeNs: stat.mtimeNs, inode: String(stat.inode) } : record;
  const { pieceLength, zsyncBlockSize }: FileRecipe = task.recipe;
  return {
    size: stat.size,
    mtimeNs: stat.mtimeNs,
    inode: kept?.inode ?? '',
    pieceLength: read ? pieceLength : (record?.pieceLength ?? 0),
    zsyncBlockSize: read || task.payload === 'trim' ? zsyncBlockSize : (record?.zsyncBlockSize ?? null),
    signature: { read: signature, none: null, keep: record?.signature ?? null }[task.signature],
    adopted: record?.adopted ?? false,
  };
}

function isSame(one: Version | null, other: Version | null): boolean {
  return one?.size === other?.size && one?.mtimeNs === other?.mtimeNs;
}

test('a record stands only for this size, this mtime and this signature, and with all that is wanted', () => {
  holds(
    fc.property(found, cached, (now, record) => {
      if (decide(now, record) !== null) return;
      expect(record).not.toBe(null);
      if (record === null) return;
      expect(isSame(record, now.stat)).toBe(true);
      expect(isSame(record.signature, now.signature)).toBe(true);
      expect(now.rules.force).toBe(false);
      if (now.rules.checkInode) expect(record.inode).toBe(String(now.stat.inode));
      if (!record.adopted) {
        expect(record.pieceLength).toBe(now.wanted.pieceLength);
        expect(record.zsyncBlockSize).toBe(now.wanted.zsyncBlockSize);
      }
      if (now.wanted.zsyncBlockSize !== null) expect(record.zsyncBlockSize).not.toBe(null);
    }),
  );
});

test('what changed is read, whatever else is the case', () => {
  holds(
    fc.property(found, cached, (now, record) => {
      const changed = record === null || !isSame(record, now.stat) || now.rules.force;
      if (changed) expect(decide(now, record)?.payload).toBe('read');
    }),
  );
});

test('another version of a file is a file like any other, and has the recipe that is wanted', () => {
  holds(
    fc.property(found, cached, (now, record) => {
      if (record === null || !isSame(record, now.stat))
        expect(decide(now, record)?.recipe).toEqual(now.wanted);
    }),
  );
});

test('a record of the same file stands, whatever its inode is, unless that is asked for', () => {
  holds(
    fc.property(found, cached, (now, record) => {
      if (record === null) return;
      const same = {
        ...now,
        stat: { ...now.stat, ...record, inode: now.stat.inode },
        signature: record.signature,
      };
      const wanted = { pieceLength: record.pieceLength, zsyncBlockSize: record.zsyncBlockSize };
      const rules = { checkInode: false, force: false };
      expect(decide({ ...same, wanted, rules }, record)).toBe(null);
      const asked = decide({ ...same, wanted, rules: { ...rules, checkInode: true } }, record);
      expect(asked === null).toBe(record.inode === String(now.stat.inode));
    }),
  );
});

test('after what is to be done, nothing more is to be done', () => {
  holds(
    fc.property(found, cached, (now, record) => {
      const task = decide(now, record);
      if (task === null) return;
      const after = afterwards(task, now, record);
      expect(decide({ ...now, rules: { ...now.rules, force: false } }, after)).toBe(null);
    }),
  );
});

const edge = fc.constantFrom(-2_000_000_000n, 2_000_000_000n);
const nanosecond = fc.bigInt({ min: -1n, max: 1n });
const age = fc.oneof(
  fc.bigInt({ min: -4_000_000_000n, max: 4_000_000_000n }),
  fc.tuple(edge, nanosecond).map(([one, other]) => one + other),
);

test('a file is young for two seconds, on both sides of the clock', () => {
  holds(
    fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), age, (now, age) => {
      expect(isRacy(now - age, now)).toBe(age > -2_000_000_000n && age < 2_000_000_000n);
    }),
  );
});
