/**
 * MD4 (RFC 1320) of blocks that lie one after the other: eight side by side, as in md5.ts, four, or one.
 *
 * Whole 64-byte chunks only: the caller appends the padding, and cuts the digests. MD4 is broken as a cryptographic hash: it is here because zsync's format asks for it.
 */
import { add, and, rotate, splat, transpose, word, words, xor } from 'simd/words';

/** A, B, C and D, each of eight blocks: 32 bytes from one word to the next. */
export const md4States: usize = memory.data(128, 64);

export function md4Start(): void {
  fill(0, 0x67452301);
  fill(32, 0xefcdab89);
  fill(64, 0x98badcfe);
  fill(96, 0x10325476);
}

function fill(offset: usize, value: u32): void {
  v128.store(md4States + offset, i32x4.splat(value));
  v128.store(md4States + offset, i32x4.splat(value), 16);
}

/** Advances the first state (`u32`, and only `p0` counts) or the first four (`v128`). */
export function md4<T>(p0: usize, p1: usize, p2: usize, p3: usize, chunks: usize): void {
  let a = load<T>(md4States);
  let b = load<T>(md4States, 32);
  let c = load<T>(md4States, 64);
  let d = load<T>(md4States, 96);
  for (; chunks > 0; chunks--) {
    let chunk = p0;
    if (isVector<T>()) {
      transpose(p0, p1, p2, p3, words);
      chunk = words;
      p1 += 64;
      p2 += 64;
      p3 += 64;
    }
    p0 += 64;
    const a0 = a;
    const b0 = b;
    const c0 = c;
    const d0 = d;
    for (let i: usize = 0; i < 16; i += 4) {
      a = F(a, b, c, d, word<T>(chunk, i), 3);
      d = F(d, a, b, c, word<T>(chunk, i + 1), 7);
      c = F(c, d, a, b, word<T>(chunk, i + 2), 11);
      b = F(b, c, d, a, word<T>(chunk, i + 3), 19);
    }
    for (let i: usize = 0; i < 4; i++) {
      a = G(a, b, c, d, word<T>(chunk, i), 3);
      d = G(d, a, b, c, word<T>(chunk, i + 4), 5);
      c = G(c, d, a, b, word<T>(chunk, i + 8), 9);
      b = G(b, c, d, a, word<T>(chunk, i + 12), 13);
    }
    for (let i: usize = 0; i < 4; i++) {
      const j = (i >> 1) + ((i & 1) << 1);
      a = H(a, b, c, d, word<T>(chunk, j), 3);
      d = H(d, a, b, c, word<T>(chunk, j + 8), 9);
      c = H(c, d, a, b, word<T>(chunk, j + 4), 11);
      b = H(b, c, d, a, word<T>(chunk, j + 12), 15);
    }
    a = add(a, a0);
    b = add(b, b0);
    c = add(c, c0);
    d = add(d, d0);
  }
  store<T>(md4States, a);
  store<T>(md4States, b, 32);
  store<T>(md4States, c, 64);
  store<T>(md4States, d, 96);
}

