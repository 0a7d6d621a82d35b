/**
 * A mirror of one body: every path has it, ranges included, unlike a real one in everything else.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Mirror {
  readonly url: string;
  /** how many requests it answered */
  readonly asked: () => number;
  /** bytes of bodies so far */
  readonly sent: () => number;
  readonly close: () => void;
}

/** @param host its address: programs take two mirrors of one address for one that is down */
export async function mirrorOf(bytes: Buffer, host: string, mtime = new Date(0)): Promise<Mirror> {
  let asked = 0;
  let sent = 0;
  const mirror = createServer((request, response) => {
    asked += 1;
    const since = Date.parse(request.headers['if-modified-since'] ?? '');
    if (since >= mtime.getTime()) return void response.writeHead(304).end();
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const [first, last] = [Number(from ?? 0), to ? Number(to) : bytes.length - 1];
    const body = bytes.subarray(first, last + 1);
    response.writeHead(from === undefined ? 200 : 206, {
      'Accept-Ranges': 'bytes',
      'Last-Modified': mtime.toUTCString(),
      'Content-Length': body.length,
      ...(from === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${bytes.length}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    sent += body.length;
    response.end(body);
  });
  mirror.listen(0, host);
  await once(mirror, 'listening');
  const { port } = mirror.address() as AddressInfo;
  return {
    url: `http://${host}:${port}/`,
    asked: () => asked,
    sent: () => sent,
    close: () => {
      mirror.close();
      mirror.closeAllConnections();
    },
  };
}
