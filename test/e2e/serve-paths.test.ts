/**
 * What a server answers at a path, and above all what it does not: nothing of what is hidden, nothing from outside.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, escaped, exchange } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

let where: Site;
let served: Served;

beforeAll(async () => {
  where = site();
  const at = (path: string) => join(where.tree, path);
  write(join(where.directory, 'outside/secret'), 'SECRET');
  for (const path of ['a.iso', 'd/b.iso', 'staged/c.iso', 'staged/deeper/d.iso', 'private.iso', 'drop/e.iso'])
    write(at(path), path === 'a.iso' || path === 'd/b.iso' ? 'open' : 'SECRET');
  write(at('real.iso'), 'open');
  write(at('real.iso.sha256'), 'by hand\n');
  mkdirSync(at('empty'));
  symlinkSync('d/b.iso', at('link.iso'));
  symlinkSync('d', at('dir-link'));
  symlinkSync('../outside/secret', at('out.iso'));
  symlinkSync(join(where.directory, 'outside'), at('out-dir'));
  symlinkSync('staged/c.iso', at('to-staged.iso'));
  symlinkSync('loop', at('loop'));
  symlinkSync('nowhere', at('dangling'));
  execFileSync('mkfifo', [at('fifo')]);
  await where.hash();
  chmodSync(at('staged'), 0o750);
  chmodSync(at('private.iso'), 0o640);
  // Others may enter it and read what they know the name of; they may not list it.
  chmodSync(at('drop'), 0o711);
  served = await serving(where);
});

describe('what is hidden, and what is not there, cannot be told apart', () => {
  const hidden = [
    ...[
      '/staged',
      '/staged/',
      '/staged/c.iso',
      '/staged/c.iso.sha256',
      '/staged/c.iso?sha256',
      '/staged/deeper/',
    ],
    ...['/staged/deeper/d.iso', '/private.iso', '/private.iso.torrent', '/private.iso.mirrorlist', '/drop/'],
    ...['/out.iso', '/out.iso.sha256', '/out-dir', '/out-dir/', '/out-dir/secret', '/to-staged.iso'],
    ...['/to-staged.iso.meta4', '/loop', '/loop/', '/dangling', '/fifo', '/fifo.md5', '/a.iso/', '/a.iso/b'],
    ...[
      '/nowhere',
      '/nowhere/',
      '/nowhere.sha256',
      '//a.iso',
      '/d//b.iso',
      `/${'x'.repeat(300)}`,
      '/d/b.iso.sha512',
    ],
  ];
  test.each(hidden)('%s', async (path) => {
    for (const accept of ['*/*', 'text/html']) {
      const headers = { Accept: accept };
      const [{ headers: given, ...told }, missing] = await Promise.all([
        ask(served.origin, path, { headers }),
        ask(served.origin, '/there-is-no-such-thing', { headers }),
      ]);
      expect(missing.status).toBe(404);
      expect({ ...told, headers: { ...given, date: '' } }).toEqual({
        ...missing,
        headers: { ...missing.headers, date: '' },
      });
    }
  });

  test('nor do listings name it', async () => {
    const { text, status } = await ask(served.origin, '/');
    expect(status).toBe(200);
    const hrefs = [...text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href);
    for (const shown of ['a.iso', 'd/', 'dir-link/', 'empty/', 'link.iso', 'real.iso']) {
      expect(hrefs.some((href) => href?.endsWith(shown))).toBe(true);
    }
    expect(text).not.toMatch(/staged|private|drop|out\.iso|out-dir|loop|dangling|fifo|SECRET/);
  });
});

