import { describe, expect, it } from 'vitest';
import { MirrorhashError } from '../src/errors.js';
import { parseMirrorbrainConf } from '../src/mirrorbrain-conf.js';
import { conf, database, siteConf } from './support/mirrorbrain-conf.js';

function refusal(text: string, instance: string | null = null): MirrorhashError {
  try {
    parseMirrorbrainConf(text, 'm.conf', instance, ['redirector', 'pieceLength', 'zsync']);
  } catch (error) {
    if (error instanceof MirrorhashError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('an error names file and line', () => {
  const driver = 'dbdriver = Pg\n';
  it.each([
    ['1: [general] names no "instances"', ''],
    ['1: [general] names no "instances"', '[main]\nx = 1'],
    ['3: [general] names no "instances"', '\n\n[general]\nx = 1'],
    ['3: [general] names no "instances"', '[general]\n\ninstances ='],
    ['2: the instance "a" has no section [a]', '[general]\ninstances = a'],
    ['2: the instance "DEFAULT" has no section [DEFAULT]', '[general]\ninstances = DEFAULT\n[DEFAULT]\n'],
    ['4: "dbuser" in [main] goes on in the next line', conf('dbuser = u\n  dbname = d', 'dbdriver = Pg')],
    ['1: there is no [section] above this line', 'dbpass = secret'],
    ['4: not "key = value"', conf('secret')],
    ['4: "chunk_size" in [main] must be a power of two from 16384 to 67108864', conf('chunk_size = 100000')],
    [
      '4: "chunk_size" in [main] must be a power of two from 16384 to 67108864',
      conf('chunk_size = 134217728'),
    ],
    ['4: "chunk_size" in [main] must be a power of two from 16384 to 67108864', conf('chunk_size = 8192')],
    ['4: "chunk_size" in [main] must be a power of two from 16384 to 67108864', conf('chunk_size = 0')],
    ['4: "chunk_size" in [main] must be a number of bytes', conf('chunk_size = 256K')],
    ['4: "chunk_size" in [main] must be a number of bytes', conf('chunk_size = auto')],
    ['4: "chunk_size" in [main] must be a number of bytes', conf('chunk_size =')],
    [
      '5: "zsync_hashes" in [main] must be yes or no, true or false, on or off, 1 or 0',
      conf('\nzsync_hashes = maybe'),
    ],
    [
      '4: "zsync_hashes" in [main] must be yes or no, true or false, on or off, 1 or 0',
      conf('zsync_hashes = constructor'),
    ],
    [
      '4: "chunked_hashes" in [main] must be yes or no, true or false, on or off, 1 or 0',
      conf('chunked_hashes ='),
    ],
    [
      '3: [main] has a MySQL database ("dbdriver" is absent), but only PostgreSQL is supported',
      conf('x = 1', ''),
    ],
    [
      '4: [main] has a MySQL database ("dbdriver" is mysql), but only PostgreSQL is supported',
      conf('dbdriver = mysql', ''),
    ],
    ['4: [main] has a "dbdriver" that is none of Pg, postgres and postgresql', conf('dbdriver = sqlite', '')],
    ['3: [main] has no "dbuser"', conf(driver, 'dbname = d')],
    ['3: [main] has no "dbname"', conf(driver, 'dbuser = u')],
    ['7: [main] has no "dbname"', conf(driver, 'dbuser = u\ndbname =')],
    [
      '4: "dbport" in [main] must be a number from 1 to 65535',
      conf(`dbport = 0\n${driver}`, 'dbuser = u\ndbname = d'),
    ],
    [
      '4: "dbport" in [main] must be a number from 1 to 65535',
      conf(`dbport = 65536\n${driver}`, 'dbuser = u\ndbname = d'),
    ],
    [
      '4: "dbport" in [main] must be a number from 1 to 65535',
      conf(`dbport = any\n${driver}`, 'dbuser = u\ndbname = d'),
    ],
    [
      '6: the value refers by %(…)s to a key that is not there',
      conf('', database.replace('secret', 'secret%(nowhere)s')),
    ],
    ['6: "dbpass" in [main] is not UTF-8', conf('', database.replace('secret', 'secret\ufffd'))],
  ])('%s', (message, text) => {
    const error = refusal(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(`m.conf:${message}`);
  });

  it('and what to do', () => {
    expect(refusal(conf('chunk_size = 100000')).hint).toMatch(/--piece-length 256K$/);
    expect(refusal(conf('dbdriver = mysql', '')).hint).toMatch(/--redirector/);
    for (const comment of ['; the default', '# the default']) {
      expect(refusal(conf(`chunk_size = 262144 ${comment}`)).hint).toBe(
        'comments must stand on lines of their own',
      );
    }
  });

  it('but never a password', () => {
    const texts = [
      conf('chunk_size = 1'),
      conf('dbport = x'),
      conf('', database.replace('postgresql', 'mysql')),
      conf('', database.replace('dbuser = mb', '')),
      conf('', database.replace('dbpass = ', 'dbpass ')),
      conf('', database.replace('secret', 'sec%(ret)ssecret')),
      conf('', database.replace('secret', 'secret\ufffd')),
      conf('', database.replace('dbpass = secret', 'dbpass = x\nsecret')),
      database,
      // Indented by mistake, it belongs to the value above.
      conf('dbdriver = Pg\n  dbpass = secret', ''),
      conf('chunk_size = 1\n  dbpass = secret'),
      conf('dbdriver = Pg\ndbname = d\ndbuser = u\n  dbpass = secret', ''),
      '[general]\ninstances = main\n  [main]\n  dbpass = secret\n[other]\nx = 1',
    ];
    for (const text of texts) {
      for (const instance of [null, 'x']) {
        const error = refusal(text, instance);
        expect(`${error.message} ${error.hint} ${error.stack} ${String(error.cause)}`).not.toMatch(/secret/);
      }
    }
  });

  it('an instance that is not there, and those that are', () => {
    for (const name of ['mian', '', 'mirrorprobe', 'general']) {
      expect(refusal(siteConf, name)).toMatchObject({
        code: 'USAGE',
        message: `no instance ${JSON.stringify(name)} in m.conf`,
        hint: 'there are: main, other',
      });
    }
  });
});
