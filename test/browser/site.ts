/**
 * A small site for the browser: a real tree, hashed and served by the built program, with three mirrors.
 */
import { mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

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

const directoryOfRelease = 'releases/12.1';

/** Header fields by which the server knows a client in Germany. */
export const fromGermany = { 'X-Country': 'de', 'X-Region': 'eu' } as const;

/** Those that have it, not in the order in which a client in Germany is to see them. */
const mirrors = [
  { identifier: 'mirror.example.com', country: 'us', region: 'na' },
  {
    identifier: 'mirror-with-a-name-that-is-longer-than-others-have.example.org',
    country: 'fr',
    region: 'eu',
  },
  { identifier: 'mirror.example.de', country: 'de', region: 'eu' },
] as const;

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

function makeTree(tree: string): void {
  for (const [path, content] of Object.entries(contents)) write(join(tree, path), content, { mtime });
  mkdirSync(join(tree, 'empty'));
  const directories = readdirSync(tree, { recursive: true, encoding: 'utf8' }).map((path) =>
    join(tree, path),
  );
  for (const path of directories) if (statSync(path).isDirectory()) utimesSync(path, mtime, mtime);
}

/** Hashes the tree and serves it by the built program, with the mirrors. */
export async function openSite(site: Site): Promise<BrowserSite> {
  makeTree(site.tree);
  await run(site, site.hashArguments());
  for (const { identifier, country, region } of mirrors) {
    const place = ['--country', country, '--region', region, '--state', site.state];
    const files = join(site.tree, directoryOfRelease);
    await run(site, ['mirror', 'add', files, identifier, `https://${identifier}/`, '--all-files', ...place]);
  }
  const told = ['--trust-proxy', 'loopback', '--country-header', 'X-Country', '--region-header', 'X-Region'];
  const { origin, stop } = await serving(site, '--no-access-log', ...told);
  return {
    origin,
    async close() {
      await stop();
    },
  };
}

async function run(site: Site, args: readonly string[]): Promise<void> {
  const { status, stderr } = await site.run(args);
  if (status !== 0) throw new Error(`status ${status} of ${args.join(' ')}: ${stderr}`);
}
