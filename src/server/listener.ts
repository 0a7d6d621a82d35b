/**
 * One address that listens: connections, what they may cost, and how they end. What is answered is not known here.
 *
 * Requests of one connection are handled one after the other, though a client may send them all at once (RFC 9112,
 * 9.3.2): one that waits holds no file, and is never counted when its connection goes away before its turn.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { MirrorhashError, reasonOf, systemCode } from '../errors.js';

export interface Address {
  /** a name or an address, IPv6 without brackets */
  readonly host: string;
  /** 0: any that is free */
  readonly port: number;
}

export interface Handler {
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told of what could not be read as HTTP; it has its answer already. */
  readonly onGarbage: (status: number, socket: Socket) => void;
}

/** Milliseconds, if not said otherwise. */
const limits = {
  /** bytes of a request's head */
  maxHeaderSize: 16 * 1024,
  /** for the head of a request, from its first byte or from the connection's begin */
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  /** how often the two above are looked after */
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 15_000,
} as const;

/** Milliseconds without a byte in either direction. */
const idleTimeout = 60_000;
/** How many requests of one connection may wait before no more are read from it. */
const mostWaiting = 32;

interface Connection {
  /** what is answered now */
  response: ServerResponse | null;
  waiting: number;
}

export class Listener {
  private readonly server: Server;
  private readonly connections = new Map<Socket, Connection>();
  private closing = false;

  private constructor(
    private readonly handler: Handler,
    maxConnections: number,
  ) {
    this.server = createServer(limits);
    this.server.maxConnections = maxConnections;
    this.server.setTimeout(idleTimeout);
    this.server.on('connection', (socket) => this.take(socket));
    this.server.on('clientError', (error, socket) => this.refuse(error, socket as Socket));
    for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) {
      this.server.on(event, (request, response) => this.enqueue(request, response));
    }
    this.server.on('connect', (_, socket) => this.refuseTunnel(socket as Socket));
  }

  /** @throws MirrorhashError LISTEN_FAILED */
  static async open(address: Address, handler: Handler, maxConnections: number): Promise<Listener> {
    const listener = new Listener(handler, maxConnections);
    const { server } = listener;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenFailure(address, error)));
      server.listen({ host: address.host, port: address.port, backlog: 1024 }, resolve);
    });
    return listener;
  }

  /** where it listens, such as `http://127.0.0.1:8080/` */
  get url(): string {
    const { address, family, port } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  }

  get isClosing(): boolean {
    return this.closing;
  }

  /** Takes nothing new, and ends when what is under way has ended, or after so many milliseconds. */
  async close(patience: number): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const [socket, { response }] of this.connections) if (response === null) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.connections.keys()) socket.destroy();
    }, patience);
    await closed;
    clearTimeout(timer);
    // Sockets are told to be closed after their server is, and their answers are counted then.
    while (this.connections.size > 0) await turn();
    await turn();
  }

  private take(socket: Socket): void {
    this.connections.set(socket, { response: null, waiting: 0 });
    socket.on('close', () => this.connections.delete(socket));
  }

  private enqueue(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (response.socket !== null) {
      this.begin(request, response);
      return;
    }
    const connection = this.connections.get(socket);
    if (connection === undefined) return;
    connection.waiting += 1;
    if (connection.waiting === mostWaiting) socket.pause();
    response.once('socket', () => {
      connection.waiting -= 1;
      if (connection.waiting === mostWaiting - 1) socket.resume();
      // Node is about to flush what is there: nothing yet.
      process.nextTick(() => this.begin(request, response));
    });
  }

  private begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.connections.get(request.socket);
    if (connection === undefined || response.destroyed) return;
    connection.response = response;
    response.on('close', () => {
      connection.response = null;
      if (this.closing) request.socket.destroySoon();
    });
    this.handler.onRequest(request, response);
  }

  private refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET' || this.connections.get(socket)?.response !== null) socket.destroy();
    else this.reply(garbageStatus[error.code ?? ''] ?? 400, socket);
  }

  /** CONNECT: Node has let go of the socket, and listens for none of its errors any more. */
  private refuseTunnel(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    // It is no answer to the request before it.
    if (this.connections.get(socket)?.response !== null) socket.destroy();
    else this.reply(405, socket);
  }

  /** An answer to what is no request. */
  private reply(status: number, socket: Socket): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    socket.end(head, () => socket.destroy());
    this.handler.onGarbage(status, socket);
  }
}

const garbageStatus: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function listenFailure({ host, port }: Address, error: Error): unknown {
  if (systemCode(error) === null) return error;
  return new MirrorhashError('LISTEN_FAILED', `cannot listen at ${host}, port ${port}: ${reasonOf(error)}`, {
    hint: 'name another address with --listen or --metrics-listen',
    cause: error,
  });
}
