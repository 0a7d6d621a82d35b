/**
 * A writer of lines that never waits for its reader, for logs of a server: what a full pipe does not take is held, up to
 * a bound, and lines beyond it are dropped and counted. Whole lines are dropped, never parts of one.
 */
import { writeSync } from 'node:fs';
import { systemCode } from '../src/index.js';

export interface LogOutputOptions {
  /** opened with O_NONBLOCK, where it may block */
  readonly descriptor: number;
  /** told of each line that is dropped */
  readonly onDropped: () => void;
  /** Called once, when nothing can be written any more; what is written later is dropped. */
  readonly onClosed: (error: unknown) => void;
}

/** Bytes that wait for a slow reader at most: some seconds of a busy server. */
const mostHeld = 4 * 1024 * 1024;
/** Bytes after which lines are handed over before the event loop turns. */
const batch = 64 * 1024;
/** Milliseconds between two attempts at a pipe that is full. */
const retryAfter = 20;

export class LogOutput {
  private lines = '';
  /** what a pipe did not take yet, from `written` on */
  private waiting: Buffer | null = null;
  private written = 0;
  private timer: NodeJS.Timeout | null = null;
  private scheduled = false;
  private closed = false;

  constructor(private readonly options: LogOutputOptions) {}

  get isClosed(): boolean {
    return this.closed;
  }

  /** @param line ASCII, with LF */
  write(line: string): void {
    if (this.closed || this.held + line.length > mostHeld) {
      this.options.onDropped();
      return;
    }
    this.lines += line;
    if (this.timer !== null) return;
    if (this.lines.length >= batch) this.flush();
    else this.flushSoon();
  }

  /** Hands over what is taken at once. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    try {
      while (!this.closed && this.held > 0) {
        if (this.waiting === null) {
          [this.waiting, this.written] = [Buffer.from(this.lines, 'latin1'), 0];
          this.lines = '';
        }
        this.written += writeSync(this.options.descriptor, this.waiting, this.written);
        if (this.written === this.waiting.length) this.waiting = null;
      }
    } catch (error) {
      if (systemCode(error) === 'EAGAIN') this.timer = setTimeout(() => this.flush(), retryAfter);
      else this.end(error);
    }
  }

  /** A last attempt; a reader that takes nothing is not waited for. */
  close(): void {
    this.flush();
    this.end(null);
  }

  private get held(): number {
    return this.lines.length + (this.waiting === null ? 0 : this.waiting.length - this.written);
  }

  private flushSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.timer === null) this.flush();
    });
  }

  private end(error: unknown): void {
    if (this.closed) return;
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const left = (this.waiting?.toString('latin1', this.written) ?? '') + this.lines;
    for (let at = left.indexOf('\n'); at !== -1; at = left.indexOf('\n', at + 1)) this.options.onDropped();
    this.waiting = null;
    this.lines = '';
    if (error !== null) this.options.onClosed(error);
  }
}
