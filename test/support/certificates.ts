/** Certificates of an authority of the test's own, made by openssl. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { temporaryDirectory } from './temporary.js';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface Certificate {
  /** the files */
  readonly certificate: string;
  readonly key: string;
  readonly certificateText: string;
  readonly keyText: string;
}

/** An authority of its own, which vouches for itself. */
export function makeAuthority(): Certificate {
  return made((key, certificate) => {
    openssl('req', '-x509', '-subj', '/CN=authority', ...fresh(key), '-out', certificate, '-days', '2');
  });
}

/** A certificate of a host, which an authority vouches for. */
export function makeCertificate(authority: Certificate, host: string): Certificate {
  return made((key, certificate) => {
    const request = `${certificate}.request`;
    openssl('req', '-subj', `/CN=${host}`, ...fresh(key), '-out', request);
    const by = ['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial'];
    openssl('x509', '-req', '-in', request, ...by, '-out', certificate, '-days', '2');
  });
}

const fresh = (key: string): readonly string[] => ['-newkey', 'rsa:2048', '-nodes', '-keyout', key];

function made(make: (key: string, certificate: string) => void): Certificate {
  const directory = temporaryDirectory();
  const [key, certificate] = [`${directory}/key`, `${directory}/certificate`];
  make(key, certificate);
  return {
    key,
    certificate,
    certificateText: readFileSync(certificate, 'utf8'),
    keyText: readFileSync(key, 'utf8'),
  };
}

function openssl(...parameters: readonly string[]): void {
  execFileSync('openssl', parameters, { stdio: 'pipe' });
}
