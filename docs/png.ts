/**
 * Pictures of few colours as small PNG files: a palette of 256, of which most pixels find their own colour exactly.
 */
import { crc32, deflateSync } from 'node:zlib';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** four bytes a pixel: red, green, blue, alpha */
  readonly rgba: Uint8Array;
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

export function smallPng({ width, height, rgba }: Pixels): Buffer {
  const { buffer, byteOffset } = rgba;
  const pixels = new DataView(buffer, byteOffset);
  const colours = palette(pixels, width * height);
  const nearest = new Map(colours.map((colour, index) => [colour, index]));
  // Every row begins with its filter: none.
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = pixels.getUint32((y * width + x) * 4);
      const index = nearest.get(colour) ?? closest(colours, colour);
      nearest.set(colour, index);
      rows[y * (width + 1) + 1 + x] = index;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(colours.flatMap((colour) => channels(colour).slice(0, 3)))),
    chunk('tRNS', Buffer.from(colours.map((colour) => colour & 0xff))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The colours of most pixels. */
function palette(pixels: DataView, number: number): readonly number[] {
  const counts = new Map<number, number>();
  for (let n = 0; n < number; n += 1) {
    const colour = pixels.getUint32(n * 4);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const often = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  return often.slice(0, 256).map(([colour]) => colour);
}

function closest(colours: readonly number[], colour: number): number {
  const wanted = channels(colour);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [index, candidate] of colours.entries()) {
    const distance = channels(candidate).reduce((sum, value, n) => sum + (value - (wanted[n] ?? 0)) ** 2, 0);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}

function channels(colour: number): readonly number[] {
  return [colour >>> 24, (colour >>> 16) & 0xff, (colour >>> 8) & 0xff, colour & 0xff];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
