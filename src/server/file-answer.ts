/**
 * The answer that is a file of the tree, or a part of it.
 */
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { wholeSeconds } from '../files/file-stat.js';
import type { ServedFile } from '../files/served-file.js';
import { reprDigest } from '../formats/digest-headers.js';
import { nameOf } from '../formats/names.js';
import { type Answer, type Asked, type Headers, lengthOf } from './answer.js';
import { partialBody } from './byte-ranges.js';
import { conditionOf, rangesOf, type Validators, validatorHeaders } from './conditions.js';
import { isDocument, mediaTypeOf } from './media-types.js';
import { messageAnswer } from './messages.js';

export interface Delivery {
  /** closed here, unless the answer holds it */
  readonly file: ServedFile;
  /** of this version of the file; null: not known */
  readonly sha256: Uint8Array | null;
  /** values of `Link` */
  readonly links: readonly string[];
}

/**
 * Uploaders are not the site: a page of theirs runs no script and has no origin, so that it can read nothing of what
 * else lives at this one. Links in it, and downloads, work.
 */
const sandbox = 'sandbox allow-downloads allow-popups allow-popups-to-escape-sandbox';

export function fileAnswer(asked: Asked, delivery: Delivery): Answer {
  const { descriptor } = delivery.file;
  let isHandedOver = false;
  try {
    const answer = answerOf(asked, delivery);
    isHandedOver = answer.body?.kind === 'file';
    return answer;
  } finally {
    if (!isHandedOver) closeSync(descriptor);
  }
}

function answerOf(asked: Asked, delivery: Delivery): Answer {
  const { descriptor, stat } = delivery.file;
  const { size } = stat;
  // The nanoseconds tell versions apart that were made within a second.
  const etag = `"${stat.mtimeNs.toString(16)}-${size.toString(16)}"`;
  const validators = { etag, mtime: wholeSeconds(stat) };
  const headers = headersOf(delivery, validators);
  const condition = conditionOf(asked.headers, validators);
  if (condition === 'failed') {
    return messageAnswer({ kind: 'file', status: 412, message: 'The file has changed.' }, asked.headers);
  }
  if (condition === 'not modified') return { kind: 'file', status: 304, headers, body: null };
  // Ranges are defined for GET alone.
  const ranges = asked.method === 'GET' ? rangesOf(asked.headers, validators, size, Date.now()) : null;
  if (ranges === 'unsatisfiable') {
    const message = 'The file has no such range.';
    const unsatisfied = { 'Content-Range': `bytes */${size}` };
    return messageAnswer({ kind: 'file', status: 416, message, headers: unsatisfied }, asked.headers);
  }
  const mediaType = mediaTypeOf(nameOf(delivery.file.path));
  const whole = { headers: { 'Content-Type': mediaType }, parts: [{ start: 0, length: size }] };
  const body = ranges === null ? whole : partialBody(ranges, { size, mediaType }, randomUUID());
  return {
    kind: 'file',
    status: ranges === null ? 200 : 206,
    headers: {
      ...headers,
      ...body.headers,
      'X-Content-Type-Options': 'nosniff',
      ...(isDocument(mediaType) ? { 'Content-Security-Policy': sandbox } : {}),
      'Content-Length': lengthOf(body.parts),
    },
    body: { kind: 'file', descriptor, parts: body.parts },
  };
}

function headersOf({ sha256, links }: Delivery, validators: Validators): Headers {
  return {
    ...validatorHeaders(validators),
    'Accept-Ranges': 'bytes',
    Vary: 'Accept',
    ...(sha256 === null ? {} : { 'Repr-Digest': reprDigest({ sha256 }) }),
    ...(links.length === 0 ? {} : { Link: [...links] }),
  };
}
