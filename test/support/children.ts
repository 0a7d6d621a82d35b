import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A process of its own that runs one of the programs of this directory and answers messages. */
export class Child {
  private readonly replies: unknown[] = [];
  private waiting: {
    readonly resolve: (reply: unknown) => void;
    readonly reject: (error: Error) => void;
  } | null = null;

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (reply) => {
      this.replies.push(reply);
      this.deliver();
    });
    process.on('exit', (code, signal) => {
      this.waiting?.reject(new Error(`the program ended (${code ?? signal}) without an answer`));
    });
  }

  /** @returns once the program has said that it is ready */
  static async start(program: string, ...args: readonly string[]): Promise<Child> {
    const file = fileURLToPath(new URL(program, import.meta.url));
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const child = new Child(fork(file, args, { cwd, execArgv: ['--import', 'tsx'] }));
    onTestFinished(() => child.kill());
    await child.reply();
    return child;
  }

  /** Sends a request; the answer is what the program sends next. */
  ask(request: object): Promise<unknown> {
    this.process.send(request);
    return this.reply();
  }

  /** Ends it without giving it a chance (SIGKILL). */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  private reply(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.deliver();
    });
  }

  private deliver(): void {
    if (this.waiting === null || this.replies.length === 0) return;
    this.waiting.resolve(this.replies.shift());
    this.waiting = null;
  }
}

/** In a program: answers each request with what `handle` makes of it. */
export function answer<Request>(handle: (request: Request) => unknown): void {
  process.on('message', (request) => {
    process.send?.({ answer: handle(request as Request) ?? null });
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}
