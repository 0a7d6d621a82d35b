/**
 * The least that a server in Node can do: `node:http` that answers every request with the same head and bytes.
 *
 *   node --import tsx bench/bare-server.ts <bytes>
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.alloc(Number(process.argv[2]), 'x');
// As long as the head of `serve`, and all of it a literal: what is read from elsewhere makes Node slower.
const server = createServer((_, response) => {
  response.writeHead(200, {
    'Content-Length': body.length,
    ETag: '"01234567012345670123456701234567"',
    'Cache-Control': 'no-cache',
    'Last-Modified': 'Thu, 26 Nov 2026 12:00:00 GMT',
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`at http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
process.on('SIGTERM', () => process.exit(0));
