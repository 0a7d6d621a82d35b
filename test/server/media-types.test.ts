/**
 * Media types by name, and what `Accept` comes to.
 */
import { expect, test } from 'vitest';
import { isDocument, mediaTypeOf } from '../../src/server/media-types.js';
import { prefersHtml, wantedMetalink } from '../../src/server/negotiation.js';

test.each([
  ['a.HTML', 'text/html; charset=utf-8', true],
  ['a.svg', 'image/svg+xml', true],
  ['a.txt', 'text/plain; charset=utf-8', false],
  ['a.tar.gz', 'application/gzip', false],
  ['a.pdf', 'application/pdf', false],
  ['a.constructor', 'application/octet-stream', false],
  ['a', 'application/octet-stream', false],
])('%s', (name, type, document) => {
  expect([mediaTypeOf(name), isDocument(mediaTypeOf(name))]).toEqual([type, document]);
});

const octets = 'application/octet-stream';

test.each([
  [undefined, null],
  ['*/*', null],
  ['application/metalink4+xml, */*', 'meta4'],
  ['*/*, Application/Metalink+XML', 'metalink'],
  ['application/metalink4+xml;q=0, */*', null],
  ['application/metalink4+xml;q=0.1, application/octet-stream', null],
])('with Accept: %s the metalink is %s', (accept, expected) => {
  expect(wantedMetalink(accept === undefined ? {} : { accept }, octets)).toBe(expected);
});

test.each([
  ['text/html,*/*;q=0.8', true],
  ['*/*', false],
  ['text/plain, text/html;q=0.5', false],
])('with Accept: %s messages are pages: %s', (accept, expected) => {
  expect(prefersHtml({ accept })).toBe(expected);
});
