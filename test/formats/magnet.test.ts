import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../src/formats/distribution.js';
import { magnet } from '../../src/formats/magnet.js';
import { hostileNames } from '../support/names.js';
import { noDistribution, publishedOf } from '../support/published.js';
import { python, pythonHas } from '../support/python.js';

const btih = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex');
const trackers = [['udp://t1:1', 'http://t2/a?b=c&d=%26'], ['http://t3/']];
const sources = [
  { url: "http://a/x%20y'(1)", country: 'de' },
  { url: 'https://b/x?y&z', country: null },
];
const everywhere: Distribution = { ...noDistribution, sources, trackers, self: 'http://self/a%26b' };
const link = (name: string, distribution: Distribution) =>
  magnet(publishedOf(`d/${name}`, Buffer.from('abc'), { btih }), distribution);

it('is written as clients expect it', () => {
  expect(link('ü &b', everywhere)).toBe(
    'magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=%C3%BC%20%26b&xl=3' +
      '&tr=udp%3A%2F%2Ft1%3A1&tr=http%3A%2F%2Ft2%2Fa%3Fb%3Dc%26d%3D%2526&tr=http%3A%2F%2Ft3%2F' +
      '&ws=http%3A%2F%2Fa%2Fx%2520y%27%281%29&ws=https%3A%2F%2Fb%2Fx%3Fy%26z' +
      '&xs=http%3A%2F%2Fself%2Fa%2526b.torrent',
  );
});

it('needs nothing but the record', () => {
  expect(link('x', noDistribution)).toBe(
    'magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=x&xl=3',
  );
});

it('has the first ten web seeds', () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ url: `http://m${i}/`, country: null }));
  const seeds = new URL(link('x', { ...noDistribution, sources: many })).searchParams.getAll('ws');
  expect(seeds).toEqual(many.slice(0, 10).map(({ url }) => url));
});

describe('all names', () => {
  const links = hostileNames.map((name) => link(name, everywhere));

  it('are parsed back by URL, from characters that every program takes', () => {
    links.forEach((text, i) => {
      expect(text).toMatch(/^magnet:\?xt=urn:btih:[\da-f]{40}(&[a-z]{2}=([\w.~-]|%[\dA-F]{2})*)*$/);
      const { searchParams } = new URL(text);
      expect([...searchParams]).toEqual([
        ['xt', `urn:btih:${btih.toString('hex')}`],
        ['dn', hostileNames[i]],
        ['xl', '3'],
        ...trackers.flat().map((url) => ['tr', url]),
        ...sources.map(({ url }) => ['ws', url]),
        ['xs', 'http://self/a%26b.torrent'],
      ]);
    });
  });

  it.skipIf(!pythonHas('libtorrent'))('are parsed back by libtorrent', () => {
    const script = `
import sys, json, libtorrent as lt
told = []
for link in json.load(sys.stdin):
    p = lt.parse_magnet_uri(link)
    told.append([str(p.info_hashes.v1), p.name, p.trackers, p.url_seeds])
print(json.dumps(told))`;
    const options = { input: JSON.stringify(links), encoding: 'utf8' } as const;
    const told: unknown = JSON.parse(execFileSync(python, ['-c', script], options));
    const urls = sources.map(({ url }) => url);
    expect(told).toEqual(hostileNames.map((name) => [btih.toString('hex'), name, trackers.flat(), urls]));
  });
});
