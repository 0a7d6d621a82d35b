/**
 * What is asked and what is answered, before anything is sent.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Client } from './client.js';
import type { Target, View } from './target.js';

/** A request whose target and origin are in order. */
export interface Asked {
  readonly method: 'GET' | 'HEAD';
  readonly headers: IncomingHttpHeaders;
  readonly target: Target;
  readonly client: Client;
}

/** What an answer is counted and logged as. */
export type AnswerKind =
  | View
  | 'redirect'
  | 'directory'
  | 'health'
  | 'nothing'
  | 'refused'
  | 'failed'
  | 'aborted';

export type Headers = Readonly<Record<string, string | number | string[]>>;

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: string | Uint8Array }
  /** parts of an open file, one after the other; whoever sends the answer closes the descriptor */
  | { readonly kind: 'file'; readonly descriptor: number; readonly parts: readonly Part[] };

/** Bytes of a file, or what stands between them. */
export type Part = { readonly start: number; readonly length: number } | { readonly text: string };

/** bytes */
export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + ('text' in part ? Buffer.byteLength(part.text) : part.length), 0);
}

export interface Answer {
  readonly kind: AnswerKind;
  readonly status: number;
  readonly headers: Headers;
  /** Null: none, as with 304. To `HEAD`, the length of a body is told, and the body is not sent. */
  readonly body: Body | null;
  /** identifier of the mirror that the client is sent to */
  readonly mirror?: string;
}
