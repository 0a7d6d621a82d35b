/** What the modes of TLS mean against real servers; skipped where there is no openssl to make certificates. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionSettings } from '../../../src/store/mirrorbrain/connection-settings.js';
import { Session } from '../../../src/store/mirrorbrain/session.js';
import { hasOpenssl, makeAuthority, makeCertificate } from '../../support/certificates.js';
import { sharedServerUrl } from '../../support/mirrorbrain/databases.js';
import { ownServer } from '../../support/own-server.js';
import type { PostgresServer } from '../../support/postgres.js';

/** How a session came about: `tls`, `plain`, or the code of the error and its words. */
async function outcome(url: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const all = new URL(url);
  for (const [name, value] of Object.entries(parameters)) all.searchParams.set(name, value);
  const settings = connectionSettings(all.href, { HOME: '/nonexistent' });
  try {
    const session = await Session.connect(settings, new AbortController().signal);
    onTestFinished(() => session.end());
    const [row] = await session.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return row?.ssl === true ? 'tls' : 'plain';
  } catch (error) {
    const { code, message } = error as Error & { readonly code: string };
    return `${code} ${message}`;
  }
}

const unusable = (words: string): RegExp => new RegExp(`^REDIRECTOR_UNUSABLE .*${words}`);

describe.skipIf(!hasOpenssl)('a server with TLS', () => {
  async function started(host: string): Promise<readonly [PostgresServer, string]> {
    const authority = makeAuthority();
    const { certificateText, keyText } = makeCertificate(authority, host);
    const files = { 'server.crt': certificateText, 'server.key': keyText };
    return [await ownServer({ settings: { ssl: 'on' }, files }), authority.certificate];
  }

  it('is met as the mode says', async () => {
    const [{ url }, authority] = await started('localhost');
    const local = url.replace('127.0.0.1', 'localhost');
    const other = makeAuthority().certificate;
    expect(await outcome(url, { sslmode: 'disable' })).toBe('plain');
    expect(await outcome(url, { sslmode: 'allow' })).toBe('plain');
    expect(await outcome(url, {})).toBe('tls');
    expect(await outcome(url, { sslmode: 'prefer' })).toBe('tls');
    expect(await outcome(url, { sslmode: 'require' })).toBe('tls');
    expect(await outcome(local, { sslmode: 'verify-full', sslrootcert: authority })).toBe('tls');
    // The name in the certificate is another one, which only verify-full minds.
    expect(await outcome(url, { sslmode: 'verify-ca', sslrootcert: authority })).toBe('tls');
    expect(await outcome(url, { sslmode: 'verify-full', sslrootcert: authority })).toMatch(
      unusable('127.0.0.1'),
    );
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      expect(await outcome(local, { sslmode: mode, sslrootcert: other }), mode).toMatch(
        unusable('certificate'),
      );
    }
    // Nobody's authority vouches for it.
    expect(await outcome(local, { sslmode: 'verify-full' })).toMatch(unusable('certificate'));
  });

  it('that takes no others is met with TLS where the mode allows it', async () => {
    const [server] = await started('localhost');
    server.restrict('hostssl all all 127.0.0.1/32 scram-sha-256');
    await server.stop();
    await server.restart();
    expect(await outcome(server.url, { sslmode: 'allow' })).toBe('tls');
    expect(await outcome(server.url, { sslmode: 'disable' })).toMatch(unusable('no encryption'));
  });

  it('whose sessions are cut tells so', async () => {
    const [server] = await started('localhost');
    const session = await Session.connect(
      connectionSettings(server.url, { HOME: '/nonexistent' }),
      new AbortController().signal,
    );
    await server.kill();
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(session.isOpen).toBe(false);
  });
});

describe('a server without TLS', () => {
  it('is met without where the mode allows it, and says so where not', async () => {
    const url = await sharedServerUrl();
    expect(await outcome(url, { sslmode: 'disable' })).toBe('plain');
    expect(await outcome(url, { sslmode: 'allow' })).toBe('plain');
    expect(await outcome(url, { sslmode: 'prefer' })).toBe('plain');
    expect(await outcome(url, {})).toBe('plain');
    for (const sslmode of ['require', 'verify-full']) {
      expect(await outcome(url, { sslmode }), sslmode).toMatch(unusable('not support SSL'));
    }
  });

  it('is met at its socket in the file system, whatever the mode', async () => {
    const server = await ownServer();
    for (const sslmode of ['prefer', 'require', 'verify-full']) {
      const parameters = { host: server.socketDirectory, sslmode };
      expect(await outcome(server.url, parameters), sslmode).toBe('plain');
    }
  });
});