/** Advances eight states: block `i` begins at `at + i * stride`, but none behind `last`. */
export function md4Eight(at: usize, stride: usize, last: usize, chunks: usize): void {
  const second = words + 16;
  let p0 = at;
  let p1 = min(at + stride, last);
  let p2 = min(at + 2 * stride, last);
  let p3 = min(at + 3 * stride, last);
  let p4 = min(at + 4 * stride, last);
  let p5 = min(at + 5 * stride, last);
  let p6 = min(at + 6 * stride, last);
  let p7 = min(at + 7 * stride, last);
  let a0 = v128.load(md4States);
  let a1 = v128.load(md4States, 16);
  let b0 = v128.load(md4States, 32);
  let b1 = v128.load(md4States, 48);
  let c0 = v128.load(md4States, 64);
  let c1 = v128.load(md4States, 80);
  let d0 = v128.load(md4States, 96);
  let d1 = v128.load(md4States, 112);
  for (; chunks > 0; chunks--) {
    transpose(p0, p1, p2, p3, words);
    transpose(p4, p5, p6, p7, second);
    p0 += 64;
    p1 += 64;
    p2 += 64;
    p3 += 64;
    p4 += 64;
    p5 += 64;
    p6 += 64;
    p7 += 64;
    for (let i: usize = 0; i < 16; i += 4) {
      a0 = F(a0, b0, c0, d0, word<v128>(words, i), 3);
      a1 = F(a1, b1, c1, d1, word<v128>(second, i), 3);
      d0 = F(d0, a0, b0, c0, word<v128>(words, i + 1), 7);
      d1 = F(d1, a1, b1, c1, word<v128>(second, i + 1), 7);
      c0 = F(c0, d0, a0, b0, word<v128>(words, i + 2), 11);
      c1 = F(c1, d1, a1, b1, word<v128>(second, i + 2), 11);
      b0 = F(b0, c0, d0, a0, word<v128>(words, i + 3), 19);
      b1 = F(b1, c1, d1, a1, word<v128>(second, i + 3), 19);
    }
    for (let i: usize = 0; i < 4; i++) {
      a0 = G(a0, b0, c0, d0, word<v128>(words, i), 3);
      a1 = G(a1, b1, c1, d1, word<v128>(second, i), 3);
      d0 = G(d0, a0, b0, c0, word<v128>(words, i + 4), 5);
      d1 = G(d1, a1, b1, c1, word<v128>(second, i + 4), 5);
      c0 = G(c0, d0, a0, b0, word<v128>(words, i + 8), 9);
      c1 = G(c1, d1, a1, b1, word<v128>(second, i + 8), 9);
      b0 = G(b0, c0, d0, a0, word<v128>(words, i + 12), 13);
      b1 = G(b1, c1, d1, a1, word<v128>(second, i + 12), 13);
    }
    for (let i: usize = 0; i < 4; i++) {
      const j = (i >> 1) + ((i & 1) << 1);
      a0 = H(a0, b0, c0, d0, word<v128>(words, j), 3);
      a1 = H(a1, b1, c1, d1, word<v128>(second, j), 3);
      d0 = H(d0, a0, b0, c0, word<v128>(words, j + 8), 9);
      d1 = H(d1, a1, b1, c1, word<v128>(second, j + 8), 9);
      c0 = H(c0, d0, a0, b0, word<v128>(words, j + 4), 11);
      c1 = H(c1, d1, a1, b1, word<v128>(second, j + 4), 11);
      b0 = H(b0, c0, d0, a0, word<v128>(words, j + 12), 15);
      b1 = H(b1, c1, d1, a1, word<v128>(second, j + 12), 15);
    }
    a0 = add(a0, v128.load(md4States));
    a1 = add(a1, v128.load(md4States, 16));
    b0 = add(b0, v128.load(md4States, 32));
    b1 = add(b1, v128.load(md4States, 48));
    c0 = add(c0, v128.load(md4States, 64));
    c1 = add(c1, v128.load(md4States, 80));
    d0 = add(d0, v128.load(md4States, 96));
    d1 = add(d1, v128.load(md4States, 112));
    v128.store(md4States, a0);
    v128.store(md4States, a1, 16);
    v128.store(md4States, b0, 32);
    v128.store(md4States, b1, 48);
    v128.store(md4States, c0, 64);
    v128.store(md4States, c1, 80);
    v128.store(md4States, d0, 96);
    v128.store(md4States, d1, 112);
  }
}

function F<T>(a: T, b: T, c: T, d: T, m: T, bits: i32): T {
  return rotate(add(add(a, m), xor(d, and(b, xor(c, d)))), bits);
}

// The majority of three bits. The half that needs no b, the newest of them, comes first.
function G<T>(a: T, b: T, c: T, d: T, m: T, bits: i32): T {
  return rotate(add(add(add(a, add(m, splat<T>(0x5a827999))), and(c, d)), and(b, xor(c, d))), bits);
}

function H<T>(a: T, b: T, c: T, d: T, m: T, bits: i32): T {
  return rotate(add(add(a, add(m, splat<T>(0x6ed9eba1))), xor(b, xor(c, d))), bits);
}
