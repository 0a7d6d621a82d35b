/**
 * Pure: the media type of a file, by its name.
 */
import mime from 'mime';
import { artifacts } from '../formats/artifacts.js';

/** What the list of the web does not know, or knows as keys. */
const own: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(artifacts).map(([suffix, { mediaType }]) => [suffix, mediaType])),
  asc: 'application/pgp-signature',
  sha512: 'text/plain; charset=utf-8',
};

const unknown = 'application/octet-stream';

export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  if (dot === -1) return unknown;
  const suffix = name.slice(dot + 1).toLowerCase();
  if (Object.hasOwn(own, suffix)) return own[suffix] ?? unknown;
  const found = mime.getType(suffix) ?? unknown;
  return found.startsWith('text/') ? `${found}; charset=utf-8` : found;
}

/**
 * Whether browsers take it for a page, which may hold scripts: HTML, and XML of any kind (SVG, XSLT). Other types go
 * without a sandbox, because in one browsers show no PDF.
 */
export function isDocument(mediaType: string): boolean {
  return documentForm.test(mediaType);
}

const documentForm = /^(?:text\/html|(?:text|application)\/xml|[^;]*\+xml)(?:;|$)/;
