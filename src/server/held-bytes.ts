/**
 * How many bytes of answers are held for readers who take them slowly. What several of them are sent counts once.
 *
 * Files are read as they are sent and count nothing here.
 */
import type { Body } from './answer.js';

/** Bytes: some hundred metalinks of the largest kind. */
const most = 128 * 1024 * 1024;
/** Bytes: smaller ones fit into what a connection costs anyway. */
const small = 16 * 1024;

export class HeldBytes {
  private readonly holders = new Map<Uint8Array, number>();
  private held = 0;

  /** @returns whether there is room; then `give` must follow */
  take(body: Body | null): boolean {
    const bytes = largeBytes(body);
    if (bytes === null) return true;
    const holders = this.holders.get(bytes) ?? 0;
    if (holders === 0 && this.held > 0 && this.held + bytes.length > most) return false;
    if (holders === 0) this.held += bytes.length;
    this.holders.set(bytes, holders + 1);
    return true;
  }

  give(body: Body | null): void {
    const bytes = largeBytes(body);
    const holders = bytes === null ? undefined : this.holders.get(bytes);
    if (bytes === null || holders === undefined) return;
    if (holders > 1) {
      this.holders.set(bytes, holders - 1);
    } else {
      this.holders.delete(bytes);
      this.held -= bytes.length;
    }
  }
}

function largeBytes(body: Body | null): Uint8Array | null {
  if (body?.kind !== 'bytes' || typeof body.bytes === 'string') return null;
  return body.bytes.length > small ? body.bytes : null;
}
