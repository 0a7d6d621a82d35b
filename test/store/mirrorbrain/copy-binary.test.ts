import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { describe, expect, it } from 'vitest';
import { copyBinary, copyColumns } from '../../../src/store/mirrorbrain/copy-binary.js';
import type { RedirectorRow } from '../../../src/store/redirector.js';
import { makeDatabase } from '../../support/mirrorbrain/databases.js';
import { hostileNames } from '../../support/names.js';
import { rowOf } from '../../support/records.js';

/** What a server has read, in the order of the rows. */
async function throughServer(rows: readonly RedirectorRow[]): Promise<readonly object[]> {
  const client = await (await makeDatabase(null)).connect();
  const columns = copyColumns.map(([name, type]) => `${name} ${type}`);
  await client.query(`CREATE TEMPORARY TABLE rows (number serial, ${columns.join(', ')})`);
  const names = copyColumns.map(([name]) => name).join(', ');
  const stream = client.query(copyFrom(`COPY rows (${names}) FROM STDIN (FORMAT binary)`));
  for (const part of copyBinary(rows)) stream.write(part);
  await new Promise<void>((resolve, reject) => {
    stream.on('finish', resolve).on('error', reject).end();
  });
  const types = { getTypeParser: (oid: number) => (oid === 20 ? Number : pg.types.getTypeParser(oid)) };
  const { rows: read } = await client.query({
    text: `SELECT ${names} FROM rows ORDER BY number`,
    types: types as pg.CustomTypesConfig,
  });
  return read as object[];
}

describe('the bytes of rows', () => {
  it('is read by a server as it was meant', async () => {
    const rows: RedirectorRow[] = [
      ...hostileNames.map((path) => rowOf(path)),
      ...['', '\\N', '\\.', '\\\\.', 'NULL', 'a\tb', '\\t', '\\x41', '\\101', '\b\f\v', '\r\n', "'", '"'].map(
        (text, i) => ({ ...rowOf(`t${i}`), path: `p${text}`, pgp: text, zhashlens: text }),
      ),
      { ...rowOf('numbers'), size: Number.MAX_SAFE_INTEGER, mtime: -5, sha1piecesize: 2 ** 31 - 1 },
      {
        ...rowOf('all bytes'),
        zsums: Uint8Array.from({ length: 256 }, (_, i) => i),
        sha1pieces: Buffer.of(),
      },
      // A part of a larger memory.
      { ...rowOf('part'), md5: new Uint8Array(1000).fill(9).subarray(100, 116).fill(1) },
    ];
    expect(structuredClone(await throughServer(rows))).toEqual(structuredClone(rows));
  });

  it('come in portions of whole rows, also where one is larger than a portion', async () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => rowOf(`d/ü${i}`));
    rows[2_500] = { ...rowOf('large'), zsums: new Uint8Array(3_000_000).fill(7) };
    const portions = [...copyBinary(rows)];
    expect(portions.length).toBeGreaterThan(5);
    // Each but the first begins with the number of its columns, or is the end.
    const beginnings = portions.slice(1).map((bytes) => bytes.readInt16BE(0));
    expect(new Set(beginnings)).toEqual(new Set([copyColumns.length]));
    expect(structuredClone(await throughServer(rows))).toEqual(structuredClone(rows));
  });

  it('of no rows are beginning and end', async () => {
    expect(await throughServer([])).toEqual([]);
    expect(Buffer.concat([...copyBinary([])])).toHaveLength(21);
  });
});
