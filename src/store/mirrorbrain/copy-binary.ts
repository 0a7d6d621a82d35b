/**
 * PURE: rows → the binary format of COPY (PostgreSQL's manual, section "COPY", "Binary Format"): half of what the text
 * format needs for sums, and neither side translates them.
 */
import type { RedirectorRow } from '../redirector.js';

/** The columns in their order, with their types. */
export const copyColumns = [
  ['path', 'text'],
  ['mtime', 'bigint'],
  ['size', 'bigint'],
  ['md5', 'bytea'],
  ['sha1', 'bytea'],
  ['sha256', 'bytea'],
  ['sha1piecesize', 'integer'],
  ['sha1pieces', 'bytea'],
  ['btih', 'bytea'],
  ['pgp', 'text'],
  ['zblocksize', 'integer'],
  ['zhashlens', 'text'],
  ['zsums', 'bytea'],
] as const satisfies readonly (readonly [keyof RedirectorRow, string])[];

/** Signature, no flags, no extension. */
const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const trailer = Buffer.from([0xff, 0xff]);

/** Bytes gathered before they are handed on. */
const portion = 128 * 1024;

/** All rows, with the beginning and the end of the format, in portions. */
export function* copyBinary(rows: Iterable<RedirectorRow>): Generator<Buffer> {
  const writer = new Writer();
  writer.raw(header);
  for (const row of rows) {
    writer.int16(copyColumns.length);
    for (const [column, type] of copyColumns) {
      const value = row[column];
      if (typeof value === 'string') writer.text(value);
      else if (typeof value !== 'number') writer.bytes(value);
      else if (type === 'bigint') writer.bigint(value);
      else writer.integer(value);
    }
    if (writer.length >= portion) yield writer.take();
  }
  writer.raw(trailer);
  yield writer.take();
}

/** Fields as the format has them: their length in bytes, then the bytes, numbers big-endian. */
class Writer {
  private buffer = Buffer.allocUnsafe(2 * portion);
  length = 0;

  /** What was written, which is no longer ours. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.length);
    this.buffer = Buffer.allocUnsafe(2 * portion);
    this.length = 0;
    return taken;
  }

  int16(value: number): void {
    this.reserve(2);
    this.length = this.buffer.writeInt16BE(value, this.length);
  }

  integer(value: number): void {
    this.int32(4);
    this.int32(value);
  }

  bigint(value: number): void {
    this.int32(8);
    this.reserve(8);
    this.length = this.buffer.writeBigInt64BE(BigInt(value), this.length);
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.int32(size);
    this.reserve(size);
    this.length += this.buffer.write(value, this.length);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  private int32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeInt32BE(value, this.length);
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.length + size));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
