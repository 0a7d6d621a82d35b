/**
 * Answers that carry a message: what was not found, not understood or went wrong, as a page for people or as a line.
 *
 * They say nothing of the request but what cannot tell one hidden file from one that does not exist.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, AnswerKind, Headers } from './answer.js';
import { prefersHtml } from './negotiation.js';
import { errorPage, pageHeaders } from './pages/index.js';

export interface Message {
  readonly kind: AnswerKind;
  readonly status: number;
  /** plain text, a sentence or two */
  readonly message: string;
  readonly headers?: Headers;
}

export function messageAnswer(
  { kind, status, message, headers = {} }: Message,
  asked: IncomingHttpHeaders,
): Answer {
  return prefersHtml(asked)
    ? htmlAnswer(kind, status, errorPage(status, message), { ...headers, Vary: 'Accept' })
    : textAnswer(kind, status, `${message}\n`, { ...headers, Vary: 'Accept' });
}

export function textAnswer(kind: AnswerKind, status: number, text: string, headers: Headers): Answer {
  return withBytes(kind, status, text, {
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
}

export function htmlAnswer(kind: AnswerKind, status: number, page: string, headers: Headers): Answer {
  return withBytes(kind, status, page, { ...headers, ...pageHeaders });
}

/** @param headers with the media type */
export function withBytes(
  kind: AnswerKind,
  status: number,
  bytes: string | Uint8Array,
  headers: Headers,
): Answer {
  return {
    kind,
    status,
    headers: { ...headers, 'Content-Length': Buffer.byteLength(bytes) },
    body: { kind: 'bytes', bytes },
  };
}

/** One answer for what does not exist and for what nobody may see. */
export function nothingThere(asked: IncomingHttpHeaders): Answer {
  return messageAnswer({ kind: 'nothing', status: 404, message: 'There is no such file here.' }, asked);
}

export function redirectTo(kind: AnswerKind, status: number, location: string, headers: Headers): Answer {
  return textAnswer(kind, status, `${location}\n`, { ...headers, Location: location });
}
