/** What is escaped for XML, URLs and header fields comes out of other parsers as it went in. Pages are not tried here. */
import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { expect, test } from 'vitest';
import { describedByLink, duplicateLink } from '../../src/formats/digest-headers.js';
import { magnet } from '../../src/formats/magnet.js';
import { meta4 } from '../../src/formats/meta4.js';
import { metalink } from '../../src/formats/metalink.js';
import { nameOf } from '../../src/formats/names.js';
import { urlOf } from '../../src/formats/url.js';
import { escapeXml, escapeXmlLines, isXmlText } from '../../src/formats/xml.js';
import { noDistribution, publishedOf } from '../support/published.js';
import { pythonHas } from '../support/python.js';
import { askPython, character, fileName, holds, sample, treePath } from './property.js';

const prefix = 'https://download.example.org/a%20b/';
const signature = fc.oneof(fc.constant(null), fc.string({ unit: character }));
const hasPython = pythonHas('xml.etree.ElementTree');

/** What RFC 3986 allows in a path: no quote, blank, bracket or line break. */
const pathCharacters = /^https:\/\/[\w.]+(\/([\w.~-]|%[0-9A-F]{2})*)+$/;

test('a path in a URL', () => {
  holds(
    fc.property(treePath, (path) => {
      const url = urlOf(prefix, path);
      expect(url).toMatch(pathCharacters);
      // `.` and `..` are no names: a parser of URLs finds nothing to shorten.
      expect(new URL(url).href).toBe(url);
      expect(decodeURIComponent(new URL(url).pathname)).toBe(`/a b/${path}`);
    }),
  );
});

test('a path in a header field', () => {
  holds(
    fc.property(treePath, fc.constantFrom(null, 'de'), (path, country) => {
      const url = urlOf(prefix, path);
      for (const link of [duplicateLink({ url, country }, 1), describedByLink(url, 'meta4')]) {
        validateHeaderValue('Link', link);
        expect(link.match(/^<([^<>"]*)>; rel=[^<>]*$/)?.[1]).toMatch(pathCharacters);
      }
    }),
  );
});

test.skipIf(!hasPython)('URLs, by urllib', () => {
  const paths = sample(treePath);
  const script = `
import json, sys, urllib.parse
for line in sys.stdin:
    print(json.dumps(urllib.parse.unquote(urllib.parse.urlsplit(json.loads(line)).path, errors='strict')))`;
  const found = askPython(
    script,
    paths.map((path) => urlOf(prefix, path)),
  );
  expect(found).toEqual(paths.map((path) => `/a b/${path}`));
});

test.skipIf(!hasPython)('magnet links, by urllib', () => {
  const files = sample(treePath).map((path) => publishedOf(path, Buffer.from(path)));
  const script = `
import json, sys, urllib.parse
for line in sys.stdin:
    query = urllib.parse.urlsplit(json.loads(line)).query
    print(json.dumps(urllib.parse.parse_qs(query, strict_parsing=True, errors='strict')))`;
  const distribution = { ...noDistribution, trackers: [['udp://t.example:1/a?b=c&d']] };
  const links = files.map((file) => magnet(file, { ...distribution, self: urlOf(prefix, file.path) }));
  expect(askPython(script, links)).toEqual(
    files.map(({ path, size, btih }) => ({
      xt: [`urn:btih:${Buffer.from(btih).toString('hex')}`],
      dn: [nameOf(path)],
      xl: [String(size)],
      tr: ['udp://t.example:1/a?b=c&d'],
      xs: [`${urlOf(prefix, path)}.torrent`],
    })),
  );
});

test('text in XML, by fast-xml-parser', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    htmlEntities: true,
    parseTagValue: false,
    trimValues: false,
  });
  holds(
    fc.property(fc.string({ unit: character }).filter(isXmlText), (text) => {
      const found = parser.parse(`<a b="${escapeXml(text)}" c='${escapeXml(text)}'>x${escapeXml(text)}</a>`);
      expect(found).toEqual({ a: { '#text': `x${text}`, '@_b': text, '@_c': text } });
    }),
  );
});

/** Name, signature and URL of metalinks of both kinds; null for what a metalink does not have. */
const metalinkReader = `
import json, sys
import xml.etree.ElementTree as tree
def text(file, name):
    found = [e.text or '' for e in file.iter() if e.tag.endswith('}' + name)]
    return found[0] if found else None
for line in sys.stdin:
    root = tree.fromstring(json.loads(line).encode())
    file = [e for e in root.iter() if e.tag.endswith('}file')][0]
    print(json.dumps([file.get('name'), text(file, 'signature'), text(file, 'url')]))`;

test.skipIf(!hasPython)('names, signatures and URLs in metalinks, by expat', () => {
  const cases = sample(fc.record({ name: fileName, signature })).map((each) => ({
    ...each,
    file: publishedOf(`dir/${each.name}`, Buffer.from(each.name), { signature: each.signature }),
    url: urlOf(prefix, `dir/${each.name}`),
  }));
  for (const make of [meta4, metalink]) {
    const made = cases.map((each) => ({
      ...each,
      text: make(each.file, { ...noDistribution, sources: [{ url: each.url, country: null }] }),
    }));
    // XML has no way to say some names: there is no metalink then, and never a broken one.
    expect(made.filter(({ name, text }) => (text === null) === isXmlText(name))).toEqual([]);
    const written = made.filter((each) => each.text !== null);
    const found = askPython(
      metalinkReader,
      written.map(({ text }) => text),
    );
    const asXml = (text: string | null): string | null =>
      text === null || !isXmlText(text) ? null : text.replace(/^\n+|\n+$/g, '');
    const shown = found.map((each) => {
      const [name, said, url] = each as [string, string | null, string];
      return [name, said === null ? null : said.replace(/^\n+|\n+$/g, ''), url];
    });
    expect(shown).toEqual(written.map((each) => [each.name, asXml(each.signature), each.url]));
    expect(written.length).toBeGreaterThan(cases.length / 4);
  }
});

test.skipIf(!hasPython)('what XML cannot hold is what expat refuses', () => {
  const texts = sample(fc.string({ unit: character, maxLength: 6 })).map((text) => [text, isXmlText(text)]);
  const script = `
import json, sys
import xml.etree.ElementTree as tree
def parsed(text):
    try: return tree.fromstring('<a>' + text + '</a>').text or ''
    except tree.ParseError: return None
for line in sys.stdin: print(json.dumps(parsed(json.loads(line))))`;
  const found = askPython(
    script,
    texts.map(([text]) => escapeXmlLines(text as string)),
  );
  expect(found.map((text) => text !== null)).toEqual(texts.map(([, may]) => may));
  expect(found.filter((text, i) => text !== null && text !== texts[i]?.[0])).toEqual([]);
});
