import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMirrorbrainConf } from '../src/files/config-file.js';
import { type MirrorbrainPart, parseMirrorbrainConf } from '../src/mirrorbrain-conf.js';
import { connectionSettings } from '../src/store/mirrorbrain/connection-settings.js';
import { conf, database, siteConf } from './support/mirrorbrain-conf.js';

const all: readonly MirrorbrainPart[] = ['redirector', 'pieceLength', 'zsync'];

function read(text: string, instance: string | null = null, parts = all) {
  return parseMirrorbrainConf(text, 'm.conf', instance, parts);
}

/** What the connection will be, with an environment that says nothing. */
function connection(keys: string) {
  const { redirector = '' } = read(`[general]\ninstances = main\n[main]\ndbdriver = Pg\n${keys}`).settings;
  const { name, attempts } = connectionSettings(redirector, { HOME: '/nonexistent' });
  return { name, ...attempts[0] };
}

describe("MirrorBrain's configuration", () => {
  it('gives database and recipe of its first instance', () => {
    expect(read(siteConf)).toEqual({
      settings: {
        redirector: 'postgres://mb:s3cr%3Bet%23%22x%22@db.example.org:5432/mirrors',
        recipe: { pieceLength: 1_048_576, zsync: true },
      },
      notices: [],
    });
  });

  it('or of the one that was named, with what MirrorBrain does where it says nothing', () => {
    expect(read(siteConf, 'other')).toEqual({
      settings: {
        redirector: 'postgres://o@/others?port=5433',
        recipe: { pieceLength: 262_144, zsync: false },
      },
      notices: [],
    });
  });

  it.each([
    ['main, other', 'main'],
    ['main other', 'main'],
    [' ,main,other', 'main'],
    ['\n  main\n  other', 'main'],
  ])('has instances in %j', (list, first) => {
    const text = `[general]\ninstances = ${list}\n[main]\nchunk_size=16384\n[other]\nchunk_size=32768`;
    const pieceLength = (name: string | null) =>
      read(text, name, ['pieceLength']).settings.recipe?.pieceLength;
    expect([pieceLength(null), pieceLength(first), pieceLength('other')]).toEqual([16_384, 16_384, 32_768]);
  });

  it('gives nothing but what is asked for, and is not wrong in what is not', () => {
    const text = conf('chunk_size = 100\nzsync_hashes = maybe\nchunked_hashes = maybe', '');
    expect(read(text, null, [])).toEqual({ settings: { recipe: {} }, notices: [] });
    expect(read(conf('chunk_size = 1'), null, ['zsync']).settings).toEqual({ recipe: { zsync: false } });
  });

  it.each(['1', 'yes', 'true', 'on', 'YES', 'True', 'oN'])('says yes by %j', (word) => {
    expect(read(conf(`zsync_hashes = ${word}`)).settings.recipe?.zsync).toBe(true);
    expect(read(conf(`chunked_hashes = ${word}`)).notices).toEqual([]);
  });

  it.each(['0', 'no', 'false', 'off', 'NO', 'False', 'oFf'])('says no by %j', (word) => {
    expect(read(conf(`zsync_hashes = ${word}`)).settings.recipe?.zsync).toBe(false);
    expect(read(conf(`chunked_hashes = ${word}`)).notices).toEqual([
      'm.conf: chunked_hashes is off, but mirrorhash always stores the hashes of pieces',
    ]);
  });

  it.each(['Pg', 'postgres', 'postgresql'])('has PostgreSQL by the name of %s', (driver) => {
    expect(read(conf('', `dbdriver = ${driver}\ndbuser = u\ndbname = d`)).settings.redirector).toBe(
      'postgres://u@/d?port=5432',
    );
  });
});

