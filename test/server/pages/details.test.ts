import { describe, expect, test } from 'vitest';
import type { Published } from '../../../src/model.js';
import { type DetailsMirror, type DetailsPage, detailsPage } from '../../../src/server/pages/index.js';

const file: Published = {
  path: 'iso/12/a & b.iso',
  size: 3_500_000,
  mtime: 1_795_288_620,
  md5: Uint8Array.from({ length: 16 }, (_, n) => n),
  sha1: Uint8Array.from({ length: 20 }, (_, n) => 0x20 + n),
  sha256: Uint8Array.from({ length: 32 }, (_, n) => 0x40 + n),
  btih: Uint8Array.from({ length: 20 }, (_, n) => 0xe0 + n),
  pieces: { length: 262_144, sha1: new Uint8Array() },
  zsync: null,
  signature: null,
};
const magnet = 'magnet:?xt=urn:btih:e0&dn=a';

function page(more: Partial<DetailsPage> = {}, facts: Partial<Published> = {}): string {
  return detailsPage({
    file: { ...file, ...facts },
    artifacts: ['md5', 'sha1', 'sha256', 'btih', 'torrent', 'magnet', 'zsync', 'metalink', 'meta4'],
    hasSignatureFile: true,
    magnet,
    mirrors: [],
    ...more,
  });
}

/** href → text, of every link; entities resolved. */
function links(made: string): readonly (readonly [string, string])[] {
  const text = (part: string | undefined = '') =>
    part.replace(/<[^>]*>/g, '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
  return [...made.matchAll(/<a [^>]*?href="([^"]*)"[^>]*>(.*?)<\/a>/g)].map(([, href, label]) => [
    text(href),
    text(label),
  ]);
}

describe('a details page', () => {
  test('links to everything that the file has, and to where it lies', () => {
    expect(links(page())).toEqual([
      ['../../', 'Downloads'],
      ['../', 'iso'],
      ['./', '12'],
      ['./a%20%26%20b.iso', 'Download a & b.iso 3.3 MiB'],
      ['./a%20%26%20b.iso.torrent', 'Torrent'],
      [magnet, 'Magnet link'],
      ['./a%20%26%20b.iso.magnet', 'Magnet, as text'],
      ['./a%20%26%20b.iso.meta4', 'Metalink'],
      ['./a%20%26%20b.iso.metalink', 'Metalink 3'],
      ['./a%20%26%20b.iso.zsync', 'zsync'],
      ['./a%20%26%20b.iso.sha256', '.sha256 file of a & b.iso'],
      ['./a%20%26%20b.iso.sha1', '.sha1 file of a & b.iso'],
      ['./a%20%26%20b.iso.md5', '.md5 file of a & b.iso'],
      ['./a%20%26%20b.iso.btih', '.btih file of a & b.iso'],
      ['./a%20%26%20b.iso.asc', 'signature of a & b.iso'],
    ]);
  });

  test('links to nothing that the file has not', () => {
    const made = page({ artifacts: [], hasSignatureFile: false }, { path: 'a' });
    expect(links(made)).toEqual([
      ['./', 'Downloads'],
      ['./a', 'Download a 3.3 MiB'],
      [magnet, 'Magnet link'],
    ]);
    expect(made).not.toContain('gpg');
  });

  test('tells size, date, pieces and sums', () => {
    const made = page();
    for (const part of [
      '<title>a &#38; b.iso: details</title>',
      '<h1><bdi>a &#38; b.iso</bdi></h1>',
      '<dt>Size</dt><dd>3.3 MiB (3,500,000 bytes)</dd>',
      '<dt>Modified</dt><dd><time datetime="2026-11-21T19:17:00Z">2026-11-21 19:17:00</time> UTC</dd>',
      '<dt>Pieces</dt><dd>14 of 256 KiB (262,144 bytes)</dd>',
      '<dd><code>404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f</code></dd>',
      '<dd><code>202122232425262728292a2b2c2d2e2f30313233</code></dd>',
      '<dd><code>000102030405060708090a0b0c0d0e0f</code></dd>',
      '<dd><code>e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3</code></dd>',
      '<code>gpg --verify &#39;a &#38; b.iso.asc&#39; &#39;a &#38; b.iso&#39;</code>',
    ]) {
      expect(made).toContain(part);
    }
  });

  test('of an empty file has no pieces, and of a far future no date', () => {
    const made = page({}, { size: 0, mtime: 253_402_300_800 });
    expect(made).toContain('<dd>0 B (0 bytes)</dd>');
    expect(made).not.toContain('<dt>Pieces');
    expect(made).not.toContain('<dt>Modified');
  });
});

describe('mirrors', () => {
  const mirror = (
    identifier: string,
    nearness: DetailsMirror['nearness'],
    country = 'de',
  ): DetailsMirror => ({
    identifier,
    url: `https://${identifier}/pub/a%20%26%20b.iso`,
    country,
    region: 'eu',
    nearness,
  });
  const section = (...mirrors: readonly DetailsMirror[]) => {
    const made = page({ mirrors });
    return made.slice(
      made.indexOf('<h2 id="mirrors">'),
      made.indexOf('</section>', made.indexOf('<h2 id="mirrors">')),
    );
  };

  test('are grouped by how near they are, in the order given', () => {
    expect(
      section(
        mirror('b', 'country'),
        mirror('a', 'country'),
        mirror('c', 'region', 'fr'),
        mirror('d', 'world', ''),
      ),
    ).toBe(`<h2 id="mirrors">Mirrors</h2>
<h3>In your country</h3>
<ul class="mirrors">
<li><a href="https://b/pub/a%20%26%20b.iso"><bdi>b</bdi></a> <span class="place">DE</span></li>
<li><a href="https://a/pub/a%20%26%20b.iso"><bdi>a</bdi></a> <span class="place">DE</span></li>
</ul>
<h3>In your region</h3>
<ul class="mirrors">
<li><a href="https://c/pub/a%20%26%20b.iso"><bdi>c</bdi></a> <span class="place">FR</span></li>
</ul>
<h3>Elsewhere</h3>
<ul class="mirrors">
<li><a href="https://d/pub/a%20%26%20b.iso"><bdi>d</bdi></a></li>
</ul>
`);
  });

  test('of a client whose place is not known have no groups', () => {
    expect(section(mirror('a', 'world'), mirror('b', 'world'))).not.toContain('<h3>');
  });

  test('may be none', () => {
    expect(section()).toContain('No mirror has this file');
  });

  test('with an address that is none of the web are no links', () => {
    const made = section({ ...mirror('a<b>', 'world'), url: 'javascript:alert(1)' });
    expect(made).toContain('<li><bdi>a&#60;b&#62;</bdi> <span');
    expect(made).not.toContain('javascript');
  });
});
