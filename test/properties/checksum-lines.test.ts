/** Whatever a file is called: coreutils find it by the line that we wrote, and nothing else. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directorySums } from '../../src/formats/directory-sums.js';
import { installed } from '../support/e2e.js';
import { publishedOf } from '../support/published.js';
import { temporaryDirectory } from '../support/temporary.js';
import { fileName, sample } from './property.js';

const checkers = [
  { sums: 'sha256sums', program: 'sha256sum' },
  { sums: 'sha1sums', program: 'sha1sum' },
  { sums: 'md5sums', program: 'md5sum' },
] as const;

test.skipIf(!installed('sha256sum', '--version'))('lines of checksum files name their files', () => {
  const names = [...new Set(sample(fileName))];
  const directory = join(temporaryDirectory(), 'files');
  mkdirSync(directory);
  for (const name of names) writeFileSync(join(directory, name), name);
  const files = names.map((name) => ({ ...publishedOf(name, Buffer.from(name)), name }));
  for (const { sums, program } of checkers) {
    for (const style of ['gnu', 'bsd'] as const) {
      const list = join(directory, '../list');
      writeFileSync(list, directorySums(sums, files, style));
      const { status, stdout, stderr } = spawnSync(program, ['-c', '--strict', list], {
        cwd: directory,
        env: { PATH: process.env.PATH, LC_ALL: 'C' },
        input: 'no file',
        encoding: 'latin1',
        maxBuffer: 2 ** 28,
      });
      expect({ status, stderr }, `${program} ${style}`).toEqual({ status: 0, stderr: '' });
      expect(stdout.match(/: OK$/gm)).toHaveLength(names.length);
    }
  }
  expect(names.length).toBeGreaterThan(0);
});
