/**
 * Pure: how people write addresses to listen at, names of header fields, and limits of a server.
 */
import { MirrorhashError } from '../errors.js';
import type { Address } from './listener.js';

/**
 * `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`; port 0 means any that is free.
 *
 * @throws MirrorhashError USAGE
 */
export function parseAddress(text: string): Address {
  const [, bracketed, name, digits = ''] = addressForm.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw new MirrorhashError('USAGE', `${JSON.stringify(text)} is no HOST:PORT`, {
      hint: 'write it as in 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080; port 0 is any that is free',
    });
  }
  return { host, port };
}

const addressForm = /^(?:\[([\da-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i;

/**
 * @returns in lower case
 * @throws MirrorhashError USAGE
 */
export function parseHeaderName(text: string): string {
  if (/^[!#$%&'*+.^_`|~\w-]+$/.test(text)) return text.toLowerCase();
  throw new MirrorhashError('USAGE', `${JSON.stringify(text)} is no name of a header field`, {
    hint: 'write it as in X-Country-Code, without a colon',
  });
}

const mostRequests = 1_000_000;

/** @throws MirrorhashError USAGE */
export function parseRequests(text: string): number {
  const count = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= mostRequests) return count;
  throw new MirrorhashError('USAGE', `${JSON.stringify(text)} is no whole number from 1 to ${mostRequests}`);
}
