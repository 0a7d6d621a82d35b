/**
 * The block sums of a zsync file: per block the rsum and the MD4, both cut and packed as zsyncmake writes them.
 *
 * Eight blocks at once where there are as many. Where the bytes and the sums lie is the caller's business; nothing
 * is checked here.
 */
import { md4, md4Eight, md4Start, md4States } from 'simd/md4';
import { rsum, rsumEnd, rsumStart } from 'simd/rsum';

/** What follows the whole chunks of a block in its MD4: the rest of the block, if any, the padding, the length. */
const tail: usize = memory.data(64, 64);

/** The rsums of up to eight blocks. */
const rsums: usize = memory.data(32, 16);

let blockSize: usize = 0;
/** How the sums are cut, in bytes. */
let rsumLength: usize = 0;
let md4Length: usize = 0;
/** Where the next block's sums go. */
let output: usize = 0;

/** Comes before all others: for blocks of `size` bytes (a power of two, at least 4), sums from `out` on. */
export function beginSums(size: usize, rsumBytes: usize, md4Bytes: usize, out: usize): void {
  blockSize = size;
  rsumLength = rsumBytes;
  md4Length = md4Bytes;
  output = out;
  memory.fill(tail, 0, 64);
  store<u8>(tail + (size & 63), 0x80);
  store<u64>(tail, (<u64>size) << 3, 56);
}

/** `count` whole blocks, one after the other. */
export function addBlocks(at: usize, count: usize): void {
  // Blocks of less than a chunk, which hardly anybody wants, share their only chunk with the padding.
  const most: usize = blockSize < 64 ? 1 : 8;
  while (count > 0) {
    const some = min(count, most);
    if (some === 1) addOne(at);
    else addSome(at, some);
    at += some * blockSize;
    count -= some;
  }
}

function addOne(at: usize): void {
  beginBlock();
  addToBlock(at, blockSize);
  endBlock();
}

function addSome(at: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    rsumStart();
    rsum(at + i * blockSize, blockSize);
    store<u32>(rsums + 4 * i, rsumEnd());
  }
  const last = at + (count - 1) * blockSize;
  const chunks = blockSize >> 6;
  md4Start();
  if (count > 4) {
    md4Eight(at, blockSize, last, chunks);
    md4Eight(tail, 0, tail, 1);
  } else {
    md4<v128>(at, at + blockSize, min(at + 2 * blockSize, last), min(at + 3 * blockSize, last), chunks);
    md4<v128>(tail, tail, tail, tail, 1);
  }
  for (let i: usize = 0; i < count; i++) write(i);
}

/** For a block that comes in parts: begin, any number of parts, end. */
export function beginBlock(): void {
  rsumStart();
  md4Start();
}

/** A multiple of 64 bytes, or the whole of a block that is shorter than that. */
export function addToBlock(at: usize, length: usize): void {
  rsum(at, length);
  md4<u32>(at, at, at, at, length >> 6);
  if (length < 64) memory.copy(tail, at, length);
}

export function endBlock(): void {
  md4<u32>(tail, tail, tail, tail, 1);
  store<u32>(rsums, rsumEnd());
  write(0);
}

/** The last bytes of the rsum, big-endian; the first bytes of the MD4. */
function write(block: usize): void {
  const value = load<u32>(rsums + 4 * block);
  for (let left = <u32>rsumLength; left > 0; left--) store<u8>(output++, value >> (8 * (left - 1)));
  const state = md4States + 4 * block;
  // Four bytes of the digest are a word of the state, and the words of one block lie 32 bytes apart.
  for (let i: usize = 0; i < md4Length; i++) store<u8>(output++, load<u8>(state + ((i >> 2) << 5) + (i & 3)));
}
