/**
 * A site that might be: what the pictures of the pages show. Sums are those of the names, not of real files.
 */
import { createHash } from 'node:crypto';
import { magnet } from '../src/formats/magnet.js';
import type { Published } from '../src/model.js';
import type { DetailsMirror, DetailsPage, ListingEntry, ListingPage } from '../src/server/pages/index.js';

const MiB = 1024 * 1024;
const day = 86_400;
const released = Date.UTC(2026, 10, 21, 19, 17) / 1000;

export const directory = 'releases/12.1/iso';

const files: readonly (readonly [name: string, size: number, days: number])[] = [
  ['CHANGES', 18_212, 2],
  ['SHA256SUMS', 1_204, 0],
  ['SHA256SUMS.asc', 833, 0],
  ['example-12.1-amd64-desktop.iso', 3_412 * MiB + 788_480, 1],
  ['example-12.1-amd64-netinst.iso', 641 * MiB, 1],
  ['example-12.1-amd64-server.iso', 1_987 * MiB + 401_408, 1],
  ['example-12.1-arm64-netinst.iso', 583 * MiB + 524_288, 1],
  ['example-12.1-arm64-server.iso', 1_842 * MiB, 1],
  ['example-12.1-riscv64-netinst.iso', 612 * MiB + 262_144, 1],
  ['example-12.1-source.tar.xz', 248 * MiB + 31_337, 3],
];

export const listing: ListingPage = {
  path: directory,
  entries: [
    ...['cloud', 'live', 'torrents'].map(
      (name, index): ListingEntry => ({
        name,
        kind: 'directory',
        size: null,
        mtime: released - index * 7 * day,
        described: false,
      }),
    ),
    ...files.map(
      ([name, size, days]): ListingEntry => ({
        name,
        kind: 'file',
        size,
        mtime: released - days * day + (size % 7_000),
        described: true,
      }),
    ),
  ],
  page: 1,
  pages: 1,
  total: files.length + 3,
};

const path = `${directory}/example-12.1-amd64-netinst.iso`;

function digest(algorithm: string): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(path).digest());
}

const file: Published = {
  path,
  size: 641 * MiB,
  mtime: released - day + 4_021,
  md5: digest('md5'),
  sha1: digest('sha1'),
  sha256: digest('sha256'),
  pieces: { length: 262_144, sha1: new Uint8Array() },
  btih: new Uint8Array(createHash('sha1').update(`info of ${path}`).digest()),
  zsync: { blockSize: 4_096, hashLengths: '2,3,6', sums: new Uint8Array() },
  signature: null,
};

const mirrors: readonly DetailsMirror[] = (
  [
    ['ftp.example.de', 'de', 'eu', 'country'],
    ['mirror.example-university.de', 'de', 'eu', 'country'],
    ['mirrors.example.net', 'fr', 'eu', 'region'],
    ['ftp.example.cz', 'cz', 'eu', 'region'],
    ['mirror.example.se', 'se', 'eu', 'region'],
    ['mirror.example.com', 'us', 'na', 'world'],
    ['ftp.example.org.br', 'br', 'sa', 'world'],
    ['ftp.example.ac.jp', 'jp', 'as', 'world'],
    ['mirror.example.net.au', 'au', 'oc', 'world'],
  ] as const
).map(([identifier, country, region, nearness]) => ({
  identifier,
  url: `https://${identifier}/example/${path}`,
  country,
  region,
  nearness,
}));

export const details: DetailsPage = {
  file,
  artifacts: ['md5', 'sha1', 'sha256', 'btih', 'torrent', 'magnet', 'zsync', 'metalink', 'meta4'],
  hasSignatureFile: true,
  magnet: magnet(file, {
    sources: mirrors.map(({ url, country }) => ({ url, country })),
    self: `https://download.example.org/${path}`,
    trackers: [],
    dhtNodes: [],
    publisher: null,
  }),
  mirrors,
};
