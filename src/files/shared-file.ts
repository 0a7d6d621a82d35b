/**
 * The memory that several threads share while they hash one large file: who is where, and what its pieces and blocks
 * sum up to.
 *
 * Each thread goes through the whole file, unit by unit, with digests of its own. Who comes first to a unit also does
 * its pieces and blocks: so the one that is behind catches up, and the work divides itself. Nobody runs far ahead
 * of the others, so that a disk reads the file once and the others find it in the page cache.
 */
import { randomBytes } from 'node:crypto';
import type { DigestName } from '../hash/digests.js';
import { Witness, witnessKeyLength, witnessLength } from '../hash/witness.js';
import { hashLengths } from '../hash/zsync-lengths.js';
import type { FileRecipe, HashLengths, Pieces, ZsyncSums } from '../model.js';

/** bytes; a unit holds whole pieces and whole blocks, whose lengths are powers of two, too */
const smallestUnit = 4 * 1024 * 1024;
/** How far one may be ahead of the last, bytes. */
const longestLead = 64 * 1024 * 1024;

const sha1Length = 20;

/** Which digests each part computes: MD5, which takes longest, has a part of its own. */
export const digestsOfParts: readonly (readonly (readonly DigestName[])[])[] = [
  [['md5', 'sha1', 'sha256']],
  [['md5'], ['sha1', 'sha256']],
  [['md5'], ['sha1'], ['sha256']],
];

/** In so many parts one file can be hashed. */
export const mostParts = digestsOfParts.length;

/** What lies where in the memory. */
export interface SharedLayout {
  readonly parts: number;
  /** bytes of a unit */
  readonly unitLength: number;
  /** bytes of piece hashes: of the file, and of a whole unit */
  readonly pieces: number;
  readonly piecesOfUnit: number;
  /** bytes of zsync sums, 0 without */
  readonly zsums: number;
  readonly zsumsOfUnit: number;
  /** null without zsync sums */
  readonly hashLengths: HashLengths | null;
}

/** The same on both sides of the threads. */
export function sharedLayout(
  size: number,
  { pieceLength, zsyncBlockSize }: FileRecipe,
  parts: number,
): SharedLayout {
  const unitLength = Math.max(smallestUnit, pieceLength, zsyncBlockSize ?? 0);
  const pieces = {
    pieces: sha1Length * Math.ceil(size / pieceLength),
    piecesOfUnit: sha1Length * (unitLength / pieceLength),
  };
  if (zsyncBlockSize === null)
    return { parts, unitLength, ...pieces, zsums: 0, zsumsOfUnit: 0, hashLengths: null };
  const lengths = hashLengths(size, zsyncBlockSize);
  const width = lengths.rsum + lengths.checksum;
  return {
    parts,
    unitLength,
    ...pieces,
    zsums: width * Math.ceil(size / zsyncBlockSize),
    zsumsOfUnit: width * (unitLength / zsyncBlockSize),
    hashLengths: lengths,
  };
}

/** Where the sums of a unit go. */
export interface UnitSpace {
  readonly pieces: Uint8Array;
  readonly zsums: Uint8Array;
  readonly hashLengths: HashLengths | null;
}

/** The next unit that nobody came to, then whether all was in vain, then where each part is. */
const claimWord = 0;
const abandonedWord = 1;
const firstPosition = 2;

const absent = -1;
const gone = 2 ** 31 - 1;
/** Milliseconds that a thread sleeps at most before it looks whether it is to stop. */
const longestSleep = 100;

export class SharedFile {
  readonly pieces: Uint8Array;
  readonly zsums: Uint8Array;
  private readonly words: Int32Array;
  private readonly key: Uint8Array;
  private readonly witnesses: Uint8Array;

