/**
 * Starts the built program as a server, and speaks with it.
 */
import { afterAll } from 'vitest';
import { type Ended, type Running, type Site, type StartOptions, until } from './e2e.js';

export interface Served {
  /** such as `http://127.0.0.1:40000`, without `/` at its end */
  readonly origin: string;
  readonly pid: number;
  /** what it wrote to standard error so far */
  readonly said: () => string;
  /** Ends it with SIGTERM, if it has not ended yet. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

const started: Running[] = [];
afterAll(async () => {
  for (const { child, ended } of started) {
    if (child.exitCode === null) child.kill('SIGKILL');
    await ended.catch(() => {});
  }
});

/** `serve` on the site's tree, with the site's state, at a port that was free. */
export function serving(site: Site, ...args: readonly string[]): Promise<Served> {
  return servingWith(site, {}, ...args);
}

export async function servingWith(
  site: Site,
  options: StartOptions,
  ...args: readonly string[]
): Promise<Served> {
  const words = ['serve', site.tree, '--state', site.state, '--listen', '127.0.0.1:0', ...args];
  // It runs until it is stopped, and the tests of one file share it.
  const running = site.start(words, { patience: 240_000, ...options });
  started.push(running);
  let said = '';
  running.child.stderr?.on('data', (text: string) => {
    said += text;
  });
  const originIn = (): string | undefined => / at (http:\/\/[^/\s]+)\/\n/.exec(said)?.[1];
  await until(() => originIn() !== undefined || running.child.exitCode !== null, 'the server to listen');
  const origin = originIn();
  if (origin === undefined) throw new Error(`the server ended: ${said}`);
  return {
    origin,
    pid: running.pid,
    said: () => said,
    async stop(signal = 'SIGTERM') {
      if (running.child.exitCode === null) running.child.kill(signal);
      return running.ended;
    },
  };
}
