/**
 * A small site for the browser: a real tree, and a server that answers with its pages.
 *
 * `openSite` is the one place that knows which server it is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { artifactNames } from '../../src/formats/artifacts.js';
import { magnet } from '../../src/formats/magnet.js';
import type { Published } from '../../src/model.js';
import {
  type DetailsMirror,
  detailsPage,
  errorPage,
  type ListingEntry,
  listingPage,
  pageHeaders,
} from '../../src/server/pages/index.js';

export interface BrowserSite {
  /** without a slash at its end */
  readonly origin: string;
  close(): Promise<void>;
}

/** Names in `hostile/`, and how a page shows them; each file holds its own name. */
export const shown: Readonly<Record<string, string>> = {
  '"><img src=x onerror=alert(1)>': '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)": "' onmouseover='alert(1)",
  '<script>alert(1)': '<script>alert(1)',
  '<!--': '<!--',
  '&lt;b&gt;': '&lt;b&gt;',
  '%2e%2e%2fpasswd': '%2e%2e%2fpasswd',
  'a?b#c': 'a?b#c',
  'javascript:alert(1)': 'javascript:alert(1)',
  'line\nfeed': 'line\\nfeed',
  'tab\tand\x1b[31mescape': 'tab\\tand\\x1b[31mescape',
  '\u202egnp.exe': '\\u202egnp.exe',
  'شكرا.iso': 'شكرا.iso',
  '日本語 💾.iso': '日本語 💾.iso',
  ' ': '\\x20',
  ' two  blanks ': ' two  blanks ',
  ['x'.repeat(255)]: 'x'.repeat(255),
  [`z${'\u0301\u0323'.repeat(60)}`]: `z${'\u0301\u0323'.repeat(60)}`,
  'back\\slash': 'back\\\\slash',
};

export const hostile = Object.keys(shown);

/** A directory beside them. */
export const hostileDirectory = '<b>"&\u202e';

export const released = 'releases/12.1/example-12.1-amd64-netinst.iso';

/** Those that have it, seen from a client in Germany. */
const mirrors: readonly DetailsMirror[] = (
  [
    ['mirror.example.de', 'de', 'country'],
    ['mirror-with-a-name-that-is-longer-than-others-have.example.org', 'fr', 'region'],
    ['mirror.example.com', 'us', 'world'],
  ] as const
).map(([identifier, country, nearness]) => ({
  identifier,
  url: `https://${identifier}/${released}`,
  country,
  region: country === 'us' ? 'na' : 'eu',
  nearness,
}));

/** Files of the tree, by path; contents are what the tests compare. */
const contents: Readonly<Record<string, string>> = {
  'README.txt': 'Welcome.\n',
  'releases/12.1/SHA256SUMS': 'sums\n',
  [released]: 'x'.repeat(600_000),
  [`${released}.asc`]: 'signature\n',
  'releases/12.1/an example of a name that is rather long, though nobody means any harm-20261121.tar.xz': 'y',
  ...Object.fromEntries(hostile.map((name) => [`hostile/${name}`, name])),
  [`hostile/${hostileDirectory}/inner.txt`]: 'inner',
};

const mtime = new Date('2026-11-21T19:17:00Z');

export function makeTree(tree: string): void {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), content);
    utimesSync(join(tree, path), mtime, mtime);
  }
  mkdirSync(join(tree, 'empty'));
  const directories = readdirSync(tree, { recursive: true, encoding: 'utf8' }).map((path) =>
    join(tree, path),
  );
  for (const path of directories) if (statSync(path).isDirectory()) utimesSync(path, mtime, mtime);
}

/** Serves a tree on a free port of this machine. */
export async function openSite(tree: string): Promise<BrowserSite> {
  makeTree(tree);
  const server = createServer((request, response) => answer(tree, request.url ?? '/', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: originOf(server), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function originOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

function answer(tree: string, url: string, response: ServerResponse): void {
  const path = decodeURIComponent(new URL(url, 'http://127.0.0.1').pathname.slice(1));
  const send = (status: number, text: string) => response.writeHead(status, pageHeaders).end(text);
  // First, because a long name and its suffix together are longer than any name of a file may be.
  const [, described] = /^(.*)\.mirrorlist$/s.exec(path) ?? [];
  if (described !== undefined && described in contents) return void send(200, details(described));
  const found = statSync(join(tree, path), { throwIfNoEntry: false });
  if (found?.isDirectory()) return void send(200, listing(tree, path.replace(/\/$/, '')));
  if (found?.isFile()) return void response.writeHead(200).end(readFileSync(join(tree, path)));
  send(404, errorPage(404, 'There is nothing of that name.'));
}

function listing(tree: string, path: string): string {
  const entries = readdirSync(join(tree, path), { withFileTypes: true }).map((entry): ListingEntry => {
    const isDirectory = entry.isDirectory();
    const { size } = statSync(join(tree, path, entry.name));
    const common = { name: entry.name, mtime: mtime.getTime() / 1000 };
    return isDirectory
      ? { ...common, kind: 'directory', size: null, described: false }
      : { ...common, kind: 'file', size, described: true };
  });
  entries.sort(
    (a, b) => a.kind.localeCompare(b.kind, 'en') || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  return listingPage({ path, entries, page: 1, pages: 1, total: entries.length });
}

function details(path: string): string {
  const content = contents[path] ?? '';
  const digest = (algorithm: string) => new Uint8Array(createHash(algorithm).update(content).digest());
  const file: Published = {
    path,
    size: Buffer.byteLength(content),
    mtime: mtime.getTime() / 1000,
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    btih: digest('sha1'),
    pieces: { length: 262_144, sha1: new Uint8Array() },
    zsync: null,
    signature: null,
  };
  const distribution = { sources: [], self: null, trackers: [], dhtNodes: [], publisher: null };
  return detailsPage({
    file,
    artifacts: artifactNames,
    hasSignatureFile: `${path}.asc` in contents,
    magnet: magnet(file, distribution),
    mirrors: path === released ? mirrors : [],
  });
}
