/**
 * Every value equals that of an independent program: the golden vectors (coreutils, zsyncmake, MirrorBrain's module)
 * and coreutils at run time.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { vectors } from '../hash/content.js';
import { installed, Site } from '../support/e2e.js';
import { coreutils, longAgo, redirectorRows, writeCounting } from '../support/e2e-files.js';

const place = new Site();
const hasSqlite = installed('sqlite3', '--version');
const hasZsyncmake = installed('zsyncmake', '-V');
/** beyond the vectors: two pieces + 5 */
const furtherSizes = [524_293];

function file(name: string): string {
  return join(place.tree, name);
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

beforeAll(async () => {
  for (const { name, size } of vectors) writeCounting(file(name), size);
  for (const size of furtherSizes) writeCounting(file(`file-${size}.bin`), size);
  const run = await place.hash();
  expect(run.status).toBe(0);
  expect(run.summary.files.hashed).toBe(vectors.length + furtherSizes.length);
});

afterAll(() => place.remove());

test('the vectors hold the sizes at all edges', () => {
  const sizes = vectors.map(({ size }) => size);
  const edges = [0, 1, 2047, 2048, 2049, 262_143, 262_144, 262_145, 99_999_999, 100_000_000];
  expect(sizes).toEqual(expect.arrayContaining(edges));
});

describe.each(vectors)('$name', (vector) => {
  test('its row is the golden one', () => {
    const row = redirectorRows(place.state).get(vector.name);
    if (row === undefined) throw new Error('no row');
    expect({
      size: row.size,
      mtime: row.mtime,
      md5: row.md5.toString('hex'),
      sha1: row.sha1.toString('hex'),
      sha256: row.sha256.toString('hex'),
      pieceLength: row.sha1piecesize,
      pieceBytes: row.sha1pieces.length,
      sha1OfPieces: sha1(row.sha1pieces),
      btih: row.btih.toString('hex'),
      zblocksize: row.zblocksize,
      zhashlens: row.zhashlens,
      zsumsLength: row.zsums.length,
      sha1OfZsums: row.zsums.length === 0 ? null : sha1(row.zsums),
      pgp: row.pgp,
      mirrors: row.mirrors,
    }).toEqual({
      size: vector.size,
      mtime: Math.floor(longAgo.getTime() / 1000),
      md5: vector.md5,
      sha1: vector.sha1,
      sha256: vector.sha256,
      pieceLength: vector.pieceLength,
      pieceBytes: vector.pieceCount * 20,
      sha1OfPieces: vector.sha1OfPieces,
      btih: vector.btihMirrorBrain,
      zblocksize: vector.zsync?.blocksize ?? 0,
      zhashlens: vector.zsync?.hashLengths ?? '',
      zsumsLength: vector.zsync?.bodyLength ?? 0,
      sha1OfZsums: vector.zsync?.sha1OfBody ?? null,
      pgp: '',
      mirrors: '[]',
    });
  });
});

test.each(['md5sum', 'sha1sum', 'sha256sum'] as const)('%s agrees', (tool) => {
  const rows = [...redirectorRows(place.state).values()];
  const column = tool.replace('sum', '') as 'md5' | 'sha1' | 'sha256';
  const ours = new Map(rows.map((row) => [file(row.path), row[column].toString('hex')]));
  expect(ours).toEqual(new Map([...coreutils(tool, [...ours.keys()])]));
  expect(ours.size).toBe(vectors.length + furtherSizes.length);
});

test.each([0, 1, 2049, 262_145, 3_500_000])(
  'show --json of %d bytes has the shape of the contract',
  async (size) => {
    const vector = vectors.find((candidate) => candidate.size === size);
    if (vector === undefined) throw new Error('no vector');
    const { status, stdout, stderr } = await place.run([
      'show',
      file(vector.name),
      '--state',
      place.state,
      '--json',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const shown = JSON.parse(stdout) as Record<string, unknown> & {
      pieces: { length: number; sha1: string[] };
      zsync: { blocksize: number; hashLengths: string; sums: string } | null;
    };
    const { pieces, zsync, ...rest } = shown;
    expect(rest).toEqual({
      path: vector.name,
      size,
      mtime: '2024-02-29T12:34:56.789000000Z',
      md5: vector.md5,
      sha1: vector.sha1,
      sha256: vector.sha256,
      btih: vector.btihMirrorBrain,
      pgp: null,
    });
    expect(pieces.length).toBe(vector.pieceLength);
    expect(pieces.sha1).toHaveLength(vector.pieceCount);
    expect(sha1(Buffer.from(pieces.sha1.join(''), 'hex'))).toBe(vector.sha1OfPieces);
    if (vector.zsync === undefined) {
      expect(zsync).toBeNull();
      return;
    }
    expect(Object.keys(zsync ?? {}).sort()).toEqual(['blocksize', 'hashLengths', 'sums']);
    expect(zsync).toMatchObject({ blocksize: vector.zsync.blocksize, hashLengths: vector.zsync.hashLengths });
    expect(sha1(Buffer.from(zsync?.sums ?? '', 'base64'))).toBe(vector.zsync.sha1OfBody);
  },
);

test.each([2, 7])('--jobs %d gives the rows that --jobs 1 gives', async (jobs) => {
  const states = { one: join(place.directory, `one-${jobs}`), many: join(place.directory, `many-${jobs}`) };
  const common = ['hash', place.tree, '--exclude', 'file-*0000?.bin', '--exclude', 'file-9*.bin'];
  await place.run([...common, '--state', states.one, '--jobs', '1']);
  await place.run([...common, '--state', states.many, '--jobs', String(jobs)]);
  const rows = [...redirectorRows(states.many).values()];
  expect(rows).toEqual([...redirectorRows(states.one).values()]);
  expect(rows.length).toBeGreaterThan(15);
});

test('two copies of one tree give equal rows', async () => {
  const copy = join(place.directory, 'copy');
  const state = join(place.directory, 'copy-state');
  execFileSync('cp', ['-a', place.tree, copy]);
  await place.run(['hash', copy, '--state', state]);
  const rows = [...redirectorRows(state).values()];
  expect(rows).toEqual([...redirectorRows(place.state).values()]);
  expect(rows).toHaveLength(vectors.length + furtherSizes.length);
});

describe('other programs', () => {
  test.skipIf(!hasSqlite)('sqlite3 reads hexhash', () => {
    const sql = `SELECT path, sha256hex, md5hex, sha1hex, btihhex, zhashlens, length(sha1pieceshex), length(zsumshex)
      FROM hexhash JOIN filearr ON id = file_id WHERE path = 'file-3500000.bin'`;
    const output = execFileSync('sqlite3', ['-readonly', join(place.state, 'redirector.db'), sql], {
      encoding: 'utf8',
    });
    const vector = vectors.find(({ size }) => size === 3_500_000);
    if (vector?.zsync === undefined) throw new Error('no vector');
    const { name, sha256, md5, sha1: digest, btihMirrorBrain, zsync, pieceCount } = vector;
    const columns = [name, sha256, md5, digest, btihMirrorBrain, zsync.hashLengths];
    expect(output).toBe(`${[...columns, pieceCount * 40, zsync.bodyLength * 2].join('|')}\n`);
  });

  test.skipIf(!hasZsyncmake)('zsyncmake writes the same sums', () => {
    for (const size of [1, 2047, 262_145, 524_293]) {
      const name = `file-${size}.bin`;
      const made = join(place.directory, `${name}.zsync`);
      execFileSync('zsyncmake', ['-b', '2048', '-u', 'x', '-o', made, file(name)], { stdio: 'ignore' });
      const text = readFileSync(made);
      const row = redirectorRows(place.state).get(name);
      const header = text.subarray(0, text.indexOf('\n\n')).toString();
      expect(/^Hash-Lengths: (.*)$/m.exec(header)?.[1]).toBe(row?.zhashlens);
      expect(text.subarray(text.indexOf('\n\n') + 2).equals(row?.zsums ?? Buffer.alloc(0))).toBe(true);
    }
  });
});
