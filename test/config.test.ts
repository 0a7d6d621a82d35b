import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config.js';
import { MirrorhashError } from '../src/errors.js';
import { readConfig } from '../src/files/config-file.js';

function refusal(text: string): MirrorhashError {
  try {
    parseConfig(text, 'm.toml');
  } catch (error) {
    if (error instanceof MirrorhashError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('a configuration', () => {
  it('may hold every key', () => {
    const config = parseConfig(
      `
[tree.opensuse]
base = "/srv/opensuse/"
state = "/var/lib/mirrorhash/opensuse"
redirector = "postgres://mb:secret@db/mb"
jobs = 8
include = ["iso/**", "repo/**"]
exclude = ["**/private/"]
default-excludes = false
one-file-system = true
piece-length = "4M"
zsync = false
zsync-include = ["*.iso"]
zsync-block-size = 4096
zsync-max-size = "2G"
check-inode = true
max-delete = 1000
read-limit = "100M"
strict = true
`,
      'm.toml',
    );
    expect(config).toEqual({
      defaults: { recipe: {}, selection: {} },
      trees: [
        {
          name: 'opensuse',
          base: '/srv/opensuse',
          state: '/var/lib/mirrorhash/opensuse',
          settings: {
            redirector: 'postgres://mb:secret@db/mb',
            jobs: 8,
            checkInode: true,
            maxDelete: { kind: 'count', count: 1000 },
            readLimit: 104_857_600,
            strict: true,
            recipe: {
              pieceLength: 4_194_304,
              zsync: false,
              zsyncInclude: ['*.iso'],
              zsyncBlockSize: 4096,
              zsyncMaxSize: 2_147_483_648,
            },
            selection: {
              include: ['iso/**', 'repo/**'],
              exclude: ['**/private/'],
              defaultExcludes: false,
              oneFileSystem: true,
            },
          },
        },
      ],
    });
  });

  it('may be empty', () => {
    expect(parseConfig('', 'm.toml')).toEqual({ defaults: { recipe: {}, selection: {} }, trees: [] });
  });

  it('gives each tree the defaults that it does not override', () => {
    const { defaults, trees } = parseConfig(
      `
[tree.a]
base = "/srv/a"
zsync = true
exclude = []
[tree.b]
base = "/srv//b/../b"
piece-length = "auto"
max-delete = "0.5%"
[defaults]
zsync = false
piece-length = 1048576
exclude = ["tmp/"]
max-delete = "50%"
redirector = "none"
`,
      'm.toml',
    );
    const common = { maxDelete: { kind: 'share', percent: 50 }, redirector: 'none' };
    expect(defaults).toEqual({
      ...common,
      recipe: { zsync: false, pieceLength: 1_048_576 },
      selection: { exclude: ['tmp/'] },
    });
    expect(trees).toEqual([
      {
        name: 'a',
        base: '/srv/a',
        state: null,
        settings: { ...common, recipe: { zsync: true, pieceLength: 1_048_576 }, selection: { exclude: [] } },
      },
      {
        name: 'b',
        base: '/srv/b',
        state: null,
        settings: {
          ...common,
          maxDelete: { kind: 'share', percent: 0.5 },
          recipe: { zsync: false, pieceLength: 'auto' },
          selection: { exclude: ['tmp/'] },
        },
      },
    ]);
  });

  it.each([
    ['/', '/'],
    ['//', '/'],
    ['/srv/x/', '/srv/x'],
    ['/srv/./y//z', '/srv/y/z'],
  ])('takes the base %j as %j', (written, base) => {
    expect(parseConfig(`[tree.t]\nbase = "${written}"`, 'm.toml').trees[0]?.base).toBe(base);
  });

  it('takes names that are no bare keys, and names that every object has', () => {
    const text = '[tree."a b"]\nbase = "/1"\n[tree.constructor]\nbase = "/2"\n[tree.toString]\nbase = "/3"';
    expect(parseConfig(text, 'm.toml').trees.map(({ name }) => name)).toEqual([
      'a b',
      'constructor',
      'toString',
    ]);
  });
});

describe('an error names file and line', () => {
  const tree = '# comment\n[tree.t]\nbase = "/srv/t"\n';
  it.each([
    ['[tree.t]\nbase="/t"\nexlude=[]', '3: unknown key "exlude" in tree "t"'],
    ['[defaults]\njobs=1\nbase="/t"', '3: unknown key "base" in [defaults]'],
    ['\n\nbase="/t"', '3: unknown key "base"'],
    ['[trees.t]\nbase="/t"', '1: unknown key "trees"'],
    [`${tree}constructor = 1`, '4: unknown key "constructor" in tree "t"'],
    [`${tree}a.b = 1`, '4: unknown key "a" in tree "t"'],
    [`${tree}[tree.t.sub]\nx = 1`, '4: unknown key "sub" in tree "t"'],
    [`${tree}__proto__ = 1`, '4: the name "__proto__" is not allowed'],
    [`${tree}[tree.__proto__]\nbase = "/x"`, '4: the name "__proto__" is not allowed'],
    ['\n[tree.t]\n\njobs = 1', '2: tree "t" has no "base"'],
    ['tree = 3', '1: "tree" must be tables: [tree.NAME]'],
    ['[[tree.t]]\nbase = "/x"', '1: tree "t" must be a table of settings'],
    ['[tree]\nt = "/srv"', '2: tree "t" must be a table of settings'],
    ['defaults = []', '1: [defaults] must be a table of settings'],
    ['[tree.t]\nbase = "srv"', '2: "base" in tree "t" must be an absolute path'],
    ['[tree.t]\nbase = 1', '2: "base" in tree "t" must be a text'],
    ['[tree.t]\nbase = "/a\\u0000b"', '2: "base" in tree "t" must be an absolute path'],
    [`${tree}state = "x"`, '4: "state" in tree "t" must be an absolute path'],
    [`${tree}jobs = "4"`, '4: "jobs" in tree "t" must be a whole number, without quotes'],
    [`${tree}jobs = 0`, '4: "jobs" in tree "t" must be from 1 to 1024'],
    [`${tree}jobs = 1.5`, '4: "jobs" in tree "t" must be a whole number'],
    [`${tree}jobs = 1025`, '4: "jobs" in tree "t" must be from 1 to 1024'],
    [
      `${tree}redirector = "sqlite:r.db"`,
      '4: "redirector" in tree "t" must be sqlite:/ABSOLUTE/FILE, postgres://… or none',
    ],
    [
      `${tree}redirector = "sqlite:/r"\n[tree.u]\nbase = "/srv/u"\nredirector = "sqlite:/r"`,
      '7: tree "u" has the same redirector as tree "t"',
    ],
    [`${tree}zsync = "yes"`, '4: "zsync" in tree "t" must be true or false'],
    [`${tree}zsync = 1979-05-27`, '4: "zsync" in tree "t" must be true or false'],
    [`${tree}include = "*.iso"`, '4: "include" in tree "t" must be a list of globs, such as ["iso/**"]'],
    [`${tree}include = [\n  "ok",\n  7,\n]`, '6: "include" in tree "t" must be a text'],
    [
      `${tree}exclude = [\n  "ok",\n  "/iso/**",\n]`,
      '6: "exclude" in tree "t" is wrong: the glob "/iso/**" begins with "/" (globs are relative to the base: leave the leading "/" out)',
    ],
    [
      `${tree}piece-length = 100000`,
      '4: "piece-length" in tree "t" is wrong: "100000" is neither auto nor a power of two from 16K to 64M',
    ],
    [
      `${tree}piece-length = true`,
      '4: "piece-length" in tree "t" must be a size: bytes, or a text such as "256K" or "4M", or "auto"',
    ],
    [
      `${tree}zsync-block-size = "32K"`,
      '4: "zsync-block-size" in tree "t" is wrong: "32K" is neither auto nor a power of two from 512 to 16K',
    ],
    [
      `${tree}zsync-max-size = -1`,
      '4: "zsync-max-size" in tree "t" is wrong: "-1" is no size: write bytes, or a number with K, M, G or T, such as 256K, 4M or 1.5G',
    ],
    [
      `${tree}zsync-max-size = 9223372036854775807`,
      '4: "zsync-max-size" in tree "t" is wrong: "9223372036854776000" is too large: sizes are below 2^53 bytes',
    ],
    [
      `${tree}max-delete = "150%"`,
      '4: "max-delete" in tree "t" is wrong: "150%" is neither a whole number nor a percentage up to 100, such as 1000 or 50%',
    ],
    [
      `${tree}read-limit = 0`,
      '4: "read-limit" in tree "t" is wrong: "0" is no rate: it must be at least one byte a second',
    ],
    [`${tree}[tree.u]\nbase = "/srv//t/"`, '5: tree "u" has the same base as tree "t"'],
    [
      `${tree}state = "/s"\n[tree.u]\nbase = "/u"\nstate = "/s/."`,
      '7: tree "u" has the same state as tree "t"',
    ],
    [`${tree}jobs = 1\njobs = 2`, '5: not valid TOML: defining a key multiple times is invalid'],
    [`${tree}jobs =\n\n`, '4: not valid TOML: unspecified values are invalid'],
    [`${tree}jobs = 1 zsync = true`, '4: not valid TOML: must be a newline'],
    [`${tree}include = ["a"\n\n\n`, '4: not valid TOML: unterminated array'],
    [`${tree}include = ["a\nzsync = true`, '4: not valid TOML: unterminated string constant'],
    // The first line that is wrong comes first, whatever is wrong with it.
    [`${tree}strict = 1\n[defaults]\nnonsense = 1`, '4: "strict" in tree "t" must be true or false'],
    [`[defaults]\nnonsense = 1\n${tree}strict = 1`, '2: unknown key "nonsense" in [defaults]'],
  ])('%j', (text, message) => {
    expect(refusal(text).message).toBe(`m.toml:${message}`);
  });

  it('before a table of that name could reach every object', () => {
    expect(refusal('[tree.__proto__]\nbase = "/x"').message).toMatch(/"__proto__" is not allowed$/);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { base?: string }).base).toBeUndefined();
  });

  it('counts lines of a file with CRLF', () => {
    expect(refusal('[tree.t]\r\nbase = "/t"\r\njobs = 0\r\n').message).toMatch(/^m\.toml:3: /);
    expect(refusal('[tree.t]\r\nbase =\r\n\r\n').message).toMatch(/^m\.toml:2: /);
  });

  it.each([
    ['exlude', 'did you mean "exclude"?'],
    ['max_delete', 'did you mean "max-delete"?'],
    ['job', 'did you mean "jobs"?'],
    ['includes', 'did you mean "include"?'],
  ])('and what %j may have meant', (key, hint) => {
    expect(refusal(`[tree.t]\nbase = "/t"\n${key} = 1`).hint).toBe(hint);
  });

  it('or what keys there are', () => {
    expect(refusal('[defaults]\nthreads = 1').hint).toBe(
      'known keys: redirector, jobs, include, exclude, default-excludes, one-file-system, piece-length, ' +
        'zsync, zsync-include, zsync-block-size, zsync-max-size, check-inode, max-delete, read-limit, strict',
    );
    expect(refusal('jobs = 1').hint).toBe('settings stand below [defaults] or [tree.NAME]');
  });

  it.each(['postgers://u:secret@h/d', 'secret', ''])('but never the redirector %j', (redirector) => {
    const error = refusal(`[tree.t]\nbase = "/t"\nredirector = "${redirector}"`);
    expect(error.message).toBe(
      'm.toml:3: "redirector" in tree "t" must be sqlite:/ABSOLUTE/FILE, postgres://… or none',
    );
    expect(`${error.hint} ${error.stack} ${String(error.cause)}`).not.toMatch(/secret/);
  });
});

describe('a configuration file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorhash-config-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => join(directory, name);

  it('is read, with or without a byte order mark', async () => {
    writeFileSync(file('good.toml'), '\ufeff[tree.t]\nbase = "/srv/ü"\n');
    expect((await readConfig(file('good.toml'))).trees[0]?.base).toBe('/srv/ü');
  });

  it('is named in errors', async () => {
    writeFileSync(file('bad.toml'), '[tree.t]\nbase = "x"\n');
    await expect(readConfig(file('bad.toml'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${file('bad.toml')}:2: "base" in tree "t" must be an absolute path`,
    });
  });

  it('may be missing, a directory, below a file, no text', async () => {
    mkdirSync(file('directory'));
    writeFileSync(file('latin1.toml'), Buffer.from([0x23, 0xfc, 0x0a]));
    const names = ['absent.toml', 'directory', 'latin1.toml/x', 'latin1.toml'];
    const errors = await Promise.all(
      names.map((name) => readConfig(file(name)).catch((error: unknown) => error)),
    );
    expect(errors).toMatchObject([
      { code: 'CONFIG_INVALID', message: `the configuration file ${file('absent.toml')} does not exist` },
      { code: 'CONFIG_INVALID', message: `the configuration file ${file('directory')} is a directory` },
      {
        code: 'CONFIG_INVALID',
        message: `the configuration file ${file('latin1.toml/x')} does not exist: a part of its path is no directory`,
      },
      { code: 'CONFIG_INVALID', message: `the configuration file ${file('latin1.toml')} is not UTF-8` },
    ]);
  });
});
