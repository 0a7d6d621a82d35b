/**
 * CONNECT: what asks for a tunnel is refused, whatever it does then, and costs nobody else anything.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ask, exchange } from '../support/asking.js';
import { type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';

let where: Site;

beforeAll(async () => {
  where = site();
  write(join(where.tree, 'a.txt'), 'open\n');
  write(join(where.tree, 'b.iso'), 'x'.repeat(1024 * 1024));
  await where.hash('--no-zsync');
});

const tunnel = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n';

/** Asks for a tunnel and breaks the connection off with a reset, before any answer can come. */
async function askAndReset(origin: string): Promise<void> {
  const { hostname: host, port } = new URL(origin);
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(tunnel, resolve));
  socket.resetAndDestroy();
  await once(socket, 'close');
}

test('a client that asks for a tunnel and resets its connection ended the server', async () => {
  const served = await serving(where, '--metrics-listen', '127.0.0.1:0');
  for (let round = 0; round < 200; round += 1) await askAndReset(served.origin);
  expect((await ask(served.origin, '/a.txt')).text).toBe('open\n');
  expect((await served.stop()).status).toBe(143);
});

test('who waits for the answer is told that there is none', async () => {
  const served = await serving(where, '--no-access-log');
  expect(await exchange(served.origin, tunnel)).toMatch(/^HTTP\/1\.1 405 /);
  await served.stop();
});

test('the refusal came in place of the answer to the request before it', async () => {
  const served = await serving(where, '--no-access-log');
  const text = await exchange(served.origin, `GET /b.iso HTTP/1.1\r\nHost: x\r\n\r\n${tunnel}`);
  expect(text).not.toContain('405 Method Not Allowed');
  await served.stop();
});
