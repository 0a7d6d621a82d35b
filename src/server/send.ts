/**
 * Sends an answer: head and body in one piece where there are bytes, and an open file as a stream.
 */
import { close, read } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Answer, type Body, lengthOf } from './answer.js';

const readAt = promisify(read);

/** Bytes that are read at once from a file. */
const readSize = 256 * 1024;

type FileBody = Extract<Body, { kind: 'file' }>;

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

function stream(response: ServerResponse, body: FileBody, sent: Sent): void {
  const length = lengthOf(body.parts);
  const chunks = new Chunks(body, sent);
  pipeline(Readable.from(chunks.read(), { objectMode: false }), response, () => {
    chunks.release();
    // Of a file that shrank, or cannot be read any more, the rest will not come: only the end of the connection tells.
    if (sent.bytes < length) response.destroy();
  });
}

/** A body, chunk by chunk. Its descriptor is closed when nobody reads from it any more. */
class Chunks {
  private isRead = false;

  constructor(
    private readonly body: FileBody,
    private readonly sent: Sent,
  ) {}

  async *read(): AsyncGenerator<Buffer> {
    this.isRead = true;
    try {
      for (const part of this.body.parts) {
        for await (const chunk of 'text' in part ? [Buffer.from(part.text)] : this.bytesOf(part)) {
          this.sent.bytes += chunk.length;
          yield chunk;
        }
      }
    } finally {
      release(this.body);
    }
  }

  /** Where reading never began; else a read may still be under way, and closes it later. */
  release(): void {
    if (!this.isRead) release(this.body);
  }

  private async *bytesOf({ start, length }: { start: number; length: number }): AsyncGenerator<Buffer> {
    const end = start + length;
    for (let at = start; at < end; ) {
      const wanted = Math.min(readSize, end - at);
      const { bytesRead, buffer } = await readAt(
        this.body.descriptor,
        Buffer.allocUnsafe(wanted),
        0,
        wanted,
        at,
      );
      if (bytesRead === 0) throw new FileShrank('the file shrank while it was sent');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

class FileShrank extends Error {
  override readonly name = 'FileShrank';
}
