/**
 * A Metalink of RFC 5854 (`.meta4`) for one file.
 *
 * There is none where nobody has the file (the RFC wants a place), nor where XML cannot hold its name.
 */
import type { Published } from '../model.js';
import { rfc3339 } from './dates.js';
import type { Distribution, Source } from './distribution.js';
import { hex } from './hex.js';
import { nameOf } from './names.js';
import { escapeXml, escapeXmlLines, isXmlText } from './xml.js';

/** The RFC's largest number for `priority`. */
const lastPriority = 999_999;

/** Null: this file has none. */
export function meta4(file: Published, distribution: Distribution): string | null {
  const { sources, self, publisher } = distribution;
  const name = nameOf(file.path);
  if (!isXmlText(name) || (sources.length === 0 && self === null)) return null;
  const published = rfc3339(file.mtime);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n',
    '  <generator>mirrorhash</generator>\n',
    self === null ? '' : `  <origin dynamic="true">${escapeXml(`${self}.meta4`)}</origin>\n`,
    published === null ? '' : `  <published>${published}</published>\n`,
    `  <file name="${escapeXml(name)}">\n`,
    publisher === null ? '' : publisherElement(publisher),
    `    <size>${file.size}</size>\n`,
    `    <hash type="md5">${hex(file.md5)}</hash>\n`,
    `    <hash type="sha-1">${hex(file.sha1)}</hash>\n`,
    `    <hash type="sha-256">${hex(file.sha256)}</hash>\n`,
    piecesElement(file),
    signatureElement(file.signature),
    self === null
      ? ''
      : `    <metaurl mediatype="torrent" priority="${lastPriority}">${escapeXml(`${self}.torrent`)}</metaurl>\n`,
    ...sources.map(urlElement),
    '  </file>\n',
    '</metalink>\n',
  ].join('');
}

function publisherElement({ name, url }: NonNullable<Distribution['publisher']>): string {
  const link = url === null ? '' : ` url="${escapeXml(url)}"`;
  return `    <publisher name="${escapeXml(name)}"${link}/>\n`;
}

function piecesElement({ pieces }: Published): string {
  if (pieces.sha1.length === 0) return '';
  const digits = hex(pieces.sha1);
  // There may be tens of thousands: appending takes half the time of a list that is joined.
  let hashes = '';
  for (let at = 0; at < digits.length; at += 40)
    hashes += `      <hash>${digits.slice(at, at + 40)}</hash>\n`;
  return `    <pieces length="${pieces.length}" type="sha-1">\n${hashes}    </pieces>\n`;
}

function signatureElement(text: string | null): string {
  if (text === null || !isXmlText(text)) return '';
  return `    <signature mediatype="application/pgp-signature">${escapeXmlLines(text)}</signature>\n`;
}

function urlElement({ url, country }: Source, index: number): string {
  const location = country === null ? '' : ` location="${escapeXml(country)}"`;
  return `    <url${location} priority="${Math.min(index + 1, lastPriority)}">${escapeXml(url)}</url>\n`;
}
