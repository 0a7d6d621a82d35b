/**
 * Raw bytes to a server: what is sent in one go on a connection of its own, and all that comes back. Good requests, and
 * what chance makes of them.
 */
import { connect } from 'node:net';
import type { Dice } from '../faults/dice.js';

/** Milliseconds without an answer after which the client hangs up: who sent half a request gets none. */
const patience = 150;

/** @returns what came, one character a byte */
export function sendRaw(origin: string, bytes: Buffer, { reset = false } = {}): Promise<string> {
  const { hostname: host, port } = new URL(origin);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port: Number(port) }, () => {
      socket.write(bytes);
      if (reset) socket.resetAndDestroy();
    });
    socket.setTimeout(patience, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

/** Status codes in the order of the answers. No body that is served here holds such a line. */
export function statusesIn(answers: string): readonly number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

const methods = [
  ...Array<string>(12).fill('GET'),
  'HEAD',
  'POST',
  'CONNECT',
  'OPTIONS',
  'PRI',
  'get',
  'M-SEARCH',
];
const targets = [
  ...['/', '/a.iso', '/d/', '/d', '/d/b.iso', '/a.iso.sha256', '/a.iso?torrent', '/a.iso.mirrorlist', '*'],
  ...['/../outside/secret', '/%2e%2e/outside/secret', 'http://evil.example/a.iso', '//x', '/?page=2', '/%00'],
];
const headers = [
  ...['Host: a b', 'Range: bytes=0-1', 'Range: bytes=-1,0-0', 'If-Range: "x"'],
  ...[
    'Content-Length: 5',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'Connection: close',
    'Upgrade: h2c',
  ],
  ...[
    'Connection: Upgrade',
    'Expect: 100-continue',
    'Expect: y',
    'Accept: application/metalink4+xml',
    'Accept: ,;q=',
  ],
  ...[
    'If-None-Match: *',
    'If-Modified-Since: x',
    'X-Forwarded-For: \x1b[2J',
    'User-Agent: \xff\x9b',
    'Cookie: a=b',
  ],
];
const bodies = [
  ...Array<string>(12).fill(''),
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '0\r\nX: y\r\n\r\n',
];

/** One that is well formed but for what its parts say. */
function request(dice: Dice): string {
  const lines = [`${dice.pick(methods)} ${dice.pick(targets)} HTTP/1.${dice.pick(['1', '1', '1', '0'])}`];
  if (dice.chance(0.9)) lines.push('Host: x');
  for (let left = dice.between(0, 3); left > 0; left -= 1) lines.push(dice.pick(headers));
  return `${lines.join('\r\n')}\r\n\r\n${dice.pick(bodies)}`;
}

/** A few requests in one go, and then bytes lost, doubled, changed, or put in. */
export function fuzzed(dice: Dice): Buffer {
  if (dice.chance(0.05)) return dice.bytes(dice.between(1, 4000));
  let bytes: Buffer = Buffer.from(
    Array.from({ length: dice.pick([1, 1, 1, 2, 4]) }, () => request(dice)).join(''),
    'latin1',
  );
  for (let left = dice.pick([0, 0, 1, 2, 4]); left > 0; left -= 1) bytes = mutated(dice, bytes);
  return bytes;
}

const inserts = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ' \r\n',
  '\r\n ',
  '%',
  '/',
  'A'.repeat(20_000),
  '\r\n\r\n',
];

function mutated(dice: Dice, bytes: Buffer): Buffer {
  const at = dice.between(0, bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (dice.weighted({ cut: 1, lose: 3, change: 4, insert: 4, double: 2 })) {
    case 'cut':
      return Buffer.from(before);
    case 'lose':
      return Buffer.concat([before, after.subarray(dice.between(1, 8))]);
    case 'change':
      return Buffer.concat([before, dice.bytes(1), after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.from(dice.pick(inserts)), after]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, dice.between(1, 60)), after]);
  }
}
