import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { signaturesAmong } from '../../src/files/walk.js';
import { Child } from '../support/children.js';
import { inDirectory, list, statFile } from '../support/listing.js';
import { brokenNames, hostileNames } from '../support/names.js';
import { temporaryDirectory } from '../support/temporary.js';

const namesOf = (entries: readonly { readonly name: string }[]) => entries.map(({ name }) => name).sort();
const inBytes = (base: string, name: Buffer) => Buffer.concat([Buffer.from(`${base}/`), name]);

describe('every name comes as it is', () => {
  it('of files', () => {
    const base = temporaryDirectory();
    for (const [index, name] of hostileNames.entries()) writeFileSync(`${base}/${name}`, 'x'.repeat(index));
    const { files, directories, problems } = list(base);
    expect(namesOf(files)).toEqual([...hostileNames].sort());
    expect([directories, problems]).toEqual([[], []]);
    expect(files.filter(({ name, stat }) => stat.size !== hostileNames.indexOf(name))).toEqual([]);
  });

  it('where none needs a second look', () => {
    const base = temporaryDirectory();
    const names = hostileNames.filter((name) => !name.includes('\ufffd'));
    for (const name of names) writeFileSync(`${base}/${name}`, '');
    expect(namesOf(list(base).files)).toEqual(names.sort());
  });

  it('of directories', () => {
    const base = temporaryDirectory();
    for (const name of hostileNames) mkdirSync(`${base}/${name}`);
    for (const name of hostileNames) writeFileSync(`${base}/${name}/x`, '');
    expect(namesOf(list(base).directories)).toEqual([...hostileNames].sort());
    for (const name of hostileNames) expect(namesOf(list(base, name).files), name).toEqual(['x']);
  });

  it.each(hostileNames)('one by one: %j', (name) => {
    const base = temporaryDirectory();
    writeFileSync(`${base}/${name}`, '');
    expect(namesOf(list(base).files)).toEqual([name]);
    expect(namesOf(list(base, '', [name]).files)).toEqual([name]);
  });

  it('is listed though it is one among many', () => {
    const base = temporaryDirectory();
    for (let index = 0; index < 3000; index++) writeFileSync(`${base}/${index}`, '');
    expect(list(base).files).toHaveLength(3000);
  });
});

describe('names that are not UTF-8', () => {
  it.each(brokenNames.map((name) => [name.toString('hex').slice(0, 20), name]))('%s', (_, name) => {
    const base = temporaryDirectory();
    mkdirSync(`${base}/d ü`);
    writeFileSync(inBytes(`${base}/d ü`, name), '');
    const { files, directories, problems } = list(base, 'd ü');
    expect([files, directories]).toEqual([[], []]);
    expect(problems).toEqual([
      {
        outcome: 'skipped',
        path: `d ü/${name.toString('utf8')}`,
        code: 'NAME_NOT_UTF8',
        message: 'the name is not UTF-8',
        pathBase64: Buffer.concat([Buffer.from('d ü/'), name]).toString('base64'),
      },
    ]);
  });

  it('do not hide the good ones beside them, nor a name that is U+FFFD itself', () => {
    const base = temporaryDirectory();
    for (const name of hostileNames) writeFileSync(`${base}/${name}`, '');
    for (const name of brokenNames) writeFileSync(inBytes(base, name), '');
    const { files, problems } = list(base);
    expect(namesOf(files)).toEqual([...hostileNames].sort());
    const told = problems.map((problem) => ('pathBase64' in problem ? problem.pathBase64 : null));
    expect(told.sort()).toEqual(brokenNames.map((name) => name.toString('base64')).sort());
  });

  it('of directories are skipped as a whole', () => {
    const base = temporaryDirectory();
    const [name = Buffer.alloc(0)] = brokenNames;
    mkdirSync(inBytes(base, name));
    writeFileSync(Buffer.concat([inBytes(base, name), Buffer.from('/x')]), '');
    expect(list(base)).toMatchObject({ files: [], directories: [], problems: [{ code: 'NAME_NOT_UTF8' }] });
  });
});

describe('what is no file', () => {
  it('is told, not opened, not followed', async () => {
    const base = temporaryDirectory();
    mkdirSync(`${base}/d`);
    writeFileSync(`${base}/file`, '');
    execFileSync('mkfifo', [`${base}/fifo`]);
    symlinkSync('nowhere', `${base}/dangling`);
    symlinkSync('file', `${base}/to file`);
    symlinkSync('d', `${base}/to directory`);
    symlinkSync('loop', `${base}/loop`);
    symlinkSync('..', `${base}/d/up`);
    symlinkSync('/etc', `${base}/out`);
    const server = createServer().listen(`${base}/socket`);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));

    const { files, directories, problems } = list(base);
    expect(namesOf(files)).toEqual(['file']);
    expect(namesOf(directories)).toEqual(['d']);
    expect(problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual(
      ['dangling', 'fifo', 'loop', 'out', 'socket', 'to directory', 'to file'].map(
        (name) => `${name} NOT_A_FILE`,
      ),
    );
    expect(list(base, 'd')).toMatchObject({ files: [], directories: [], problems: [{ path: 'd/up' }] });
  });
});

