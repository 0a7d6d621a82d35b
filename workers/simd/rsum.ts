/**
 * zsync's rsum of a block: A, the sum of its bytes, and B, the sum of each byte times the number of bytes from
 * it to the end, both modulo 2^16.
 *
 * Sixteen columns of bytes are summed in 16-bit words, which lose exactly the bits that the modulus drops. It
 * rolls nothing: that is a client's work.
 */

/** Two u32: A and B of the block so far; their lower 16 bits count. */
const sums: usize = memory.data(8, 8);

export function rsumStart(): void {
  store<u64>(sums, 0);
}

/** A in the upper, B in the lower 16 bits. */
export function rsumEnd(): u32 {
  return (load<u32>(sums) << 16) | (load<u32>(sums, 4) & 0xffff);
}

/** The block's next `length` bytes. */
export function rsum(at: usize, length: usize): void {
  if (length & 15) addBytes(at, length);
  else addRows(at, length);
}

function addBytes(at: usize, length: usize): void {
  let a = load<u32>(sums);
  let b = load<u32>(sums, 4);
  for (const end = at + length; at < end; at++) {
    a += load<u8>(at);
    b += a;
  }
  store<u32>(sums, a);
  store<u32>(sums, b, 4);
}

/** Whole rows of 16 bytes. With each, every byte of the rows before it counts 16 times more in B. */
function addRows(at: usize, length: usize): void {
  const a = load<u32>(sums);
  const b = load<u32>(sums, 4) + a * <u32>length;
  // The sums of the columns 0 to 7 and 8 to 15, and of both as they were before each row.
  let low = i16x8.splat(0);
  let high = i16x8.splat(0);
  let before = i16x8.splat(0);
  for (const end = at + length; at < end; at += 16) {
    const row = v128.load(at);
    before = i16x8.add(before, i16x8.add(low, high));
    low = i16x8.add(low, i16x8.extend_low_i8x16_u(row));
    high = i16x8.add(high, i16x8.extend_high_i8x16_u(row));
  }
  const inRow = i16x8.add(
    i16x8.mul(low, i16x8(16, 15, 14, 13, 12, 11, 10, 9)),
    i16x8.mul(high, i16x8(8, 7, 6, 5, 4, 3, 2, 1)),
  );
  store<u32>(sums, a + total(i16x8.add(low, high)));
  store<u32>(sums, b + total(i16x8.add(i16x8.shl(before, 4), inRow)), 4);
}

function total(columns: v128): u32 {
  const pairs = i32x4.extadd_pairwise_i16x8_u(columns);
  return (
    i32x4.extract_lane(pairs, 0) +
    i32x4.extract_lane(pairs, 1) +
    i32x4.extract_lane(pairs, 2) +
    i32x4.extract_lane(pairs, 3)
  );
}
