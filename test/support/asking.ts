/**
 * Asks a server what no browser would ask: targets and header fields go out as they are, and answers are kept whole.
 */
import { request } from 'node:http';
import { connect } from 'node:net';

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param path percent-encoded */
export function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {} }: Question = {},
): Promise<Told> {
  const { hostname: host, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          text: body.toString('utf8'),
        });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Sends bytes and reads until the server closes. @returns what came, one character a byte */
export function exchange(origin: string, bytes: string): Promise<string> {
  const { hostname: host, port } = new URL(origin);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port: Number(port) }, () => socket.write(bytes, 'latin1'));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    // A server that refuses the first of many requests resets the connection.
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

/** Every byte of a name as an escape. */
export function escaped(name: string): string {
  return [...Buffer.from(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** All values of a header field, in order. */
export function valuesOf(raw: string, name: string): readonly string[] {
  const [head = ''] = raw.split('\r\n\r\n');
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2));
}
