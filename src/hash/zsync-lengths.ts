/**
 * zsync's `Hash-Lengths`: how many matches in a row a client needs, and how many bytes of each sum are kept.
 *
 * The formula of zsyncmake 0.6.2 (its `make.c`), so that our sums are byte for byte what it would write. A
 * client takes the values from the file's header and does not calculate them again. No sums are made here.
 */

import type { HashLengths } from '../model.js';

/**
 * @param size      of the file, bytes
 * @param blockSize bytes
 */
export function hashLengths(size: number, blockSize: number): HashLengths {
  // Written with quotients of natural logarithms and an integer division, as in C: with Math.log2 or a true
  // division, sizes at the edges (16; 33,072 to 34,815) come out differently.
  const wholeBlocks = Math.floor(size / blockSize);
  const sequence = size > blockSize ? 2 : 1;
  const rsum = Math.ceil(((Math.log(size) + Math.log(blockSize)) / Math.LN2 - 8.6) / sequence / 8);
  const perSequence = Math.ceil(
    (20 + (Math.log(size) + Math.log(1 + wholeBlocks)) / Math.LN2) / sequence / 8,
  );
  const perBlock = Math.floor((7.9 + (20 + Math.log(1 + wholeBlocks) / Math.LN2)) / 8);
  return {
    sequence,
    rsum: Math.min(4, Math.max(2, rsum)),
    checksum: Math.max(perSequence, perBlock),
  };
}

/** As in the header and in the database: `2,2,4`. */
export function formatHashLengths(lengths: HashLengths): string {
  return `${lengths.sequence},${lengths.rsum},${lengths.checksum}`;
}

/**
 * The reverse of `formatHashLengths`.
 *
 * @throws SyntaxError when the text is anything that a zsync client would refuse
 */
export function parseHashLengths(text: string): HashLengths {
  const match = /^([12]),([1-4]),([3-9]|1[0-6])$/.exec(text);
  if (match === null) throw new SyntaxError(`not zsync hash lengths: ${JSON.stringify(text)}`);
  return { sequence: Number(match[1]), rsum: Number(match[2]), checksum: Number(match[3]) };
}
