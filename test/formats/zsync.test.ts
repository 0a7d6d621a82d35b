import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { zsync } from '../../src/formats/zsync.js';
import type { Published } from '../../src/model.js';
import { contents, vectors } from '../hash/content.js';
import { installed } from '../support/e2e.js';
import { hostileNames } from '../support/names.js';
import { noDistribution, publishedOf, zsyncOf } from '../support/published.js';
import { temporaryDirectory } from '../support/temporary.js';

const at = (...urls: readonly string[]) => ({
  ...noDistribution,
  sources: urls.map((url) => ({ url, country: null })),
});

function made(file: Published, ...urls: readonly string[]): Buffer {
  return Buffer.from(zsync(file, at(...(urls.length === 0 ? ['http://a/x'] : urls))) ?? 'none');
}

describe.skipIf(!installed('zsyncmake', '-V'))('zsyncmake', () => {
  it.each([
    ['a.iso', 1, 2048, 1_795_288_620],
    ['ü b.iso', 16, 256, 0],
    ['"q" <&> 100%', 2048, 512, 2 ** 31],
    ['-rf', 2049, 2048, -86_400],
    ['a', 34_000, 4096, 951_782_400],
    ['b', 40_000, 16_384, 1_000_000_000],
  ])('writes the same of %j, %d bytes in blocks of %d', (name, size, blockSize, mtime) => {
    const directory = temporaryDirectory();
    const content = contents.lcg(size);
    const source = join(directory, 'source');
    writeFileSync(source, content);
    const changed = new Date(mtime * 1000);
    utimesSync(source, changed, changed);
    const options = ['-b', `${blockSize}`, '-f', name, '-u', 'http://a/x', '-u', 'https://b/y'];
    execFileSync('zsyncmake', [...options, '-o', join(directory, 'made'), source], { stdio: 'ignore' });
    const file = publishedOf(`d/${name}`, content, { mtime, zsync: zsyncOf(content, blockSize) });
    expect(made(file, 'http://a/x', 'https://b/y').toString('latin1')).toBe(
      readFileSync(join(directory, 'made'), 'latin1').replace(/^(MTime: .*) GMT$/m, '$1 +0000'),
    );
  });
});

it.each(vectors.filter(({ size }) => size > 0 && size <= 65_536))(
  '$name is what zsyncmake wrote once',
  (vector) => {
    const content = contents.mod251(vector.size);
    const bytes = made(publishedOf(vector.name, content, { zsync: zsyncOf(content, 2048) }));
    const end = bytes.indexOf('\n\n');
    expect(bytes.subarray(0, end).toString().split('\n')).toEqual([
      'zsync: 0.6.2',
      `Filename: ${vector.name}`,
      'MTime: Sat, 21 Nov 2026 19:17:00 +0000',
      `Blocksize: ${vector.zsync?.blocksize}`,
      `Length: ${vector.size}`,
      `Hash-Lengths: ${vector.zsync?.hashLengths}`,
      'URL: http://a/x',
      `SHA-1: ${vector.sha1}`,
    ]);
    const body = bytes.subarray(end + 2);
    expect(createHash('sha1').update(body).digest('hex')).toBe(vector.zsync?.sha1OfBody);
  },
);

describe.skipIf(!installed('zsync', '-V'))('the client', () => {
  const directory = () => {
    const made = temporaryDirectory();
    mkdirSync(join(made, 'out'));
    return made;
  };
  const content = Buffer.from('the content');
  const take = (into: string, bytes: Uint8Array) => {
    writeFileSync(join(into, 'x.zsync'), bytes);
    writeFileSync(join(into, 'seed'), content);
    const words = ['-i', join(into, 'seed'), '-o', join(into, 'out/x'), join(into, 'x.zsync')];
    return spawnSync('zsync', words, { cwd: into, encoding: 'utf8' });
  };

  it('takes the names of all files that have one', () => {
    let taken = 0;
    for (const name of [...hostileNames, ' ', '   ', ' x']) {
      const bytes = zsync(publishedOf(name, content), at('http://127.0.0.1:1/x'));
      if (bytes === null) {
        expect(name).toMatch(/[\r\n]|^ +$/);
        continue;
      }
      const into = directory();
      const { status, stderr } = take(into, bytes);
      expect({ status, stderr }, JSON.stringify(name)).toMatchObject({ status: 0 });
      expect(readFileSync(join(into, 'out/x'))).toEqual(content);
      taken++;
    }
    expect(taken).toBeGreaterThan(hostileNames.length / 2);
  });

  it('takes the longest URL that is written', () => {
    const prefix = 'http://127.0.0.1:1/';
    const longest = prefix + 'x'.repeat(1022 - 'URL: '.length - prefix.length);
    const bytes = made(publishedOf('x', content), longest, `${longest}x`);
    expect(bytes.toString('latin1').match(/^URL: .*$/gm)).toEqual([`URL: ${longest}`]);
    expect(take(directory(), bytes).status).toBe(0);
  });
});

describe('there is none', () => {
  const file = publishedOf('x', Buffer.from('content'));

  it('of an empty file', () => {
    expect(zsync(publishedOf('x', Buffer.alloc(0)), at('http://a/x'))).toBeNull();
    expect(zsync({ ...file, size: 0 }, at('http://a/x'))).toBeNull();
  });

  it('of a file without sums', () => {
    expect(zsync({ ...file, zsync: null }, at('http://a/x'))).toBeNull();
  });

  it.each(['line\nfeed', '\r', 'ends\n', '\nFilename: other'])('of %j, which no header can hold', (name) => {
    expect(zsync({ ...file, path: `d/${name}` }, at('http://a/x'))).toBeNull();
  });

  it('where nobody has the file, or no URL fits into a line', () => {
    expect(zsync(file, at())).toBeNull();
    expect(zsync(file, at(`http://a/${'x'.repeat(1100)}`))).toBeNull();
  });

  it('of a name of blanks, which made the client refuse the file', () => {
    expect(zsync({ ...file, path: 'd/  ' }, at('http://a/x'))).toBeNull();
  });
});

it('the first five URLs are written', () => {
  const urls = Array.from({ length: 7 }, (_, i) => `http://m${i}/x`);
  expect(
    made(publishedOf('x', Buffer.from('x')), ...urls)
      .toString('latin1')
      .match(/^URL: .*$/gm),
  ).toEqual(urls.slice(0, 5).map((url) => `URL: ${url}`));
});

it('a moment that has no form is left out', () => {
  const text = made(publishedOf('x', Buffer.from('x'), { mtime: 2 ** 40 })).toString('latin1');
  expect(text).not.toContain('MTime');
  expect(text).toContain('\nBlocksize: 2048\nLength: 1\n');
});
