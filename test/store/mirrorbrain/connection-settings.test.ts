import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import { describe, expect, it } from 'vitest';
import { connectionSettings, type Environment } from '../../../src/store/mirrorbrain/connection-settings.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** Without the files of whoever runs the tests. */
const nowhere = { HOME: '/nonexistent' };

function first(url: string, environment: Environment = {}): ClientConfig {
  const [attempt] = connectionSettings(url, { ...nowhere, ...environment }).attempts;
  if (attempt === undefined) throw new Error('no attempt');
  return attempt;
}

function failure(url: string, environment: Environment = {}): unknown {
  try {
    return connectionSettings(url, { ...nowhere, ...environment });
  } catch (error) {
    return error;
  }
}

describe('where to connect', () => {
  it('stands in the URL', () => {
    expect(first('postgres://u:p@h.example:5433/d')).toMatchObject({
      host: 'h.example',
      port: 5433,
      user: 'u',
      password: 'p',
      database: 'd',
      application_name: 'mirrorhash',
    });
    expect(first('postgresql://u%40x:p%2F%3F%23@[::1]/d%20e')).toMatchObject({
      host: '::1',
      port: 5432,
      user: 'u@x',
      password: 'p/?#',
      database: 'd e',
    });
  });

  it('may stand in parameters of the URL', () => {
    expect(first('postgres:///d?host=/run/pg&port=5434&user=u&password=p')).toMatchObject({
      host: '/run/pg',
      port: 5434,
      user: 'u',
      password: 'p',
      database: 'd',
    });
    expect(first('postgres://h/a%2Fb%25?dbname=')).toMatchObject({ database: 'a/b%' });
    expect(first('postgres://h/d?dbname=e')).toMatchObject({ database: 'e' });
    expect(first('postgres://u@%2Frun%2Fpg/d')).toMatchObject({ host: '/run/pg', database: 'd' });
  });

  it('stands in the environment as far as the URL does not tell', () => {
    const environment = {
      PGHOST: 'e.example',
      PGPORT: '5435',
      PGUSER: 'eu',
      PGPASSWORD: 'ep',
      PGDATABASE: 'ed',
      PGAPPNAME: 'cron',
      PGOPTIONS: '-c search_path=mb',
      PGCONNECT_TIMEOUT: '3',
      PGSSLMODE: 'disable',
    };
    expect(first('postgres://', environment)).toMatchObject({
      ...{ host: 'e.example', port: 5435, user: 'eu', password: 'ep', database: 'ed' },
      ...{ application_name: 'cron', options: '-c search_path=mb' },
      ...{ connectionTimeoutMillis: 3_000, ssl: false },
    });
    expect(
      first(
        'postgres://u:p@h:1/d?application_name=a&options=-c%20x%3Dy&connect_timeout=7&sslmode=require',
        environment,
      ),
    ).toMatchObject({
      ...{ host: 'h', port: 1, user: 'u', password: 'p', database: 'd' },
      ...{ application_name: 'a', options: '-c x=y', connectionTimeoutMillis: 7_000 },
      ssl: { rejectUnauthorized: false },
    });
  });

  it('has defaults: who runs it, and a database of that name', () => {
    const { username } = userInfo();
    expect(first('postgres://h')).toMatchObject({ user: username, database: username, port: 5432 });
    expect(first('postgres://u@h')).toMatchObject({ user: 'u', database: 'u' });
    // Asked for when the server wants it: it may stand in the password file.
    expect(first('postgres://u@h').password).toEqual(expect.any(Function));
    expect(first('postgres://u@h')).not.toHaveProperty('options');
    // No socket has this port.
    expect(first('postgres:///?port=1')).toMatchObject({ host: 'localhost', port: 1 });
    expect(first('postgres://h?connect_timeout=0').connectionTimeoutMillis).toBe(10_000);
  });
});

describe('the name in output', () => {
  it.each([
    ['postgres://u:secret@h/d', 'postgres://u@h:5432/d'],
    ['postgresql://u:secret@h:99/d?sslmode=require&password=secret', 'postgres://u@h:99/d'],
    ['postgres://u@h/d?user=v&password=secret', 'postgres://v@h:5432/d'],
    ['postgres://u:secret@[::1]/d', 'postgres://u@[::1]:5432/d'],
    ['postgres://u%40x:secret@%2Frun%2Fpg/a%2Fb', 'postgres://u%40x@%2Frun%2Fpg:5432/a%2Fb'],
  ])('of %s is without the password', (url, name) => {
    expect(connectionSettings(url, { ...nowhere, PGPASSWORD: 'secret' }).name).toBe(name);
  });
});

