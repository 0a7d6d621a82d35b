/**
 * Sends an answer: head and body in one piece where there are bytes, and an open file as a stream.
 */
import { close, createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import type { Answer, Body } from './answer.js';

/** Bytes that are read at once from a file. */
const readSize = 256 * 1024;

/** How much of a body went out. */
export interface Sent {
  /** bytes; of those the last may have been lost with the connection */
  bytes: number;
}

/** Closes the descriptor of an answer's file, whatever becomes of the connection. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  isLast: boolean,
): Sent {
  const { status, headers, body } = answer;
  const sent: Sent = { bytes: 0 };
  // What is left of a request is not read to its end.
  response.writeHead(status, isLast || hasBody(request) ? { ...headers, Connection: 'close' } : headers);
  if (body === null || request.method === 'HEAD') {
    release(body);
    response.end();
  } else if (body.kind === 'bytes') {
    sent.bytes = Buffer.byteLength(body.bytes);
    response.end(body.bytes);
  } else {
    stream(response, body, sent);
  }
  return sent;
}

export function release(body: Body | null): void {
  if (body?.kind === 'file') close(body.descriptor);
}

export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length } = headers;
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined;
}

function stream(response: ServerResponse, body: Extract<Body, { kind: 'file' }>, sent: Sent): void {
  const { descriptor, start, length } = body;
  if (length === 0) {
    release(body);
    response.end();
    return;
  }
  const file = createReadStream('', {
    fd: descriptor,
    start,
    end: start + length - 1,
    highWaterMark: readSize,
  });
  file.on('data', (chunk) => {
    sent.bytes += chunk.length;
  });
  pipeline(file, response, () => {
    // Of a file that shrank, or cannot be read any more, the rest will not come: only the end of the connection tells.
    if (sent.bytes < length) response.destroy();
  });
}
