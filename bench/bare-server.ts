/**
 * The least that a server in Node can do: `node:http` that answers every request with the same head and bytes, those
 * that another server once answered with.
 *
 *   node --import tsx bench/bare-server.ts <url>
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = await fetch(process.argv[2] ?? '');
if (!answer.ok) throw new Error(`${answer.url}: status ${answer.status}`);
const body = Buffer.from(await answer.arrayBuffer());
/** What `node:http` adds by itself. */
const added = new Set(['date', 'connection', 'keep-alive']);
const headers = Object.fromEntries([...answer.headers].filter(([name]) => !added.has(name)));

const server = createServer((_, response) => {
  response.writeHead(answer.status, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.stderr.write(`at http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
process.on('SIGTERM', () => process.exit(0));
