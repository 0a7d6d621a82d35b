/**
 * Process: hashes with one algorithm of node:crypto when it is told to, and answers with the rate. One for each core,
 * and all are told at once: cores that are all busy are slower than one alone.
 */
import { createHash } from 'node:crypto';
import { MiB, seededBytes } from './data.js';
import type { RateJob } from './openssl-sum.js';

const chunk = seededBytes('openssl')(MiB);

/** @returns bytes a second */
function rate({ algorithm, bytes, pieceLength }: RateJob): number {
  const pieceEnd = pieceLength ?? Number.POSITIVE_INFINITY;
  const started = performance.now();
  let hash = createHash(algorithm);
  let inPiece = 0;
  for (let done = 0; done < bytes; ) {
    const length = Math.min(chunk.length, pieceEnd - inPiece);
    hash.update(length === chunk.length ? chunk : chunk.subarray(0, length));
    done += length;
    inPiece += length;
    if (inPiece < pieceEnd) continue;
    hash.digest();
    hash = createHash(algorithm);
    inPiece = 0;
  }
  hash.digest();
  return bytes / ((performance.now() - started) / 1000);
}

process.on('message', (job: RateJob) => process.send?.(rate(job)));
process.send?.('ready');