describe('the stat', () => {
  it.each([
    ['before 1970', '1950-06-01T00:00:00.250000000Z'],
    ['a moment before 1970', '1969-12-31T23:59:59.999999999Z'],
    ['with all its nanoseconds', '2020-09-13T12:26:40.123456789Z'],
    ['beyond 2038', '2040-01-01T00:00:00.999999999Z'],
    ['beyond 2262', '2300-01-01T00:00:00.000000001Z'],
  ])('has an mtime %s', (_, iso) => {
    const base = temporaryDirectory();
    execFileSync('touch', ['-d', iso, `${base}/x`]);
    const [seconds = '', fraction = ''] = iso.slice(0, -1).split('.');
    const expected = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction);
    expect(list(base).files[0]?.stat.mtimeNs).toBe(expected);
  });

  it('has a size above 2^32', () => {
    const base = temporaryDirectory();
    execFileSync('truncate', ['-s', '5000000001', `${base}/x`]);
    expect(list(base).files[0]?.stat.size).toBe(5_000_000_001);
  });
});

describe('only some names', () => {
  it('are looked at, whatever they are; those that are gone are left out', () => {
    const base = temporaryDirectory();
    for (const name of ['a', 'b', 'c']) writeFileSync(`${base}/${name}`, '');
    mkdirSync(`${base}/d`);
    symlinkSync('a', `${base}/l`);
    const listing = list(base, '', ['a', 'gone', 'd', 'l']);
    expect(namesOf(listing.files)).toEqual(['a']);
    expect(namesOf(listing.directories)).toEqual(['d']);
    expect(listing.problems).toMatchObject([{ path: 'l', code: 'NOT_A_FILE' }]);
  });

  it('may be none', () => {
    const base = temporaryDirectory();
    writeFileSync(`${base}/a`, '');
    expect(list(base, '', [])).toEqual({
      files: [],
      directories: [],
      problems: [],
      unseen: new Set(),
    });
  });
});

describe('what is known', () => {
  const knownOf = (path: string) => {
    const stat = statFile(path);
    return { ...stat, inode: String(stat.inode) };
  };
  const names = ['changed', 'link now', 'new', 'replaced', 'same'];

  it('is told as it is now, whether it changed or not', () => {
    const base = temporaryDirectory();
    for (const name of names) writeFileSync(`${base}/${name}`, '');
    const known = new Map(names.map((name) => [name, knownOf(`${base}/${name}`)] as const));
    known.delete('new');
    writeFileSync(`${base}/changed`, 'x');
    rmSync(`${base}/link now`);
    symlinkSync('same', `${base}/link now`);
    writeFileSync(`${base}/r`, '');
    renameSync(`${base}/r`, `${base}/replaced`);
    const { files, problems } = list(base, '', null, known);
    expect([...files].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      ['changed', 'new', 'replaced', 'same'].map((name) => ({ name, stat: statFile(`${base}/${name}`) })),
    );
    expect(problems).toMatchObject([{ path: 'link now', code: 'NOT_A_FILE' }]);
  });

  it('and if it is another version that is known', () => {
    const name = 'a';
    const base = temporaryDirectory();
    writeFileSync(`${base}/${name}`, '');
    const known = knownOf(`${base}/${name}`);
    for (const wrong of [{}, { size: 1 }, { mtimeNs: 1n }, { inode: '1' }]) {
      const { files } = list(base, '', null, new Map([[name, { ...known, ...wrong }]]));
      expect(files).toEqual([{ name, stat: statFile(`${base}/${name}`) }]);
    }
  });

  it('is not seen any more when it is gone', () => {
    const base = temporaryDirectory();
    writeFileSync(`${base}/a`, '');
    const known = new Map([['a', knownOf(`${base}/a`)]]);
    rmSync(`${base}/a`);
    expect(list(base, '', ['a'], known).files).toEqual([]);
  });
});

