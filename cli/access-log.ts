/**
 * The access log: a JSON object a line, to standard output or to a file that others may rotate.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { MirrorhashError, reasonOf, systemCode } from '../src/index.js';
import type { Access } from '../src/serving.js';
import { LogOutput } from './log-output.js';

/** Milliseconds after which it is looked whether the file was rotated. */
const lookInterval = 1000;

/**
 * One line of it, without the line feed. Whatever was sent, a line is printable ASCII. Written out by hand,
 * because it is made for every request.
 */
export function accessLine(access: Access): string {
  const { time, client, method, target, status, bytes, seconds, kind, mirror, isAborted, userAgent } = access;
  return (
    `{"time":"${new Date(time).toISOString()}","client":${quoted(client)},"method":${quoted(method)},` +
    `"target":${quoted(target)},"status":${status},"bytes":${bytes},"seconds":${Math.round(seconds * 1e6) / 1e6},` +
    `"kind":"${kind}"${mirror === null ? '' : `,"mirror":${quoted(mirror)}`}${isAborted ? ',"aborted":true' : ''},` +
    `"userAgent":${quoted(userAgent)}}`
  );
}

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return isPlain.test(text) ? `"${text}"` : JSON.stringify(text).replace(beyondAscii, escapeOf);
}

/** Printable ASCII without quotation mark and backslash. */
const isPlain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const beyondAscii = /[^\x20-\x7e]/g;

function escapeOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** O_NONBLOCK: a FIFO that nobody reads must hang neither the start nor an answer. */
const openFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** A file that is appended to, and opened anew when it was moved away, or when its reader went and another one came. */
export class AccessLogFile {
  private output: LogOutput;
  private descriptor: number;
  private lookedAt = performance.now();
  /** whether people know that nothing can be written */
  private isTold = false;

  /**
   * @param onDropped told of each line that could not be written
   * @param onError told when nothing can be written any more
   * @throws MirrorhashError USAGE when it cannot be opened
   */
  constructor(
    private readonly file: string,
    private readonly onDropped: () => void,
    private readonly onError: (error: unknown) => void,
  ) {
    try {
      [this.descriptor, this.output] = this.open();
    } catch (error) {
      if (systemCode(error) === null) throw error;
      const why = systemCode(error) === 'ENXIO' ? 'nobody reads this FIFO' : reasonOf(error);
      throw new MirrorhashError('USAGE', `--access-log: cannot write ${file}: ${why}`, { cause: error });
    }
  }

  write(line: string): void {
    const now = performance.now();
    if (now - this.lookedAt > lookInterval) {
      this.lookedAt = now;
      this.follow();
    }
    this.output.write(line);
  }

  close(): void {
    this.output.close();
    closeSync(this.descriptor);
  }

  private open(): [number, LogOutput] {
    const descriptor = openSync(this.file, openFlags, 0o640);
    const { onDropped } = this;
    return [descriptor, new LogOutput({ descriptor, onDropped, onClosed: (error) => this.tell(error) })];
  }

  private follow(): void {
    try {
      const there = statSync(this.file, { throwIfNoEntry: false });
      const ours = fstatSync(this.descriptor);
      if (!this.output.isClosed && there?.ino === ours.ino && there.dev === ours.dev) return;
      const [before, output] = [this.descriptor, this.output];
      [this.descriptor, this.output] = this.open();
      this.isTold = false;
      output.close();
      closeSync(before);
    } catch (error) {
      // The old file is still there to be written to.
      if (systemCode(error) === null) throw error;
      this.tell(error);
    }
  }

  /** Once, until it can be written again. */
  private tell(error: unknown): void {
    if (this.isTold) return;
    this.isTold = true;
    const why = systemCode(error) === 'EPIPE' ? 'its reader went away' : reasonOf(error);
    const message = `the access log ${this.file} cannot be written: ${why}`;
    this.onError(new MirrorhashError('OUTPUT_CLOSED', message, { cause: error }));
  }
}
