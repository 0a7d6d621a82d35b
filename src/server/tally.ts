/**
 * What was answered, counted: plain numbers, because each request pays for them.
 */
import type { AnswerKind } from './answer.js';

/** One request as it ended, for logs. */
export interface Access {
  /** milliseconds since 1970 when it came in */
  readonly time: number;
  /** null: it could not be read as HTTP */
  readonly method: string | null;
  /** the target as it was sent, one character a byte */
  readonly target: string | null;
  readonly status: number;
  /** of the body */
  readonly bytes: number;
  /** whether the connection ended before the answer did */
  readonly isAborted: boolean;
  readonly seconds: number;
  readonly kind: AnswerKind;
  /** identifier of the mirror that the client was sent to */
  readonly mirror: string | null;
  /** address, as far as it is known */
  readonly client: string | null;
  /** as it was sent */
  readonly userAgent: string | null;
}

export interface Counted {
  readonly kind: AnswerKind;
  readonly status: number;
  count: number;
}

export class Tally {
  private readonly counted = new Map<string, Counted>();
  private readonly mirrors = new Map<string, number>();
  /** bytes of bodies */
  bytes = 0;
  /** requests that are being answered */
  inFlight = 0;

  add({ kind, status, bytes, mirror }: Pick<Access, 'kind' | 'status' | 'bytes' | 'mirror'>): void {
    this.bytes += bytes;
    const key = `${kind} ${status}`;
    const before = this.counted.get(key);
    if (before === undefined) this.counted.set(key, { kind, status, count: 1 });
    else before.count += 1;
    if (mirror !== null) this.mirrors.set(mirror, (this.mirrors.get(mirror) ?? 0) + 1);
  }

  requests(): Iterable<Counted> {
    return this.counted.values();
  }

  redirects(): Iterable<[string, number]> {
    return this.mirrors.entries();
  }
}