describe('signatures', () => {
  function signatures(base: string, only: readonly string[] | null): string[] {
    return inDirectory(base, '', (directory) => [
      ...signaturesAmong(directory, list(base, '', only), only).found.keys(),
    ]).sort();
  }

  it('are the .asc files that were listed', () => {
    const base = temporaryDirectory();
    for (const name of ['a', 'a.asc', 'b', 'c.asc', 'd.ASC']) writeFileSync(`${base}/${name}`, '');
    mkdirSync(`${base}/b.asc`);
    expect(signatures(base, null)).toEqual(['a.asc', 'c.asc']);
  });

  it('are looked up beside the files that were looked at', () => {
    const base = temporaryDirectory();
    for (const name of ['a', 'a.asc', 'b', 'b.asc', 'c', 'd']) writeFileSync(`${base}/${name}`, '');
    symlinkSync('b.asc', `${base}/c.asc`);
    mkdirSync(`${base}/d.asc`);
    utimesSync(`${base}/a.asc`, 1, 1);
    expect(signatures(base, ['a', 'c', 'd'])).toEqual(['a.asc']);
    const found = inDirectory(base, '', (directory) =>
      signaturesAmong(directory, list(base, '', ['a']), ['a']),
    );
    expect(found.found.get('a.asc')).toEqual(statFile(`${base}/a.asc`));
  });

  it.each([251, 252, 255])('may be missing beside a name of %i bytes', (length) => {
    const base = temporaryDirectory();
    const name = 'x'.repeat(length);
    writeFileSync(`${base}/${name}`, '');
    expect(signatures(base, [name])).toEqual([]);
  });
});

describe('paths', () => {
  /** Makes directories one in another until the absolute path has `length` bytes. @returns the path */
  function deepDirectory(base: string, length: number): string {
    let path = 'd';
    for (;;) {
      mkdirSync(`${base}/${path}`);
      const left = length - `${base}/${path}/`.length;
      if (left < 0) return path;
      // Never leaves room for nothing but a slash.
      path += `/${'d'.repeat(left > 200 ? 100 : left)}`;
    }
  }

  /** Makes a file without naming it by a path that is too long. */
  function touch(directory: string, name: string): void {
    const parent = openSync(directory, 'r');
    writeFileSync(`/proc/self/fd/${parent}/${name}`, '');
    closeSync(parent);
  }

  it('of 4,095 bytes are good, longer ones are told', () => {
    const base = temporaryDirectory();
    const deep = deepDirectory(base, 4095 - 101);
    expect(`${base}/${deep}`).toHaveLength(4095 - 101);
    const fits = 'f'.repeat(100);
    writeFileSync(`${base}/${deep}/${fits}`, '');
    touch(`${base}/${deep}`, `${fits}f`);
    const listing = list(base, deep);
    expect(namesOf(listing.files)).toEqual([fits]);
    expect(listing.problems).toEqual([
      {
        outcome: 'skipped',
        path: `${deep}/${fits}f`,
        code: 'PATH_TOO_LONG',
        message: 'the path is longer than programs can open',
      },
    ]);
  });

  it('of 4,095 bytes may be a directory: it is entered, and what is in it is told', () => {
    const base = temporaryDirectory();
    const deep = deepDirectory(base, 4095);
    touch(`${base}/${deep}`, 'x');
    expect(`${base}/${deep}`).toHaveLength(4095);
    expect(list(base, deep)).toMatchObject({
      files: [],
      directories: [],
      problems: [{ code: 'PATH_TOO_LONG' }],
    });
  });
});

describe('without permission', () => {
  async function asNobody(mode: number): Promise<{ readonly base: string; readonly child: Child }> {
    const base = temporaryDirectory();
    chmodSync(base, 0o755);
    mkdirSync(`${base}/d`);
    for (const name of ['a', 'a.asc']) writeFileSync(`${base}/d/${name}`, 'x');
    chmodSync(`${base}/d`, mode);
    onTestFinished(() => chmodSync(`${base}/d`, 0o755));
    return { base, child: await Child.start('unprivileged.ts') };
  }

  test.each([
    ['to read it', 0o711, 'EACCES', ['a']],
    ['to search it', 0o744, 'EACCES', 'EACCES'],
    ['at all', 0o700, 'EACCES', 'EACCES'],
    ['to write it: none is needed', 0o755, ['a', 'a.asc'], ['a']],
  ])('a directory %s', async (_, mode, whole, only) => {
    const { base, child } = await asNobody(mode);
    const request = { what: 'list', base, path: 'd' };
    const all = (await child.ask({ ...request, only: null })) as { answer: unknown };
    expect(Array.isArray(all.answer) ? all.answer.sort() : all.answer).toEqual(whole);
    expect(await child.ask({ ...request, only: ['a'] })).toEqual({ answer: only });
  });
});