describe('the database', () => {
  it.each([
    's@e/c:r?e#t',
    '100%',
    'a%20b',
    '%41%zz%',
    ' two  words ',
    'grüße ÄÖÜ',
    '"quoted"',
    "it's",
    '; semicolon',
    '# hash',
    '[section]',
    'a=b:c',
    '\\back\\slash',
    '`!$&()*+,-._~{|}<>^',
    '日本語😀',
    '@@',
    '//?#',
  ])('has the password %j', (password) => {
    const found = connection(`dbuser = u\ndbpass = ${password}\ndbhost = h\ndbname = d`);
    expect(found).toMatchObject({
      password: password.trim(),
      user: 'u',
      host: 'h',
      port: 5432,
      database: 'd',
    });
    expect(found.name).toBe('postgres://u@h:5432/d');
  });

  it('has a % that is written twice once', () => {
    expect(connection('dbuser = u\ndbpass = a%%b%%%%c\ndbname = d').password).toBe('a%b%%c');
  });

  it.each(['u@example.org', 'ü', 'a b', 'a/b', 'a:b', '100%'])('has the user %j', (user) => {
    expect(connection(`dbuser = ${user}\ndbpass = p\ndbhost = h\ndbname = d`)).toMatchObject({
      user,
      password: 'p',
      host: 'h',
    });
  });

  it.each(['mirror brain', 'größe', 'a%20b', 'a/b', 'a@b:c', 'a&b=c+d,e;f$', 'x%'])(
    'has the name %j',
    (name) => {
      expect(connection(`dbuser = u\ndbhost = h\ndbname = ${name}`)).toMatchObject({
        database: name,
        host: 'h',
      });
    },
  );

  it.each([
    ['dbhost = 192.0.2.1', '192.0.2.1', 5432],
    ['dbhost = ::1', '::1', 5432],
    ['dbhost = 2001:db8::1\ndbport = 6432', '2001:db8::1', 6432],
    ['dbhost = /var/run/postgresql', '/var/run/postgresql', 5432],
    ['dbhost = /srv/a b:c/50%\ndbport = 5433', '/srv/a b:c/50%', 5433],
    ['dbhost = DB.example.org\ndbport =', 'DB.example.org', 5432],
    // This port has no socket: libpq's default place is then localhost.
    ['dbport = 9', 'localhost', 9],
    ['dbhost =\ndbport = 9', 'localhost', 9],
  ])('is at %j', (keys, host, port) => {
    expect(connection(`dbuser = u\ndbpass = p@:/\n${keys}\ndbname = d`)).toMatchObject({
      host,
      port,
      user: 'u',
      password: 'p@:/',
      database: 'd',
    });
  });

  it('without a host is where libpq looks', () => {
    const { redirector = '' } = read(conf('', 'dbuser=u\ndbdriver=Pg\ndbname=d')).settings;
    const { attempts } = connectionSettings(redirector, { HOME: '/nonexistent', PGHOST: 'elsewhere' });
    expect(attempts[0]).toMatchObject({ host: 'elsewhere', port: 5432 });
  });

  it.each(['', 'dbpass ='])('has no password when the file has none (%j)', (line) => {
    // Then libpq's password file is asked, when a server wants one.
    expect(connection(`dbuser = u\n${line}\ndbname = d`).password).toEqual(expect.any(Function));
  });

  it('may have its settings from [DEFAULT], and by reference', () => {
    const text =
      '[DEFAULT]\ndbdriver=Pg\ndbuser=u\ndbhost=h\nproject=x\n[general]\ninstances=a\n[a]\ndbname=mb_%(project)s';
    expect(read(text).settings.redirector).toBe('postgres://u@h:5432/mb_x');
  });
});

describe("the file of MirrorBrain's configuration", () => {
  const directory = mkdtempSync(join(tmpdir(), 'mirrorhash-mirrorbrain-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'mirrorbrain.conf');

  it('may have a byte order mark', async () => {
    writeFileSync(file, `\ufeff${conf('')}`);
    expect((await readMirrorbrainConf(file, null, all)).settings.recipe).toMatchObject({ zsync: false });
  });

  it('may hold Latin-1, but not in what is used', async () => {
    const latin1 = (text: string) => writeFileSync(file, Buffer.from(text, 'latin1'));
    latin1(conf('# für\nadmin_name = Jürgen'));
    expect((await readMirrorbrainConf(file, null, all)).settings.redirector).toMatch(/^postgres:/);
    latin1(conf('', database.replace('secret', 'süß')));
    await expect(readMirrorbrainConf(file, null, all)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${file}:6: "dbpass" in [main] is not UTF-8`,
    });
  });

  it('may be missing, or a directory', async () => {
    await expect(readMirrorbrainConf(join(directory, 'absent'), null, all)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the configuration file ${join(directory, 'absent')} does not exist`,
    });
    await expect(readMirrorbrainConf(directory, null, all)).rejects.toMatchObject({
      message: `the configuration file ${directory} is a directory`,
    });
  });
});
