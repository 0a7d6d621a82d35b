/**
 * What MD4 and MD5 are made of, on one 32-bit word (`u32`) or on the same word of four messages (`v128`).
 *
 * AssemblyScript, as all of this directory: `T` is known at compile time, and so is which branch is taken. It
 * knows neither rounds nor states. The transposition turns four messages into one vector per word.
 */

/** Bytes from one word of the transposed messages to the next: eight messages, four bytes each. */
export const wordStride: usize = 32;

/** The sixteen words of a 64-byte chunk of eight messages (of which four may be in use). */
export const words: usize = memory.data(512, 64);

export function add<T>(a: T, b: T): T {
  if (isVector<T>()) return i32x4.add(a, b);
  return (a + b) as T;
}

export function and<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.and(a, b);
  return (a & b) as T;
}

export function andNot<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.andnot(a, b);
  return (a & ~b) as T;
}

export function orNot<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.or(a, v128.not(b));
  return (a | ~b) as T;
}

export function xor<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.xor(a, b);
  return (a ^ b) as T;
}

/** The same value in every word. */
export function splat<T>(value: u32): T {
  if (isVector<T>()) return i32x4.splat(value);
  return value as T;
}

/** To the left; there is no such instruction for vectors. */
export function rotate<T>(x: T, bits: i32): T {
  if (isVector<T>()) return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
  return rotl<T>(x, bits as T);
}

/** Word `index mod 16` of a chunk: of one message as it lies there, or of four transposed ones. */
export function word<T>(chunk: usize, index: usize): T {
  return load<T>(chunk + (index & 15) * (isVector<T>() ? wordStride : sizeof<T>()));
}

/** The same word of four messages becomes one vector, for all sixteen words of a chunk. */
export function transpose(p0: usize, p1: usize, p2: usize, p3: usize, to: usize): void {
  transposeFour(p0, p1, p2, p3, to);
  transposeFour(p0 + 16, p1 + 16, p2 + 16, p3 + 16, to + 4 * wordStride);
  transposeFour(p0 + 32, p1 + 32, p2 + 32, p3 + 32, to + 8 * wordStride);
  transposeFour(p0 + 48, p1 + 48, p2 + 48, p3 + 48, to + 12 * wordStride);
}

/** Four words of each; `transposeFour` for words of a state, too. */
export function transposeFour(p0: usize, p1: usize, p2: usize, p3: usize, to: usize): void {
  const m0 = v128.load(p0);
  const m1 = v128.load(p1);
  const m2 = v128.load(p2);
  const m3 = v128.load(p3);
  const low01 = v128.shuffle<i32>(m0, m1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(m2, m3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(m0, m1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(m2, m3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to + wordStride, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(to + 2 * wordStride, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(to + 3 * wordStride, v128.shuffle<i64>(high01, high23, 1, 3));
}
