/**
 * Answers with bytes that we make: artifacts and pages. Their tag is the digest of the bytes.
 *
 * Caches are to ask every time: a file may be replaced at any moment, and nobody may be shown hashes of the old one.
 */
import { hash } from 'node:crypto';
import type { Answer, AnswerKind, Asked, Headers } from './answer.js';
import { conditionOf, httpDate } from './conditions.js';
import { messageAnswer } from './messages.js';

export interface Made {
  readonly kind: AnswerKind;
  readonly bytes: string | Uint8Array;
  /** what tells them from others at the same URL, where that is known; else it is their digest */
  readonly tag?: string;
  /** the media type among them */
  readonly headers: Headers;
  /** of the file that it describes, whole seconds since 1970; null: it describes none */
  readonly mtime: number | null;
  /** whether another client would be told something else */
  readonly isPersonal: boolean;
}

export function madeAnswer(
  asked: Asked,
  { kind, bytes: made, tag, headers, mtime, isPersonal }: Made,
): Answer {
  // Digest, length and socket each want the bytes of a string: of a long one they are made once.
  const bytes = typeof made === 'string' && made.length > long ? Buffer.from(made) : made;
  const validators = { etag: `"${tag ?? hash('sha1', bytes, 'base64url')}"`, mtime };
  const condition = conditionOf(asked.headers, validators);
  if (condition === 'failed') {
    return messageAnswer({ kind, status: 412, message: 'It has changed.' }, asked.headers);
  }
  const date = httpDate(mtime);
  const caching = {
    ETag: validators.etag,
    'Cache-Control': isPersonal ? 'private, no-cache' : 'no-cache',
    ...(date === null ? {} : { 'Last-Modified': date }),
  };
  if (condition === 'not modified') return { kind, status: 304, headers: caching, body: null };
  // The literal goes before the spreads: the other way round V8 takes 25 times as long, and these are asked for most.
  const all = { 'Content-Length': Buffer.byteLength(bytes), ...caching, ...headers };
  return { kind, status: 200, headers: all, body: { kind: 'bytes', bytes } };
}

/** Characters. */
const long = 16 * 1024;