describe('garbage is refused', () => {
  const malformed = [
    ...[
      '/../outside/secret',
      '/d/../../outside/secret',
      '/%2e%2e/outside/secret',
      '/d/%2E%2e/a.iso',
      '/./a.iso',
    ],
    ...[
      '/..%2foutside%2fsecret',
      '/d%2fb.iso',
      '/d%2Fb.iso',
      '/a.iso%00',
      '/%00',
      '/%',
      '/%zz',
      '/a%2',
      '/%ff',
    ],
    ...['/%c0%ae%c0%ae/outside/secret', '/%ed%a0%80', 'http://host/..', 'a.iso', '*'],
  ];
  test.each(malformed)('%s', async (target) => {
    const raw = await exchange(
      served.origin,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(raw).toMatch(/^HTTP\/1.1 400 /);
    expect(raw).not.toContain('SECRET');
    expect(raw).not.toContain(where.directory);
  });

  test.each(['a b', 'x/../y', 'user@host', 'a,b', '"', '<script>', 'h:99999', '[::1', 'a\\b'])(
    'Host: %s',
    async (host) => {
      const raw = await exchange(
        served.origin,
        `GET /a.iso.meta4 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(raw).toMatch(/^HTTP\/1.1 400 /);
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])('%s', async (method) => {
    const { status, headers } = await ask(served.origin, '/a.iso', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('an address that is too long', async () => {
    expect((await ask(served.origin, `/${'a'.repeat(9000)}`)).status).toBe(414);
  });
});

describe('what is open is served', () => {
  test.each([
    ['/a.iso', 'open'],
    ['/%61%2eiso', 'open'],
    ['/d/b.iso', 'open'],
    ['/link.iso', 'open'],
    ['/dir-link/b.iso', 'open'],
    ['/drop/e.iso', 'SECRET'],
    ['/real.iso.sha256', 'by hand\n'],
    ['/a.iso?unknown', 'open'],
  ])('%s', async (path, content) => {
    const { status, text } = await ask(served.origin, path);
    expect([status, text]).toEqual([200, content]);
  });

  test('a directory is sent to its slash, and nowhere else', async () => {
    for (const [path, location] of [
      ['/d', 'd/'],
      ['/dir-link?page=1', 'dir-link/'],
    ] as const) {
      const { status, headers } = await ask(served.origin, path);
      expect([status, headers.location]).toEqual([301, location]);
    }
  });

  test('HEAD tells the same without a body', async () => {
    for (const path of ['/a.iso', '/a.iso.sha256', '/a.iso.torrent', '/', '/nowhere']) {
      const [got, head] = await Promise.all([
        ask(served.origin, path),
        ask(served.origin, path, { method: 'HEAD' }),
      ]);
      expect({ ...head.headers, date: '' }).toEqual({ ...got.headers, date: '' });
      expect([head.status, head.body.length]).toEqual([got.status, 0]);
      expect(Number(head.headers['content-length'])).toBe(got.body.length);
    }
  });
});

describe('what is made of a record', () => {
  const types = {
    md5: 'text/plain; charset=utf-8',
    sha1: 'text/plain; charset=utf-8',
    sha256: 'text/plain; charset=utf-8',
    btih: 'text/plain; charset=utf-8',
    magnet: 'text/plain; charset=utf-8',
    torrent: 'application/x-bittorrent',
    zsync: 'application/x-zsync',
    metalink: 'application/metalink+xml; charset=utf-8',
    meta4: 'application/metalink4+xml; charset=utf-8',
    mirrorlist: 'text/html; charset=utf-8',
  };
  test.each(Object.entries(types))('.%s and ?%s are the same', async (name, type) => {
    const [bySuffix, byQuery] = [
      await ask(served.origin, `/d/b.iso.${name}`),
      await ask(served.origin, `/d/b.iso?${name}`),
    ];
    expect(bySuffix.status).toBe(200);
    expect(bySuffix.headers['content-type']).toBe(type);
    expect(bySuffix.headers['x-content-type-options']).toBe('nosniff');
    expect(byQuery.body.equals(bySuffix.body)).toBe(true);
    expect(bySuffix.text).not.toContain(where.directory);
    const again = await ask(served.origin, `/d/b.iso.${name}`, {
      headers: { 'If-None-Match': String(bySuffix.headers.etag) },
    });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test('sums are those of other programs, for links too', async () => {
    for (const program of ['md5', 'sha1', 'sha256']) {
      const sum = execFileSync(`${program}sum`, ['b.iso'], { cwd: join(where.tree, 'd'), encoding: 'utf8' });
      expect((await ask(served.origin, `/d/b.iso.${program}`)).text).toBe(sum);
      expect((await ask(served.origin, `/dir-link/b.iso.${program}`)).text).toBe(sum);
      expect((await ask(served.origin, `/real.iso?${program}`)).text).toContain('  real.iso\n');
    }
  });

  test('who asks for a metalink by name gets it in place of the file', async () => {
    const [meta4, file] = ['application/metalink4+xml', 'the file itself'];
    for (const [accept, type] of [
      [meta4, meta4],
      [`text/html, ${meta4};q=0.9`, meta4],
      ['application/metalink+xml', 'application/metalink+xml'],
      [`${meta4};q=0`, file],
      ['*/*', file],
    ] as const) {
      const { headers } = await ask(served.origin, '/a.iso', { headers: { Accept: accept } });
      expect(headers.vary).toBe('Accept');
      expect(headers['content-type']).toMatch(
        new RegExp(type === file ? 'octet-stream|iso9660|x-iso' : type.replaceAll('+', '\\+')),
      );
    }
  });

  test('addresses are those that the client knows', async () => {
    const headers = { Host: 'Download.Example.org:81', 'X-Forwarded-Host': 'evil.example' };
    const { text } = await ask(served.origin, '/d/b.iso.meta4', { headers });
    expect(text).toContain('http://download.example.org:81/d/b.iso<');
    expect(text).not.toContain('evil');
  });

  test(`a name in escapes is the same name`, async () => {
    expect((await ask(served.origin, `/d/${escaped('b.iso.sha256')}`)).status).toBe(200);
  });
});
