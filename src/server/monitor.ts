/**
 * Answers those who watch over us, at an address of their own: `/metrics` and `/healthz`, and nothing of the tree.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answer.js';
import type { Handler } from './listener.js';
import { messageAnswer, nothingThere, textAnswer, withBytes } from './messages.js';
import type { Metrics } from './metrics.js';
import { send } from './send.js';

export class Monitor implements Handler {
  constructor(
    private readonly metrics: Metrics,
    private readonly health: () => Answer,
    private readonly onError: (error: unknown) => void,
  ) {}

  readonly onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void this.answer(request)
      .catch((error: unknown) => {
        this.onError(error);
        return textAnswer('failed', 500, 'Something went wrong here.\n', {});
      })
      .then((answer) => {
        if (!response.destroyed) send(request, response, answer, false);
      });
  };

  readonly onGarbage = (): void => {};

  private async answer({ method, url = '', headers }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') {
      const message = 'Only GET and HEAD are answered here.';
      return messageAnswer(
        { kind: 'refused', status: 405, message, headers: { Allow: 'GET, HEAD' } },
        headers,
      );
    }
    const [path] = url.split('?');
    if (path === '/healthz') return this.health();
    if (path !== '/metrics') return nothingThere(headers);
    return withBytes('health', 200, await this.metrics.text(), {
      'Content-Type': this.metrics.mediaType,
      'Cache-Control': 'no-store',
    });
  }
}
