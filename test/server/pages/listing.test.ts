import { describe, expect, test } from 'vitest';
import { type ListingEntry, type ListingPage, listingPage } from '../../../src/server/pages/index.js';
import { hostileNames } from '../../support/names.js';

const released = 1_795_288_620; // `date -u -d 2026-11-21T19:17:00Z +%s`

function file(name: string, more: Partial<ListingEntry> = {}): ListingEntry {
  return { name, kind: 'file', size: 1, mtime: released, described: true, ...more };
}

function page(path: string, entries: readonly ListingEntry[], more: Partial<ListingPage> = {}): string {
  return listingPage({ path, entries, page: 1, pages: 1, total: entries.length, ...more });
}

/** Written by hand. */
const golden = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>releases/12 &#38; 13/</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style></style>
</head>
<body>
<nav class="path" aria-label="Breadcrumbs">
<ol>
<li><a href="../../">Downloads</a></li>
<li><a href="../"><bdi>releases</bdi></a></li>
</ol>
</nav>
<main>
<header>
<h1><bdi>12 &#38; 13</bdi></h1>
<p>3 entries</p>
</header>
<div class="list">
<table role="table">
<caption class="unseen">Files and directories</caption>
<thead role="rowgroup">
<tr role="row">
<th role="columnheader" scope="col">Name</th>
<th role="columnheader" scope="col" class="size">Size</th>
<th role="columnheader" scope="col" class="date">Modified</th>
<th role="columnheader" scope="col" class="more">Details</th>
</tr>
</thead>
<tbody role="rowgroup">
<tr role="row" class="directory">
<th role="rowheader" scope="row"><a href="./iso/"><bdi>iso</bdi>/</a></th>
<td role="cell" class="size"></td>
<td role="cell" class="date"><time datetime="2026-11-21T19:17:00Z">2026-11-21 19:17</time></td>
<td role="cell" class="more"></td>
</tr>
<tr role="row" class="file">
<th role="rowheader" scope="row"><a href="./a%3Cb%3E.iso"><bdi>a&#60;b&#62;.iso</bdi></a></th>
<td role="cell" class="size"><data value="3500000" title="3,500,000 bytes">3.3 MiB</data></td>
<td role="cell" class="date"><time datetime="2026-11-21T19:17:01Z">2026-11-21 19:17</time></td>
<td role="cell" class="more"><a href="./a%3Cb%3E.iso.mirrorlist">Details<span class="unseen"> of <bdi>a&#60;b&#62;.iso</bdi></span></a></td>
</tr>
<tr role="row" class="file">
<th role="rowheader" scope="row"><a href="./new"><bdi>new</bdi></a></th>
<td role="cell" class="size"><data value="0" title="0 bytes">0 B</data></td>
<td role="cell" class="date"></td>
<td role="cell" class="more"></td>
</tr>
</tbody>
</table>
</div>
</main>
<footer>
<p>Dates are in UTC. 1 KiB is 1,024 bytes.</p>
</footer>
</body>
</html>
`;

describe('a listing', () => {
  test('is these bytes', () => {
    const made = page('releases/12 & 13', [
      { name: 'iso', kind: 'directory', size: null, mtime: released, described: false },
      file('a<b>.iso', { size: 3_500_000, mtime: released + 1 }),
      // after the year 9999
      file('new', { size: 0, mtime: 253_402_300_800, described: false }),
    ]);
    expect(made.replace(/<style>[^<]*<\/style>/, '<style></style>')).toBe(golden);
  });

  test('of the root has no way up', () => {
    const made = page('', [file('a')]);
    expect(made).toContain('<title>Downloads</title>');
    expect(made).toContain('<h1>Downloads</h1>');
    expect(made).not.toContain('<nav');
    expect(made).toContain('<p>1 entry</p>');
  });

  test('of nothing says so, without a table', () => {
    const made = page('empty', []);
    expect(made).toContain('This directory is empty.');
    expect(made).not.toContain('<table');
  });

  test('of several pages links to those before and after', () => {
    const links = (made: string) => made.match(/<a rel="[^>]*>[^<]*/g) ?? [];
    const many = { pages: 12, total: 1_150 };
    expect(links(page('a', [file('b')], { ...many, page: 1 }))).toEqual([
      '<a rel="next" href="?page&#61;2">Next page',
    ]);
    expect(links(page('a', [file('b')], { ...many, page: 2 }))).toEqual([
      '<a rel="prev" href="./">Previous page',
      '<a rel="next" href="?page&#61;3">Next page',
    ]);
    expect(links(page('a', [file('b')], { ...many, page: 12 }))).toEqual([
      '<a rel="prev" href="?page&#61;11">Previous page',
    ]);
    const third = page('a', [file('b')], { ...many, page: 3 });
    expect(third).toContain('<p>1,150 entries, page 3 of 12</p>');
    expect(third).toContain('<title>a/, page 3 of 12</title>');
  });

  test('keeps the order that it is given', () => {
    const made = page('', [file('b'), file('a'), file('c')]);
    expect([...made.matchAll(/scope="row"><a href="([^"]*)"/g)].map(([, href]) => href)).toEqual([
      './b',
      './a',
      './c',
    ]);
  });
});

describe('a hostile name', () => {
  const names = [
    ...hostileNames,
    'javascript:alert(1)',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '<!--',
    '&lt;b&gt;',
    'a?b#c',
    '%2e%2e',
    '</',
  ];

  test('javascript:alert(1) is a path, not a scheme', () => {
    expect(page('', [file('javascript:alert(1)')])).toContain('<a href="./javascript%3Aalert%281%29">');
  });

  test.each(names)('%j adds nothing to the page but text', (name) => {
    const entry = file(name.replaceAll('/', ''));
    const directory: ListingEntry = { ...entry, kind: 'directory', size: null, described: false };
    const made = page(`${entry.name}/${entry.name}`, [directory, entry]);
    const plain = page('plain/plain', [{ ...directory, name: 'plain' }, file('plain')]);
    // Tags, and the attributes other than links, are those of a page with a plain name.
    const skeleton = (text: string) =>
      [...text.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/ href="[^"]*"/, ' href=""'));
    expect(skeleton(made)).toEqual(skeleton(plain));
    for (const [, href] of made.matchAll(/ href="([^"]*)"/g)) {
      expect(href).toMatch(/^(\.\/|(\.\.\/)+$)[A-Za-z0-9\-._~%]*\/?$|^(\.\.\/)+$/);
    }
    expect(made).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/u);
  });
});
