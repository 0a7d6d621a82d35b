/**
 * The access log: a JSON object a line, to standard output or to a file that others may rotate.
 */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { MirrorhashError, reasonOf, systemCode } from '../src/index.js';
import type { Access } from '../src/serving.js';
import { createOutput, type Output } from './output.js';

/** Milliseconds after which it is looked whether the file was rotated. */
const lookInterval = 1000;

/** One line of it, without the line feed. Whatever was sent, a line is printable ASCII. */
export function accessLine(access: Access): string {
  const { time, client, method, target, status, bytes, seconds, kind, mirror, isAborted, userAgent } = access;
  const line = JSON.stringify({
    time: new Date(time).toISOString(),
    client,
    method,
    target,
    status,
    bytes,
    seconds: Math.round(seconds * 1e6) / 1e6,
    kind,
    ...(mirror === null ? {} : { mirror }),
    ...(isAborted ? { aborted: true } : {}),
    userAgent,
  });
  return isPlain.test(line) ? line : line.replace(beyondAscii, escapeOf);
}

const isPlain = /^[\x20-\x7e]*$/;
const beyondAscii = /[^\x20-\x7e]/g;

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A file that is appended to, and opened anew when it was moved away. */
export class AccessLogFile {
  private output: Output;
  private descriptor: number;
  private lookedAt = performance.now();

  /**
   * @param onError told when nothing can be written any more
   * @throws MirrorhashError USAGE when it cannot be opened
   */
  constructor(
    private readonly file: string,
    private readonly onError: (error: unknown) => void,
  ) {
    try {
      [this.descriptor, this.output] = this.open();
    } catch (error) {
      if (systemCode(error) === null) throw error;
      throw new MirrorhashError('USAGE', `--access-log: cannot write ${file}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  write(text: string): void {
    const now = performance.now();
    if (now - this.lookedAt > lookInterval) {
      this.lookedAt = now;
      this.follow();
    }
    this.output.write(text);
  }

  close(): void {
    this.output.flush();
    closeSync(this.descriptor);
  }

  private open(): [number, Output] {
    const descriptor = openSync(this.file, 'a', 0o640);
    const onClosed = this.onError;
    return [descriptor, createOutput({ fd: descriptor, isTerminal: false, buffered: true, onClosed })];
  }

  private follow(): void {
    try {
      const there = statSync(this.file, { throwIfNoEntry: false });
      const ours = fstatSync(this.descriptor);
      if (there?.ino === ours.ino && there.dev === ours.dev) return;
      const [before, output] = [this.descriptor, this.output];
      [this.descriptor, this.output] = this.open();
      output.flush();
      closeSync(before);
    } catch (error) {
      // The old file is still there to be written to.
      if (systemCode(error) === null) throw error;
      this.onError(error);
    }
  }
}
