/**
 * However the work is divided, the same tree gives the same values: in lanes, in parts, in jobs of many directories,
 * with any number of threads.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { type Vector, vectors } from '../hash/content.js';
import { installed, type Site, site } from '../support/e2e.js';
import { coreutils, type Row, redirectorRows, writeCounting, writeSparse } from '../support/e2e-files.js';

const MiB = 1024 * 1024;
const hasZsyncmake = installed('zsyncmake', '-V');

/** Bytes of files by their paths. */
const sparse: ReadonlyMap<string, number> = new Map([
  ['large/sparse.iso', 80 * MiB + 5],
  // Many of some size in one directory: eights of them go side by side.
  ...Array.from({ length: 25 }, (_, i) => [`some/${i}`, MiB + i * 87_381] as const),
  ...Array.from({ length: 120 }, (_, i) => [`small/${i % 7}/${i}`, i * 499] as const),
]);
const golden = vectors.filter(({ size }) => [0, 1, 2049, 262_145, 3_500_000, 99_999_999].includes(size));
const shown = ['large/sparse.iso', 'some/0', 'some/24', 'small/3/59', 'large/file-99999999.bin'];

let place: Site;
let reference: ReadonlyMap<string, Row>;
const fileOf = (path: string): string => join(place.tree, path);

async function hash(name: string, ...args: readonly string[]): Promise<string> {
  const state = join(place.directory, name);
  const ended = await place.run(['hash', place.tree, '--state', state, '--quiet', ...args]);
  expect(ended).toMatchObject({ status: 0, stdout: '', stderr: '' });
  return state;
}

function show(state: string): Promise<readonly string[]> {
  return Promise.all(
    shown.map(async (path) => {
      const ended = await place.run(['show', fileOf(path), '--state', state, '--json']);
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      return ended.stdout;
    }),
  );
}

/** Rows with digests in the place of bytes: many bytes are slow to compare one by one. */
function brief(rows: ReadonlyMap<string, Row>): readonly unknown[] {
  const short = (value: unknown) =>
    Buffer.isBuffer(value) ? createHash('sha256').update(value).digest('hex') : value;
  return [...rows.values()].map((row) =>
    Object.entries(row).map(([column, value]) => [column, short(value)]),
  );
}

let states: ReadonlyMap<string, string>;

const ways = {
  'one thread': ['--jobs', '1'],
  'two threads': ['--jobs', '2'],
  'seven threads': ['--jobs', '7'],
  'a read limit': ['--read-limit', '500M'],
} as const;

beforeAll(async () => {
  place = site();
  for (const [path, size] of sparse)
    writeSparse(fileOf(path), size, path.repeat(Math.min(9, size / path.length)));
  for (const { name, size } of golden) writeCounting(fileOf(`large/${name}`), size);
  const made: [string, string][] = [];
  for (const [way, args] of Object.entries(ways)) made.push([way, await hash(way, ...args)]);
  states = new Map(made);
  reference = redirectorRows(states.get('one thread') ?? '');
});

it.each(['two threads', 'seven threads', 'a read limit'])('%s: the same rows as with one thread', (way) => {
  expect(brief(redirectorRows(states.get(way) ?? ''))).toEqual(brief(reference));
  expect(reference.size).toBe(sparse.size + golden.length);
});

test('what is shown is the same, byte for byte', async () => {
  const all = await Promise.all([...states.values()].map(show));
  for (const texts of all) expect(texts.every((text, index) => text === all[0]?.[index])).toBe(true);
  expect(all[0]?.map((text) => (JSON.parse(text) as { path: string }).path)).toEqual(shown);
});

describe('other programs', () => {
  it.each(['md5sum', 'sha1sum', 'sha256sum'] as const)('%s agrees', (tool) => {
    const column = tool.replace('sum', '') as 'md5' | 'sha1' | 'sha256';
    const ours = new Map([...reference].map(([path, row]) => [fileOf(path), row[column].toString('hex')]));
    expect(ours).toEqual(new Map([...coreutils(tool, [...ours.keys()])]));
  });

  test.skipIf(!hasZsyncmake)('zsyncmake agrees', () => {
    for (const path of shown) {
      const row = reference.get(path);
      const made = join(place.directory, 'made.zsync');
      const options = ['-Z', '-b', `${row?.zblocksize}`, '-f', 'x', '-u', 'x', '-o', made];
      execFileSync('zsyncmake', [...options, fileOf(path)], { stdio: 'ignore' });
      const content = readFileSync(made);
      const end = content.indexOf('\n\n');
      const header = content.subarray(0, end).toString('latin1');
      expect([path, /^Hash-Lengths: (.*)$/m.exec(header)?.[1]]).toEqual([path, row?.zhashlens]);
      expect(content.subarray(end + 2).equals(row?.zsums ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it.each<Vector>(golden)(
    'libtorrent and MirrorBrain agree on $size bytes',
    ({ name, btihMirrorBrain, pieceCount }) => {
      const row = reference.get(`large/${name}`);
      expect([row?.btih.toString('hex'), row?.sha1pieces.length]).toEqual([btihMirrorBrain, 20 * pieceCount]);
    },
  );
});