  /** @param memory as made by `allocate`, on either side of the thread */
  constructor(
    readonly memory: SharedArrayBuffer,
    readonly layout: SharedLayout,
  ) {
    let at = 0;
    const take = (length: number): Uint8Array => {
      at += length;
      return new Uint8Array(memory, at - length, length);
    };
    this.words = new Int32Array(memory, 0, firstPosition + layout.parts);
    take(this.words.byteLength);
    this.key = take(witnessKeyLength);
    this.witnesses = take(witnessLength * layout.parts);
    this.pieces = take(layout.pieces);
    this.zsums = take(layout.zsums);
  }

  static allocate(layout: SharedLayout): SharedFile {
    const { parts, pieces, zsums } = layout;
    const bytes = 4 * (firstPosition + parts) + witnessKeyLength + witnessLength * parts + pieces + zsums;
    const shared = new SharedFile(new SharedArrayBuffer(bytes), layout);
    shared.key.set(randomBytes(witnessKeyLength));
    shared.words.fill(absent, firstPosition);
    return shared;
  }

  /** Copies of the sums of the whole file, once all units are done. */
  sums({ pieceLength, zsyncBlockSize }: FileRecipe): {
    readonly pieces: Pieces;
    readonly zsync: ZsyncSums | null;
  } {
    const { hashLengths } = this.layout;
    const pieces = { length: pieceLength, sha1: this.pieces.slice() };
    if (zsyncBlockSize === null || hashLengths === null) return { pieces, zsync: null };
    return { pieces, zsync: { blockSize: zsyncBlockSize, hashLengths, sums: this.zsums.slice() } };
  }

  /** True for the first that asks: the pieces and blocks of the unit are its to do. */
  claim(unit: number): boolean {
    return Atomics.compareExchange(this.words, claimWord, unit, unit + 1) === unit;
  }

  /** For the bytes that a part reads. */
  witness(): Witness {
    return new Witness(this.key.slice());
  }

  /** What a part read, all in all. */
  testify(part: number, witness: Uint8Array): void {
    this.witnesses.set(witness, witnessLength * part);
  }

  /** Whether all parts read the same. */
  get isUnanimous(): boolean {
    const first = this.witnesses.subarray(0, witnessLength);
    return this.witnesses.every((byte, index) => byte === first[index % witnessLength]);
  }

  sumsOf(unit: number): UnitSpace {
    const { piecesOfUnit, zsumsOfUnit, hashLengths } = this.layout;
    return {
      pieces: this.pieces.subarray(unit * piecesOfUnit, (unit + 1) * piecesOfUnit),
      zsums: this.zsums.subarray(unit * zsumsOfUnit, (unit + 1) * zsumsOfUnit),
      hashLengths,
    };
  }

  /** Told before a unit is begun. */
  arrive(part: number, unit: number): void {
    Atomics.store(this.words, firstPosition + part, unit);
    Atomics.notify(this.words, firstPosition + part);
  }

  /** Nobody waits for this one any more. */
  leave(part: number): void {
    this.arrive(part, gone);
  }

  /** The file cannot be read: nobody need go on. */
  abandon(): void {
    Atomics.store(this.words, abandonedWord, 1);
  }

  get isAbandoned(): boolean {
    return Atomics.load(this.words, abandonedWord) === 1;
  }

  /** Sleeps while the last of those that have begun is too far behind. */
  waitForOthers(unit: number, isOver: () => boolean): void {
    const lead = Math.max(1, Math.floor(longestLead / this.layout.unitLength));
    while (!isOver()) {
      const { word, position } = this.last();
      if (unit - position <= lead) return;
      Atomics.wait(this.words, word, position, longestSleep);
    }
  }

  /** Of those that have begun; what waits for a thread is waited for by nobody. */
  private last(): { readonly word: number; readonly position: number } {
    let last = { word: firstPosition, position: gone };
    for (let word = firstPosition; word < this.words.length; word++) {
      const position = Atomics.load(this.words, word);
      if (position !== absent && position < last.position) last = { word, position };
    }
    return last;
  }
}
