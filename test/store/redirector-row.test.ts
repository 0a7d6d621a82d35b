/** What a row of the redirector is made of, whatever database it goes to. */
import { describe, expect, it, test } from 'vitest';
import { differingColumns, toRow } from '../../src/store/redirector.js';
import { longAgoNs, recordOf } from '../support/records.js';

describe('a row', () => {
  test.each([
    ['the beginning of a second', 5_000_000_000n, 5],
    ['the end of a second', 5_999_999_999n, 5],
    ['1970', 0n, 0],
    ['a moment before 1970', -1n, 0],
    ['the last moment of a second before 1970', -1_000_000_001n, -1],
    ['beyond 2262', 10_000_000_000_999_999_999n, 10_000_000_000],
  ])('has whole seconds, towards zero: %s', (_, mtimeNs, mtime) => {
    expect(toRow(recordOf('a', { mtimeNs })).mtime).toBe(mtime);
  });

  it('has everything of the record, and empty values for what does not exist', () => {
    const record = recordOf('a/b', { signature: { size: 1, mtimeNs: 1n, text: 'text' } });
    expect(toRow(record)).toEqual({
      path: 'a/b',
      mtime: Number(longAgoNs / 1_000_000_000n),
      size: 1000,
      md5: record.md5,
      sha1: record.sha1,
      sha256: record.sha256,
      sha1piecesize: 262_144,
      sha1pieces: record.pieces.sha1,
      btih: record.btih,
      pgp: 'text',
      zblocksize: 2048,
      zhashlens: '1,2,4',
      zsums: record.zsync?.sums,
    });
    const bare = toRow(recordOf('a', { zsync: null, signature: { size: 1, mtimeNs: 1n, text: null } }));
    expect(bare).toMatchObject({ pgp: '', zblocksize: 0, zhashlens: '', zsums: new Uint8Array(0) });
  });

  it('differs in the columns that differ', () => {
    const row = toRow(recordOf('a'));
    expect(differingColumns(row, structuredClone(row))).toEqual([]);
    expect(differingColumns(row, { ...row, md5: Buffer.from(row.md5) })).toEqual([]);
    const [first = 0, ...rest] = row.sha1;
    expect(
      differingColumns(row, { ...row, size: 1, sha1: Uint8Array.of(first ^ 1, ...rest), pgp: 'x' }),
    ).toEqual(['size', 'sha1', 'pgp']);
    expect(differingColumns(row, { ...row, zsums: row.zsums.subarray(1) })).toEqual(['zsums']);
  });
});
