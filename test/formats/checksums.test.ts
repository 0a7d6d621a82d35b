import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bsdLine, gnuLine } from '../../src/formats/checksums.js';
import { directorySums } from '../../src/formats/directory-sums.js';
import { installed } from '../support/e2e.js';
import { hostileNames } from '../support/names.js';
import { publishedOf } from '../support/published.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Names that a line of either kind, or a checker's command line, could be mistaken about. */
const names = [
  ...hostileNames,
  '-',
  '*star',
  'a) = b',
  'SHA256 (a) = 0',
  '# comment',
  '\\n',
  'a\\nb',
  'a\r\nb',
  'ends with a return\r',
  'ends with a backslash\\',
  `x\n${'0'.repeat(64)}  y`,
];

const algorithms = [
  { sums: 'sha256sums', algorithm: 'SHA256', digest: 'sha256', program: 'sha256sum' },
  { sums: 'sha1sums', algorithm: 'SHA1', digest: 'sha1', program: 'sha1sum' },
  { sums: 'md5sums', algorithm: 'MD5', digest: 'md5', program: 'md5sum' },
] as const;

/** A directory with a file of each name, which holds its own name. */
function directoryOf(all: readonly string[]) {
  const directory = join(temporaryDirectory(), 'files');
  mkdirSync(directory);
  for (const name of all) writeFileSync(join(directory, name), name);
  return { directory, files: all.map((name) => ({ ...publishedOf(name, Buffer.from(name)), name })) };
}

function check(program: string, directory: string, lines: string) {
  const list = join(directory, '../list');
  writeFileSync(list, lines);
  const options = { cwd: directory, env: { PATH: process.env.PATH, LC_ALL: 'C' }, input: 'no file' };
  return spawnSync(program, ['-c', '--strict', list], { ...options, encoding: 'latin1' });
}

describe.skipIf(!installed('sha256sum', '--version'))('coreutils', () => {
  it.each(algorithms)('$program accepts the lines of all names', ({ sums, program }) => {
    const { directory, files } = directoryOf(names);
    for (const style of ['gnu', 'bsd'] as const) {
      const { status, stdout, stderr } = check(program, directory, directorySums(sums, files, style));
      expect({ status, stderr }, style).toEqual({ status: 0, stderr: '' });
      expect(stdout.match(/: OK$/gm), style).toHaveLength(names.length);
    }
  });

  it.each(algorithms)('$program writes the same lines', ({ algorithm, digest, program }) => {
    const { directory, files } = directoryOf(names.filter((name) => name !== '-'));
    const listed = files.map(({ name }) => name);
    const run = (...options: readonly string[]) =>
      execFileSync(program, [...options, '--', ...listed], { cwd: directory, encoding: 'utf8' });
    expect(files.map((file) => gnuLine(file[digest], file.name)).join('')).toBe(run());
    expect(files.map((file) => bsdLine(algorithm, file[digest], file.name)).join('')).toBe(run('--tag'));
  });

  it('finds a file that differs', () => {
    const { directory, files } = directoryOf(['line\nfeed', 'other']);
    writeFileSync(join(directory, 'line\nfeed'), 'changed');
    expect(check('sha256sum', directory, directorySums('sha256sums', files, 'gnu')).status).toBe(1);
  });
});

it('a file named - made the checker read its standard input', () => {
  const sha256 = createHash('sha256').update('-').digest();
  expect(gnuLine(sha256, '-')).toBe(`${sha256.toString('hex')}  ./-\n`);
  expect(bsdLine('SHA256', sha256, '-')).toBe(`SHA256 (./-) = ${sha256.toString('hex')}\n`);
  // Only that name: others are as everybody writes them.
  expect(gnuLine(sha256, '--')).toBe(`${sha256.toString('hex')}  --\n`);
});

it('escapes are those of coreutils 9', () => {
  const md5 = createHash('md5').digest();
  expect(gnuLine(md5, 'a\\b\nc\rd')).toBe('\\d41d8cd98f00b204e9800998ecf8427e  a\\\\b\\nc\\rd\n');
  expect(bsdLine('MD5', md5, 'a\nb')).toBe('\\MD5 (a\\nb) = d41d8cd98f00b204e9800998ecf8427e\n');
});

it('the files of a directory are in the order of their bytes', () => {
  // In code units, 💾 (d83d dcbe) would stand before U+FFFD.
  const order = ['-', '.a', 'Z', 'a', 'a b', 'a\u0301', 'á', '\ufffd', '💾'];
  const files = order.map((name) => ({ ...publishedOf(name, Buffer.from(name)), name }));
  const expected = files.map((file) => gnuLine(file.sha256, file.name)).join('');
  expect(directorySums('sha256sums', files.toReversed(), 'gnu')).toBe(expected);
  expect(directorySums('sha256sums', [], 'gnu')).toBe('');
});
