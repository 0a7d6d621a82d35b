/**
 * Whatever files are called: Python's html.parser finds the same elements in a page as for plain names, in the text the
 * name, and behind the links the file.
 */
import { expect, test } from 'vitest';
import { detailsPage } from '../../src/server/pages/details.js';
import { type ListingEntry, listingPage } from '../../src/server/pages/listing.js';
import { publishedOf } from '../support/published.js';
import { pythonHas } from '../support/python.js';
import { askPython, fileName, sample, treePath } from './property.js';

interface Parsed {
  /** elements with the names of their attributes, in order, and where they end */
  readonly elements: readonly string[];
  /** of each <bdi>: the text, its escapes undone */
  readonly names: readonly string[];
  /** of each link: its target, percent-encoding undone */
  readonly targets: readonly string[];
  readonly title: string;
}

const reader = String.raw`
import json, re, sys, urllib.parse
from html.parser import HTMLParser

SHORT = {'n': '\n', 'r': '\r', 't': '\t', '\\': '\\'}
def undone(text):
    def one(found):
        code = found.group(2) or found.group(3) or found.group(4)
        return chr(int(code, 16)) if code else SHORT[found.group(1)]
    return re.sub(r'\\(x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{5,6})\}|[nrt\\])', one, text)

class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.elements, self.names, self.targets, self.title, self.inside = [], [], [], '', None
    def handle_starttag(self, tag, attributes):
        self.elements.append(' '.join([tag] + [name for name, _ in attributes]))
        self.inside = tag
        if tag == 'bdi': self.names.append('')
        for name, value in attributes:
            if name == 'href': self.targets.append(urllib.parse.unquote(value, errors='strict'))
    def handle_endtag(self, tag):
        self.elements.append('/' + tag)
        self.inside = None
    def handle_data(self, text):
        if self.inside == 'bdi': self.names[-1] += text
        if self.inside == 'title': self.title += text
    def handle_comment(self, text): self.elements.append('comment')
    def handle_decl(self, text): self.elements.append('!' + text)
    def handle_pi(self, text): self.elements.append('?')
    def unknown_decl(self, text): self.elements.append('!?')

for line in sys.stdin:
    reader = Reader()
    reader.feed(json.loads(line))
    reader.close()
    print(json.dumps({'elements': reader.elements, 'names': [undone(name) for name in reader.names],
        'targets': reader.targets, 'title': undone(reader.title)}))`;

const hasPython = pythonHas('html.parser');

function entriesOf(names: readonly string[]): readonly ListingEntry[] {
  return names.map((name, index) => ({
    name,
    kind: index % 3 === 0 ? 'directory' : 'file',
    size: index % 3 === 0 ? null : index,
    mtime: index * 1e6,
    described: index % 3 === 1,
  }));
}

test.skipIf(!hasPython)('listings', () => {
  const names = sample(fileName);
  const size = 500;
  const lists = Array.from({ length: Math.ceil(names.length / size) }, (_, n) =>
    names.slice(n * size, (n + 1) * size),
  );
  const above = sample(treePath, lists.length).slice(0, lists.length);
  const pageOf = (path: string, list: readonly string[]): string =>
    listingPage({ path, entries: entriesOf(list), page: 1, pages: 2, total: list.length });
  const parsed = askPython<Parsed>(
    reader,
    lists.map((list, n) => pageOf(above[n] ?? '', list)),
  );
  const plain = askPython<Parsed>(
    reader,
    lists.map((list, n) =>
      pageOf(
        (above[n] ?? '').replace(/[^/]+/g, 'd'),
        list.map(() => 'plain'),
      ),
    ),
  );
  for (const [n, { elements, names: found, targets, title }] of parsed.entries()) {
    const [list = [], path = ''] = [lists[n], above[n]];
    expect(elements).toEqual(plain[n]?.elements);
    const way = path.split('/');
    // The way down, with the heading last; of each file its name, and once more where there are details.
    expect(found).toEqual([...way, ...list.flatMap((name, at) => (at % 3 === 1 ? [name, name] : [name]))]);
    const ups = way.map((_, level) => '../'.repeat(way.length - level));
    const links = list.flatMap((name, at) => [
      `./${name}${at % 3 === 0 ? '/' : ''}`,
      ...(at % 3 === 1 ? [`./${name}.mirrorlist`] : []),
    ]);
    expect(targets).toEqual([...ups, ...links, '?page=2']);
    expect(title).toBe(`${path}/, page 1 of 2`);
  }
});

test.skipIf(!hasPython)('pages about files', () => {
  const paths = sample(treePath, 1000);
  const pageOf = (path: string): string =>
    detailsPage({
      file: publishedOf(path, Buffer.from('content')),
      artifacts: ['sha256', 'torrent', 'meta4'],
      hasSignatureFile: false,
      magnet: `magnet:?dn=${encodeURIComponent(path)}`,
      mirrors: [],
    });
  const parsed = askPython<Parsed>(reader, paths.map(pageOf));
  const plain = askPython<Parsed>(
    reader,
    paths.map((path) => pageOf(path.replace(/[^/]+/g, 'd'))),
  );
  for (const [n, { elements, names, targets, title }] of parsed.entries()) {
    const way = (paths[n] ?? '').split('/');
    const name = way.at(-1) ?? '';
    expect(elements, paths[n]).toEqual(plain[n]?.elements);
    expect(names.slice(0, way.length)).toEqual(way);
    expect(new Set(names.slice(way.length))).toEqual(new Set([name]));
    expect(targets).toEqual(
      expect.arrayContaining([`./${name}`, `./${name}.torrent`, `magnet:?dn=${paths[n]}`]),
    );
    expect(title).toBe(`${name}: details`);
  }
});