describe('what cannot be used', () => {
  it.each([
    ['a port that is none', 'postgres://u:secret@h:99999/d'],
    ['a bad escape', 'postgres://u:secret%zz@h/%E0%A4%A'],
    ['no URL', 'postgres://u:secret@h:x/d'],
    ['an unknown sslmode', 'postgres://u:secret@h/d?sslmode=sometimes'],
    [
      'certificates that are not there',
      'postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nonexistent',
    ],
    ['verify-ca without an authority', 'postgres://u:secret@h/d?sslmode=verify-ca'],
  ])('%s is told so, without the password', (_, url) => {
    const error = failure(url);
    expect(error).toMatchObject({ code: 'USAGE', hint: expect.any(String) });
    expect(String((error as Error).message) + (error as { hint: string }).hint).not.toContain('secret');
  });

  it('a port of the environment that is none', () => {
    for (const PGPORT of ['x', '99999', '0', '1.5']) {
      expect(failure('postgres://h', { PGPORT }), PGPORT).toMatchObject({ code: 'USAGE' });
    }
  });

  it('is named: the sslmode, and the file', () => {
    expect(failure('postgres://h?sslmode=sometimes')).toMatchObject({
      message: expect.stringContaining('"sometimes"'),
      hint: expect.stringContaining('verify-full'),
    });
    expect(failure('postgres://h', { PGSSLMODE: 'no' })).toMatchObject({ code: 'USAGE' });
    expect(failure('postgres://h?sslmode=require&sslrootcert=/nonexistent')).toMatchObject({
      message: expect.stringContaining('/nonexistent'),
    });
  });
});

describe('TLS', () => {
  const unverified = { rejectUnauthorized: false };

  it.each([
    ['disable', [false]],
    ['allow', [false, unverified]],
    ['prefer', [unverified, false]],
    ['require', [unverified]],
    ['verify-full', [{}]],
  ])('is tried as sslmode=%s says', (mode, expected) => {
    for (const [url, environment] of [
      [`postgres://h/d?sslmode=${mode}`, {}],
      ['postgres://h/d', { PGSSLMODE: mode }],
      [`postgres://h/d?sslmode=${mode}`, { PGSSLMODE: mode === 'disable' ? 'require' : 'disable' }],
    ] as const) {
      const { attempts } = connectionSettings(url, { ...nowhere, ...environment });
      expect(attempts.map(({ ssl }) => ssl)).toEqual(expected);
    }
  });

  it('is preferred when nothing is said', () => {
    const { attempts } = connectionSettings('postgres://h/d', nowhere);
    expect(attempts.map(({ ssl }) => ssl)).toEqual([unverified, false]);
  });

  it('is not that of a socket of the file system', () => {
    for (const mode of ['prefer', 'require']) {
      const { attempts } = connectionSettings(`postgres:///d?host=/run/pg&sslmode=${mode}`, nowhere);
      expect(attempts.map(({ ssl }) => ssl)).toEqual([false]);
    }
  });

  it('takes the certificates that are named, else those of the home directory', () => {
    const HOME = temporaryDirectory();
    mkdirSync(`${HOME}/.postgresql`);
    for (const name of ['root.crt', 'postgresql.crt', 'postgresql.key']) {
      writeFileSync(`${HOME}/.postgresql/${name}`, `home ${name}`);
      writeFileSync(`${HOME}/${name}`, `named ${name}`);
    }
    const usual = { ca: 'home root.crt', cert: 'home postgresql.crt', key: 'home postgresql.key' };
    expect(first('postgres://h?sslmode=verify-full', { HOME }).ssl).toEqual(usual);
    expect(first('postgres://h?sslmode=verify-ca', { HOME }).ssl).toMatchObject(usual);
    // With an authority at hand, require means verify-ca, as libpq has it.
    expect(first('postgres://h?sslmode=require', { HOME }).ssl).toMatchObject(usual);
    expect(first('postgres://h?sslmode=require', { HOME }).ssl).not.toMatchObject(unverified);
    expect(first('postgres://h?sslmode=prefer', { HOME }).ssl).toMatchObject(unverified);
    const named = { ca: 'named root.crt', cert: 'named postgresql.crt', key: 'named postgresql.key' };
    const [root, cert, key] = ['root.crt', 'postgresql.crt', 'postgresql.key'].map(
      (name) => `${HOME}/${name}`,
    );
    expect(
      first(`postgres://h?sslmode=verify-full&sslrootcert=${root}&sslcert=${cert}&sslkey=${key}`, { HOME })
        .ssl,
    ).toEqual(named);
    const environment = { HOME, PGSSLROOTCERT: root, PGSSLCERT: cert, PGSSLKEY: key };
    expect(first('postgres://h?sslmode=verify-full', environment).ssl).toEqual(named);
    expect(first('postgres://h?sslmode=verify-full&sslrootcert=system', nowhere).ssl).toEqual({});
  });

  it('are verified with the name where they are those of the system', () => {
    for (const environment of [{}, { PGSSLROOTCERT: 'system' }]) {
      const url = 'PGSSLROOTCERT' in environment ? 'postgres://h' : 'postgres://h?sslrootcert=system';
      const { attempts } = connectionSettings(url, { ...nowhere, ...environment });
      expect(attempts.map(({ ssl }) => ssl)).toEqual([{}]);
    }
    expect(failure('postgres://h?sslmode=require&sslrootcert=system')).toMatchObject({ code: 'USAGE' });
  });

  it('are asked for by ssl=true, too', () => {
    const { attempts } = connectionSettings('postgres://h?ssl=true', nowhere);
    expect(attempts.map(({ ssl }) => ssl)).toEqual([{ rejectUnauthorized: false }]);
  });

  it('asks for the name of the host with verify-full only', () => {
    const HOME = temporaryDirectory();
    writeFileSync(`${HOME}/root.crt`, 'root');
    const ssl = (mode: string) => first(`postgres://h?sslmode=${mode}&sslrootcert=${HOME}/root.crt`).ssl;
    expect(ssl('verify-full')).not.toHaveProperty('checkServerIdentity');
    expect(ssl('verify-ca')).toHaveProperty('checkServerIdentity');
    expect(ssl('require')).toHaveProperty('checkServerIdentity');
  });
});

