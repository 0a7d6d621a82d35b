/**
 * A Metalink of version 3 (`.metalink`) for one file, for clients older than RFC 5854.
 *
 * The specification is metalinker.org's 3.0, second edition. There is none where nobody has the file, nor where XML
 * cannot hold its name.
 */
import type { Published } from '../model.js';
import { rfc822 } from './dates.js';
import type { Distribution, Source } from './distribution.js';
import { hex, pieceHashes } from './hex.js';
import { nameOf } from './names.js';
import { escapeXml, escapeXmlLines, isXmlText } from './xml.js';

/** Null: this file has none. */
export function metalink(file: Published, distribution: Distribution): string | null {
  const { sources, self, publisher } = distribution;
  const name = nameOf(file.path);
  if (!isXmlText(name) || (sources.length === 0 && self === null)) return null;
  const date = rfc822(file.mtime);
  const pubdate = date === null ? '' : ` pubdate="${date}"`;
  const origin = self === null ? '' : ` origin="${escapeXml(`${self}.metalink`)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<metalink version="3.0" xmlns="http://www.metalinker.org/"${origin} type="dynamic"${pubdate} generator="mirrorhash">\n`,
    publisher === null ? '' : publisherElement(publisher),
    '  <files>\n',
    `    <file name="${escapeXml(name)}">\n`,
    `      <size>${file.size}</size>\n`,
    '      <verification>\n',
    `        <hash type="md5">${hex(file.md5)}</hash>\n`,
    `        <hash type="sha1">${hex(file.sha1)}</hash>\n`,
    `        <hash type="sha256">${hex(file.sha256)}</hash>\n`,
    piecesElement(file),
    signatureElement(name, file.signature),
    '      </verification>\n',
    '      <resources>\n',
    ...sources.map(urlElement),
    self === null
      ? ''
      : `        <url type="bittorrent" preference="1">${escapeXml(`${self}.torrent`)}</url>\n`,
    '      </resources>\n',
    '    </file>\n',
    '  </files>\n',
    '</metalink>\n',
  ].join('');
}

function publisherElement({ name, url }: NonNullable<Distribution['publisher']>): string {
  const link = url === null ? '' : `<url>${escapeXml(url)}</url>`;
  return `  <publisher><name>${escapeXml(name)}</name>${link}</publisher>\n`;
}

function piecesElement({ pieces }: Published): string {
  if (pieces.sha1.length === 0) return '';
  const hashes = pieceHashes(pieces.sha1).map(
    (digest, piece) => `          <hash piece="${piece}">${digest}</hash>\n`,
  );
  return `        <pieces length="${pieces.length}" type="sha1">\n${hashes.join('')}        </pieces>\n`;
}

function signatureElement(name: string, text: string | null): string {
  if (text === null || !isXmlText(text)) return '';
  return `        <signature type="pgp" file="${escapeXml(`${name}.asc`)}">${escapeXmlLines(text)}</signature>\n`;
}

/** Preference falls from 100, and is never that of the torrent. */
function urlElement({ url, country }: Source, index: number): string {
  const scheme = url.slice(0, url.indexOf(':'));
  const location = country === null ? '' : ` location="${escapeXml(country)}"`;
  return `        <url type="${escapeXml(scheme)}"${location} preference="${Math.max(100 - index, 2)}">${escapeXml(url)}</url>\n`;
}
