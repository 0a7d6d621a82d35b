import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PieceHash } from '../../src/hash/pieces.js';
import { contents, feed, hex } from './content.js';

const pieceLength = 16_384;

/** Piece by piece, over the whole content in memory. */
function expectedPieces(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += pieceLength) {
    text += createHash('sha1')
      .update(bytes.subarray(at, at + pieceLength))
      .digest('hex');
  }
  return text;
}

describe('sizes at the edges of a piece', () => {
  test.each([0, 1, pieceLength - 1, pieceLength, pieceLength + 1, 2 * pieceLength, 2 * pieceLength + 5])(
    '%i bytes',
    (size) => {
      const bytes = contents.lcg(size);
      for (const chunkSize of [1, 1_021, pieceLength - 1, pieceLength, pieceLength + 1, 3 * pieceLength]) {
        const pieces = new PieceHash(size, pieceLength);
        feed(bytes, chunkSize, (chunk) => pieces.update(chunk));
        const { sha1, pieces: found } = pieces.finish();
        expect(found.length).toBe(pieceLength);
        expect(hex(found.sha1), `chunks of ${chunkSize}`).toBe(expectedPieces(bytes));
        expect(hex(sha1), `chunks of ${chunkSize}`).toBe(createHash('sha1').update(bytes).digest('hex'));
      }
    },
  );
});

test('the count of bytes is checked', () => {
  const short = new PieceHash(pieceLength + 1, pieceLength);
  short.update(new Uint8Array(pieceLength));
  expect(() => short.finish()).toThrow(RangeError);
  expect(() => new PieceHash(0, pieceLength).update(new Uint8Array(1))).toThrow(RangeError);
});