describe('what would be misunderstood is refused', () => {
  it.each([
    ['postgres://h/d?sslmod=verify-full', 'the parameter "sslmod" is unknown'],
    ['postgres://h/d?service=s', 'the parameter "service" is unknown'],
    ['postgres://h/d?channel_binding=require', 'the parameter "channel_binding" is unknown'],
    ['postgres://h,i/d', 'it names several hosts'],
    ['postgres://h/d?sslmode=verify-ca', 'sslmode=verify-ca needs sslrootcert'],
  ])('%s', (url, words) => {
    expect(failure(url)).toMatchObject({ code: 'USAGE', message: expect.stringContaining(words) });
  });
});

describe('the password file', () => {
  const askedFor = async (url: string, environment: Environment): Promise<unknown> => {
    const { password } = first(url, environment);
    if (typeof password !== 'function') return password;
    return Promise.resolve(password()).catch((error: unknown) => error);
  };
  const withFile = (lines: string, mode = 0o600): string => {
    const home = temporaryDirectory();
    writeFileSync(`${home}/.pgpass`, lines, { mode });
    return home;
  };

  it('is that of the home directory, or the one that is named', async () => {
    const home = withFile('h:5432:d:u:of home\nh:*:*:v:of v\n');
    const other = `${withFile('*:*:*:*:named\n')}/.pgpass`;
    expect(await askedFor('postgres://u@h/d', { HOME: home })).toBe('of home');
    expect(await askedFor('postgres://v@h:1/e', { HOME: home })).toBe('of v');
    expect(await askedFor('postgres://u@h/d', { HOME: home, PGPASSFILE: other })).toBe('named');
    expect(await askedFor(`postgres://u@h/d?passfile=${other}`, { HOME: home })).toBe('named');
    expect(await askedFor('postgres://u@h/d', { HOME: home, PGPASSWORD: 'variable' })).toBe('variable');
  });

  it('knows the usual socket as localhost, and any other by its directory', async () => {
    const home = withFile('localhost:*:*:*:local\n/srv/pg:*:*:*:elsewhere\n');
    expect(await askedFor('postgres://u@/d?host=/var/run/postgresql', { HOME: home })).toBe('local');
    expect(await askedFor('postgres://u@/d?host=/srv/pg', { HOME: home })).toBe('elsewhere');
  });

  it('is of no use when there is none, when it has no such line, or when others may read it', async () => {
    const none = {
      code: 'REDIRECTOR_UNUSABLE',
      message: expect.stringMatching(/^postgres:.*none was given$/),
    };
    expect(await askedFor('postgres://u@h/d', {})).toMatchObject(none);
    expect(await askedFor('postgres://u@h/d', { HOME: withFile('x:*:*:*:p\n') })).toMatchObject(none);
    expect(await askedFor('postgres://u@h/d', { HOME: withFile('*:*:*:*:p\n', 0o644) })).toMatchObject(none);
  });
});
