/**
 * Who asks, and how: what is believed of header fields, and what is taken for a host or an address.
 */
import { expect, test } from 'vitest';
import { parseAddress, parseHeaderName } from '../../src/server/addresses.js';
import { clientOf, parseTrusted } from '../../src/server/client.js';

const rules = {
  trusted: parseTrusted('loopback, 10.0.0.0/8'),
  publicUrl: null,
  countryHeader: 'x-country',
  regionHeader: null,
};
const forwarded = {
  host: 'inner',
  'x-forwarded-for': '1.1.1.1, 203.0.113.9, 10.1.1.1',
  'x-forwarded-host': 'evil.example, Dl.Example.org:8443',
  'x-forwarded-proto': 'https',
  'x-country': 'DE',
};

test('a front server is believed, from the right', () => {
  expect(clientOf('::ffff:127.0.0.1', forwarded, null, rules)).toEqual({
    address: '203.0.113.9',
    place: { country: 'de', region: null },
    root: 'https://dl.example.org:8443/',
  });
});

test('nobody else is', () => {
  expect(clientOf('192.0.2.1', forwarded, null, rules)).toEqual({
    address: '192.0.2.1',
    place: { country: null, region: null },
    root: 'http://inner/',
  });
});

test.each([
  ['example.org', 'http://example.org/'],
  ['Example.org:80', 'http://example.org:80/'],
  ['[::1]:8080', 'http://[::1]:8080/'],
  ['127.0.0.1', 'http://127.0.0.1/'],
])('the host %s', (host, root) => {
  expect(clientOf('192.0.2.1', { host }, null, rules)?.root).toBe(root);
});

test.each([
  '',
  'a b',
  'a/b',
  'a@b',
  'a:b',
  'a:65536',
  '[::1',
  '[:::1]',
  'a"',
  '<a>',
  'a,b',
  '-a',
  'a?x',
  'ä',
])('nobody is called %j', (host) => {
  expect(clientOf('192.0.2.1', { host }, null, rules)).toBeNull();
});

test('the public URL goes before what clients say', () => {
  const publicUrl = 'https://p.example/pub/';
  expect(clientOf('192.0.2.1', { host: 'a b' }, null, { ...rules, publicUrl })?.root).toBe(publicUrl);
});

test.each(['', 'x', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0'])(
  '%j is no network',
  (text) => {
    expect(() => parseTrusted(text)).toThrow('is no address and no network');
  },
);

test.each([
  ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
])('the address %s', (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

test.each(['8080', ':80', '::1:80', 'h:65536', 'h:', 'h:80x', 'a b:80'])('%j is no address', (text) => {
  expect(() => parseAddress(text)).toThrow('is no HOST:PORT');
});

test.each(['', 'a:', 'a b', 'ä', 'a\n'])('%j is no header field', (text) => {
  expect(() => parseHeaderName(text)).toThrow('is no name of a header field');
});
