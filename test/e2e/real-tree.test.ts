/**
 * A real tree: the packages that this project itself needs, thousands of files of every kind and many directories. Each
 * value is compared with the one of another program, zsync's for every 20th file only.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { installed, site } from '../support/e2e.js';
import { coreutils, type Row, redirectorRows } from '../support/e2e-files.js';

const tree = realpathSync(fileURLToPath(new URL('../../node_modules', import.meta.url)));
/** What the test runner writes there meanwhile. */
const inMotion = ['.vite/', '.vite-temp/'];
const hasZsyncmake = installed('zsyncmake', '-V');

function filesOf(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => !inMotion.some((name) => file.startsWith(join(directory, name))));
}

/** The header field and the body that zsyncmake makes of a file. */
function zsyncmake(file: string, blockSize: number, made: string): { lengths: string; body: Buffer } {
  execFileSync('zsyncmake', ['-Z', '-b', `${blockSize}`, '-f', 'x', '-u', 'x', '-o', made, file], {
    stdio: 'ignore',
  });
  const content = readFileSync(made);
  const end = content.indexOf('\n\n');
  const [, lengths = ''] = /^Hash-Lengths: (.*)$/m.exec(content.subarray(0, end).toString('latin1')) ?? [];
  return { lengths, body: content.subarray(end + 2) };
}

function column(
  rows: ReadonlyMap<string, Row>,
  name: 'md5' | 'sha1' | 'sha256',
): ReadonlyMap<string, string> {
  return new Map([...rows].map(([path, row]) => [join(tree, path), row[name].toString('hex')]));
}

test('the packages of this project', async () => {
  const place = site();
  const excludes = inMotion.flatMap((name) => ['--exclude', name]);
  const options = ['--state', place.state, '--no-default-excludes', '--quiet', ...excludes];
  const ended = await place.run(['hash', tree, ...options]);
  expect(ended).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const rows = redirectorRows(place.state);
  const files = filesOf(tree);
  expect(files.length).toBeGreaterThan(1000);
  expect([...rows.keys()].map((path) => join(tree, path)).sort()).toEqual([...files].sort());
  expect(column(rows, 'md5')).toEqual(coreutils('md5sum', [...column(rows, 'md5').keys()]));
  expect(column(rows, 'sha1')).toEqual(coreutils('sha1sum', [...column(rows, 'sha1').keys()]));
  expect(column(rows, 'sha256')).toEqual(coreutils('sha256sum', [...column(rows, 'sha256').keys()]));
  if (!hasZsyncmake) {
    process.stderr.write('e2e: zsyncmake is missing: no zsync sums compared\n');
    return;
  }
  for (const [path, row] of [...rows].filter(([, { size }], index) => size > 0 && index % 20 === 0)) {
    const { lengths, body } = zsyncmake(
      join(tree, path),
      row.zblocksize,
      join(place.directory, 'made.zsync'),
    );
    expect([path, row.zhashlens, body.equals(row.zsums)]).toEqual([path, lengths, true]);
  }
});
