/**
 * The way of a request: is it one that we answer, what is answered, and what is counted and told of it when it ends.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemCode } from '../errors.js';
import type { Answer, Headers } from './answer.js';
import { type Client, type ClientRules, clientOf } from './client.js';
import { HeldBytes } from './held-bytes.js';
import type { Handler } from './listener.js';
import { messageAnswer, nothingThere } from './messages.js';
import { hasBody, release, type Sent, send } from './send.js';
import type { Site } from './site.js';
import type { Access, Tally } from './tally.js';
import { parseTarget } from './target.js';

export interface FrontSettings {
  readonly clients: ClientRules;
  /** how many requests are answered at the same time */
  readonly maxRequests: number;
  /** told of every request when it has ended; null: nobody wants to know */
  readonly onAccess: ((access: Access) => void) | null;
  /** told of what is wrong with us or with the disk */
  readonly onError: (error: unknown) => void;
  /** whether a connection takes no further request */
  readonly isClosing: () => boolean;
}

/** Seconds after which a client may try again. */
const retryAfter = 5;

/** What becomes known of a request on its way. */
interface Exchange {
  /** milliseconds of the monotonic clock */
  readonly begun: number;
  client: Client | null;
  answer: Answer | null;
  sent: Sent | null;
  /** whether its bytes count among those that are held */
  isHeld: boolean;
}

export class Front implements Handler {
  private readonly unsent: (() => void)[] = [];
  private readonly held = new HeldBytes();

  constructor(
    private readonly settings: FrontSettings,
    private readonly site: Site,
    private readonly tally: Tally,
  ) {}

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange: Exchange = {
      begun: performance.now(),
      client: null,
      answer: null,
      sent: null,
      isHeld: false,
    };
    const answer = this.tally.inFlight >= this.settings.maxRequests ? overloaded(request) : null;
    this.tally.inFlight += 1;
    response.on('close', () => this.end(request, response, exchange));
    const given = answer ?? this.answer(request, exchange);
    const finish = (made: Answer): void => {
      // Its client has gone while it was made.
      if (response.destroyed) {
        exchange.answer = made;
        release(made.body);
        return;
      }
      exchange.isHeld = this.held.take(made.body);
      exchange.answer = exchange.isHeld ? made : overloaded(request);
      exchange.sent = send(request, response, exchange.answer, this.settings.isClosing());
    };
    // Most answers are there at once, and a promise would cost them time.
    if (given instanceof Promise) void given.then(finish);
    else if (isSmall(given)) this.atOnce(() => finish(given));
    else finish(given);
  };

  readonly onGarbage = (status: number, socket: Socket): void => {
    const counted = { kind: 'refused', status, bytes: 0, mirror: null } as const;
    this.tally.add(counted);
    this.settings.onAccess?.({
      ...counted,
      ...{ time: Date.now(), seconds: 0, method: null, target: null, isAborted: false, userAgent: null },
      client: socket.remoteAddress ?? null,
    });
  };

  /**
   * Sends what the requests of one turn of the event loop come to together at its end. To send each by itself wakes its
   * reader each time, which costs more than most answers.
   */
  private atOnce(finish: () => void): void {
    if (this.unsent.push(finish) > 1) return;
    setImmediate(() => {
      for (const each of this.unsent.splice(0)) each();
    });
  }

  private answer(request: IncomingMessage, exchange: Exchange): Answer | Promise<Answer> {
    try {
      const answer = this.routed(request, exchange);
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error: unknown) => this.failed(request, error));
    } catch (error) {
      return this.failed(request, error);
    }
  }

  private routed(request: IncomingMessage, exchange: Exchange): Answer | Promise<Answer> {
    const { method, headers, socket } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return refused(request, 405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
    }
    if (hasBody(request)) return refused(request, 413, 'A request has no body here.');
    const target = parseTarget(request.url ?? '');
    if ('status' in target) {
      return target.status === 404 ? nothingThere(headers) : refused(request, target.status, target.message);
    }
    const client = clientOf(socket.remoteAddress, headers, target.authority, this.settings.clients);
    if (client === null) return refused(request, 400, 'The name of the host is malformed.');
    exchange.client = client;
    return this.site.answer({ method, headers, target, client });
  }

  private failed({ headers }: IncomingMessage, error: unknown): Answer {
    const code = systemCode(error);
    // A lease of somebody who writes the file: nothing is wrong with us, and soon it can be opened.
    if (code === 'EAGAIN')
      return unavailable(headers, 'This file is being written. Please try again in a little while.');
    this.settings.onError(error);
    if (code === 'EMFILE' || code === 'ENFILE') return unavailable(headers);
    const message = 'Something went wrong here.';
    return messageAnswer({ kind: 'failed', status: 500, message }, headers);
  }

  private end(request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
    this.tally.inFlight -= 1;
    if (exchange.isHeld) this.held.give(exchange.answer?.body ?? null);
    const { begun, client, answer, sent } = exchange;
    const kind = answer?.kind ?? 'aborted';
    const status = answer?.status ?? clientGone;
    const bytes = sent?.bytes ?? 0;
    const mirror = answer?.mirror ?? null;
    this.tally.add({ kind, status, bytes, mirror });
    const { onAccess } = this.settings;
    if (onAccess === null) return;
    const seconds = (performance.now() - begun) / 1000;
    onAccess({
      kind,
      status,
      bytes,
      mirror,
      seconds,
      time: Date.now() - seconds * 1000,
      method: request.method ?? null,
      target: request.url ?? null,
      isAborted: !response.writableFinished,
      client: client?.address ?? request.socket.remoteAddress ?? null,
      userAgent: request.headers['user-agent'] ?? null,
    });
  }
}

/** The status of an answer that nobody waited for; nginx gave it its number. */
const clientGone = 499;

/** Bytes of a body that is not held back: hundreds may be. */
const large = 16 * 1024;

function isSmall({ body }: Answer): boolean {
  return body === null || (body.kind === 'bytes' && body.bytes.length < large);
}

function refused(request: IncomingMessage, status: number, message: string, headers: Headers = {}): Answer {
  return messageAnswer({ kind: 'refused', status, message, headers }, request.headers);
}

function overloaded({ headers }: IncomingMessage): Answer {
  return unavailable(headers);
}

function unavailable(
  asked: IncomingMessage['headers'],
  message = 'Too much is asked of this server at the moment. Please try again in a little while.',
): Answer {
  const headers = { 'Retry-After': retryAfter };
  return messageAnswer({ kind: 'refused', status: 503, message, headers }, asked);
}
