/**
 * Pure: who asks, and under which name they know us, from the connection and the header fields.
 *
 * What a front server says of its clients (`X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`, country, region)
 * is believed of the addresses that were named as front servers, and of nobody else.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { MirrorhashError } from '../errors.js';
import type { ClientPlace } from '../mirror-choice.js';

export interface ClientRules {
  /** front servers; null: there is none */
  readonly trusted: BlockList | null;
  /** absolute URL of the tree's root, with `/` at its end; null: as the client knows us */
  readonly publicUrl: string | null;
  /** names of header fields, lower case; null: nobody tells */
  readonly countryHeader: string | null;
  readonly regionHeader: string | null;
}

export interface Client {
  readonly address: string;
  readonly place: ClientPlace;
  /** absolute URL of the tree's root, with `/` at its end; null: the client did not say how it calls us */
  readonly root: string | null;
}

const nowhere: ClientPlace = { country: null, region: null };

/**
 * @param authority that of a target in absolute form, which goes before `Host`
 * @returns null when the client calls us what nobody can be called
 */
export function clientOf(
  peer: string | undefined,
  headers: IncomingHttpHeaders,
  authority: string | null,
  rules: ClientRules,
): Client | null {
  const address = plainAddress(peer ?? '');
  const isFront = rules.trusted !== null && isWithin(rules.trusted, address);
  const { publicUrl } = rules;
  const root = publicUrl ?? rootOf(isFront, headers, authority);
  if (root === undefined) return null;
  if (!isFront) return { address, place: nowhere, root };
  return {
    address: forwardedFor(headers, address, rules.trusted),
    place: {
      country: codeIn(headers, rules.countryHeader),
      region: codeIn(headers, rules.regionHeader),
    },
    root,
  };
}

/**
 * Addresses and networks (`10.0.0.0/8`), separated by commas; `loopback` means this machine.
 *
 * @throws MirrorhashError USAGE
 */
export function parseTrusted(text: string): BlockList {
  const list = new BlockList();
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4');
      list.addAddress('::1', 'ipv6');
      continue;
    }
    const [address = '', bits, ...rest] = item.split('/');
    const family = familyOf(address);
    const longest = family === 'ipv4' ? 32 : 128;
    const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
    if (family === null || !isLength || rest.length > 0) {
      throw new MirrorhashError('USAGE', `${JSON.stringify(item)} is no address and no network`, {
        hint: 'write addresses such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32, or loopback, separated by commas',
      });
    }
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Undefined: not the name of a host. Null: no name was given (HTTP/1.0 knows no `Host`). */
function rootOf(
  isFront: boolean,
  headers: IncomingHttpHeaders,
  authority: string | null,
): string | null | undefined {
  const host = (isFront ? lastOf(headers['x-forwarded-host']) : null) ?? authority ?? headers.host;
  if (host === undefined) return null;
  if (!isHost(host)) return undefined;
  const isSecure = isFront && lastOf(headers['x-forwarded-proto'])?.toLowerCase() === 'https';
  return `${isSecure ? 'https' : 'http'}://${host.toLowerCase()}/`;
}

/** A host name, an IPv4 address, or an IPv6 address in brackets, with or without a port (RFC 3986, 3.2.2, but less). */
function isHost(text: string): boolean {
  const [, bracketed, name, port] = hostForm.exec(text) ?? [];
  if (port !== undefined && Number(port) > 65_535) return false;
  return name !== undefined || (bracketed !== undefined && isIP(bracketed) === 6);
}

const hostForm = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})))(?::(\d{1,5}))?$/;

/** The nearest front server wrote the last value. */
function lastOf(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  const all = Array.isArray(value) ? value.join(',') : value;
  return all.slice(all.lastIndexOf(',') + 1).trim() || null;
}

/** The last address that no front server of ours has; what stands before it, anybody may have written. */
function forwardedFor(headers: IncomingHttpHeaders, peer: string, trusted: BlockList | null): string {
  const value = headers['x-forwarded-for'];
  const addresses = (Array.isArray(value) ? value.join(',') : (value ?? '')).split(',').reverse();
  let nearest = peer;
  for (const text of addresses) {
    const address = plainAddress(text.trim());
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (trusted === null || !isWithin(trusted, address)) return nearest;
  }
  return nearest;
}

/** Two letters, lower case. */
function codeIn(headers: IncomingHttpHeaders, name: string | null): string | null {
  const value = name === null ? undefined : headers[name];
  return typeof value === 'string' && /^[A-Za-z]{2}$/.test(value) ? value.toLowerCase() : null;
}

/** Without the form that IPv4 has in IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function isWithin(list: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== null && list.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address);
  if (version === 0) return null;
  return version === 4 ? 'ipv4' : 'ipv6';
}
