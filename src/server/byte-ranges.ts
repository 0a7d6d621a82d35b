/**
 * Pure: the body of a partial answer: one range as it is, several as `multipart/byteranges` (RFC 9110, 14.6), which zsync
 * needs.
 */
import type { Headers, Part } from './answer.js';
import type { ByteRange } from './conditions.js';

export interface PartialBody {
  readonly headers: Headers;
  readonly parts: readonly Part[];
}

export interface Whole {
  /** bytes of the representation */
  readonly size: number;
  readonly mediaType: string;
}

/** @param boundary a text that is in no file but by chance */
export function partialBody(
  ranges: readonly ByteRange[],
  { size, mediaType }: Whole,
  boundary: string,
): PartialBody {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) {
    return {
      headers: { 'Content-Type': mediaType, 'Content-Range': contentRange(only, size) },
      parts: [partOf(only)],
    };
  }
  // A line break before the first boundary, too, as Apache has it: zsync 0.6.2 waits for it.
  const parts = ranges.flatMap((range): readonly Part[] => {
    const head = `Content-Type: ${mediaType}\r\nContent-Range: ${contentRange(range, size)}`;
    return [{ text: `\r\n--${boundary}\r\n${head}\r\n\r\n` }, partOf(range)];
  });
  return {
    headers: { 'Content-Type': `multipart/byteranges; boundary=${boundary}` },
    parts: [...parts, { text: `\r\n--${boundary}--\r\n` }],
  };
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}

function partOf({ start, end }: ByteRange): Part {
  return { start, length: end - start + 1 };
}
