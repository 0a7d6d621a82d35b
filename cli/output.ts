/**
 * A writer to standard output or standard error that holds at most one buffer of text in memory.
 *
 * It writes synchronously, so a slow reader slows the run down instead of filling the memory. `process.stdout`
 * would do neither: what a pipe does not take at once, it keeps. It does not know what it writes.
 */

import { writeSync } from 'node:fs';
import { systemCode } from '../src/index.js';

export interface Output {
  readonly isTerminal: boolean;
  /** Takes any number of whole lines. */
  write(text: string): void;
  /** Hands over what is still held back; to be called before the process exits. */
  flush(): void;
}

export interface OutputOptions {
  readonly fd: number;
  readonly isTerminal: boolean;
  /** Hold lines back until a buffer is full or the event loop turns: for data, not for messages. */
  readonly buffered: boolean;
  /**
   * Called once, when nothing can be written any more; `EPIPE` means that the reader has gone (`| head`).
   * Everything written later is dropped.
   */
  readonly onClosed: (error: unknown) => void;
}

const bufferSize = 64 * 1024;
const retryMilliseconds = 5;

export function createOutput(options: OutputOptions): Output {
  const { fd, isTerminal, buffered, onClosed } = options;
  let held = '';
  let scheduled = false;
  let closed = false;

  function flush(): void {
    if (held === '' || closed) return;
    const text = held;
    held = '';
    try {
      writeAll(fd, Buffer.from(text));
    } catch (error) {
      closed = true;
      onClosed(error);
    }
  }

  function flushSoon(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      flush();
    });
  }

  function write(text: string): void {
    if (closed) return;
    held += text;
    if (!buffered || held.length >= bufferSize) flush();
    else flushSoon();
  }

  return { isTerminal, write, flush };
}

/** Blocks until all is written; a pipe that another process made non-blocking answers EAGAIN when it is full. */
function writeAll(fd: number, data: Buffer): void {
  let written = 0;
  while (written < data.length) {
    try {
      written += writeSync(fd, data, written);
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      sleep(retryMilliseconds);
    }
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
