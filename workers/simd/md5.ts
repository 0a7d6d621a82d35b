/**
 * MD5 (RFC 1321) of up to eight messages side by side: an instruction works on four of them, and the steps of
 * two such fours alternate, because each step has to wait for the one before it.
 *
 * Whole 64-byte chunks only: no padding, no lengths, no digests; those are src/hash/lanes.ts. Rounds are loops of
 * four steps, which V8 compiles to faster code than 64 steps in a row.
 */
import { add, and, andNot, orNot, rotate, transpose, transposeFour, word, words, xor } from 'simd/words';

/** Eight u32: the numbers of the messages to advance; behind the last one, any of them again. */
export const md5Active: usize = memory.data(32, 64);
/** Eight u32: the address of each message's next chunk. */
export const md5Positions: usize = memory.data(32, 64);
/** Eight times the four words A, B, C and D: the state of each message. */
export const md5States: usize = memory.data(128, 64);

/** The states in use, transposed: A of all eight messages, then B, C and D. */
const turned: usize = memory.data(128, 64);

/** Each of the RFC's 64 constants four times, so that a vector of one is one load. */
const constants: usize = memory.data(1024, 64);

function fillConstants(): void {
  for (let i: usize = 0; i < 64; i++) {
    const sine = Math.abs(Math.sin(<f64>(i + 1)));
    v128.store(constants + 16 * i, i32x4.splat(<u32>(4294967296.0 * sine)));
  }
}
fillConstants();

/**
 * Advances `count` messages by as many chunks each.
 *
 * @param count  1 to 8; `md5Active` names the messages
 * @param chunks of 64 bytes
 */
export function md5(count: usize, chunks: usize): void {
  if (count > 4) {
    loadStates(0);
    loadStates(4);
    advanceEight(chunks);
    storeStates(0);
    storeStates(4);
  } else if (count > 1) {
    loadStates(0);
    advance<v128>(turned, 32, chunks);
    storeStates(0);
  } else {
    advance<u32>(state(0), 4, chunks);
  }
  for (let slot: usize = 0; slot < count; slot++) {
    const at = md5Positions + 4 * active(slot);
    store<u32>(at, load<u32>(at) + <u32>(chunks << 6));
  }
}

function active(slot: usize): usize {
  return load<u32>(md5Active + 4 * slot);
}

function position(slot: usize): usize {
  return load<u32>(md5Positions + 4 * active(slot));
}

function state(slot: usize): usize {
  return md5States + 16 * active(slot);
}

function loadStates(slot: usize): void {
  transposeFour(state(slot), state(slot + 1), state(slot + 2), state(slot + 3), turned + 4 * slot);
}

/** Its own reverse. A message that fills several slots is written several times, with the same values. */
function storeStates(slot: usize): void {
  const at = turned + 4 * slot;
  const a = v128.load(at);
  const b = v128.load(at, 32);
  const c = v128.load(at, 64);
  const d = v128.load(at, 96);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(state(slot), v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(state(slot + 1), v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(state(slot + 2), v128.shuffle<i64>(ab2, cd2, 0, 2));
  v128.store(state(slot + 3), v128.shuffle<i64>(ab2, cd2, 1, 3));
}

function constant<T>(index: usize): T {
  return load<T>(constants + 16 * index);
}

function F<T>(a: T, b: T, c: T, d: T, m: T, k: T, bits: i32): T {
  return step(add(a, add(m, k)), b, xor(d, and(b, xor(c, d))), bits);
}

// The RFC's `or` joins bits that are never both set: as a sum, one half does not have to wait for b.
function G<T>(a: T, b: T, c: T, d: T, m: T, k: T, bits: i32): T {
  return step(add(add(a, add(m, k)), andNot(c, d)), b, and(b, d), bits);
}

function H<T>(a: T, b: T, c: T, d: T, m: T, k: T, bits: i32): T {
  return step(add(a, add(m, k)), b, xor(b, xor(c, d)), bits);
}

function I<T>(a: T, b: T, c: T, d: T, m: T, k: T, bits: i32): T {
  return step(add(a, add(m, k)), b, xor(c, orNot(b, d)), bits);
}

function step<T>(sum: T, b: T, f: T, bits: i32): T {
  return add(b, rotate(add(sum, f), bits));
}

/** One message (`u32`) or the first four (`v128`); the words of the state lie `stride` bytes apart. */
function advance<T>(at: usize, stride: usize, chunks: usize): void {
  let p0 = position(0);
  let p1 = position(1);
  let p2 = position(2);
  let p3 = position(3);
  let a = load<T>(at);
  let b = load<T>(at + stride);
  let c = load<T>(at + 2 * stride);
  let d = load<T>(at + 3 * stride);
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
      a = F(a, b, c, d, word<T>(chunk, i), constant<T>(i), 7);
      d = F(d, a, b, c, word<T>(chunk, i + 1), constant<T>(i + 1), 12);
      c = F(c, d, a, b, word<T>(chunk, i + 2), constant<T>(i + 2), 17);
      b = F(b, c, d, a, word<T>(chunk, i + 3), constant<T>(i + 3), 22);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a = G(a, b, c, d, word<T>(chunk, 5 * i + 1), constant<T>(i + 16), 5);
      d = G(d, a, b, c, word<T>(chunk, 5 * i + 6), constant<T>(i + 17), 9);
      c = G(c, d, a, b, word<T>(chunk, 5 * i + 11), constant<T>(i + 18), 14);
      b = G(b, c, d, a, word<T>(chunk, 5 * i + 16), constant<T>(i + 19), 20);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a = H(a, b, c, d, word<T>(chunk, 3 * i + 5), constant<T>(i + 32), 4);
      d = H(d, a, b, c, word<T>(chunk, 3 * i + 8), constant<T>(i + 33), 11);
      c = H(c, d, a, b, word<T>(chunk, 3 * i + 11), constant<T>(i + 34), 16);
      b = H(b, c, d, a, word<T>(chunk, 3 * i + 14), constant<T>(i + 35), 23);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a = I(a, b, c, d, word<T>(chunk, 7 * i), constant<T>(i + 48), 6);
      d = I(d, a, b, c, word<T>(chunk, 7 * i + 7), constant<T>(i + 49), 10);
      c = I(c, d, a, b, word<T>(chunk, 7 * i + 14), constant<T>(i + 50), 15);
      b = I(b, c, d, a, word<T>(chunk, 7 * i + 21), constant<T>(i + 51), 21);
    }
    a = add(a, a0);
    b = add(b, b0);
    c = add(c, c0);
    d = add(d, d0);
  }
  store<T>(at, a);
  store<T>(at + stride, b);
  store<T>(at + 2 * stride, c);
  store<T>(at + 3 * stride, d);
}

function advanceEight(chunks: usize): void {
  const second = words + 16;
  let p0 = position(0);
  let p1 = position(1);
  let p2 = position(2);
  let p3 = position(3);
  let p4 = position(4);
  let p5 = position(5);
  let p6 = position(6);
  let p7 = position(7);
  let a0 = v128.load(turned);
  let a1 = v128.load(turned, 16);
  let b0 = v128.load(turned, 32);
  let b1 = v128.load(turned, 48);
  let c0 = v128.load(turned, 64);
  let c1 = v128.load(turned, 80);
  let d0 = v128.load(turned, 96);
  let d1 = v128.load(turned, 112);
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
      a0 = F(a0, b0, c0, d0, word<v128>(words, i), constant<v128>(i), 7);
      a1 = F(a1, b1, c1, d1, word<v128>(second, i), constant<v128>(i), 7);
      d0 = F(d0, a0, b0, c0, word<v128>(words, i + 1), constant<v128>(i + 1), 12);
      d1 = F(d1, a1, b1, c1, word<v128>(second, i + 1), constant<v128>(i + 1), 12);
      c0 = F(c0, d0, a0, b0, word<v128>(words, i + 2), constant<v128>(i + 2), 17);
      c1 = F(c1, d1, a1, b1, word<v128>(second, i + 2), constant<v128>(i + 2), 17);
      b0 = F(b0, c0, d0, a0, word<v128>(words, i + 3), constant<v128>(i + 3), 22);
      b1 = F(b1, c1, d1, a1, word<v128>(second, i + 3), constant<v128>(i + 3), 22);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a0 = G(a0, b0, c0, d0, word<v128>(words, 5 * i + 1), constant<v128>(i + 16), 5);
      a1 = G(a1, b1, c1, d1, word<v128>(second, 5 * i + 1), constant<v128>(i + 16), 5);
      d0 = G(d0, a0, b0, c0, word<v128>(words, 5 * i + 6), constant<v128>(i + 17), 9);
      d1 = G(d1, a1, b1, c1, word<v128>(second, 5 * i + 6), constant<v128>(i + 17), 9);
      c0 = G(c0, d0, a0, b0, word<v128>(words, 5 * i + 11), constant<v128>(i + 18), 14);
      c1 = G(c1, d1, a1, b1, word<v128>(second, 5 * i + 11), constant<v128>(i + 18), 14);
      b0 = G(b0, c0, d0, a0, word<v128>(words, 5 * i + 16), constant<v128>(i + 19), 20);
      b1 = G(b1, c1, d1, a1, word<v128>(second, 5 * i + 16), constant<v128>(i + 19), 20);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a0 = H(a0, b0, c0, d0, word<v128>(words, 3 * i + 5), constant<v128>(i + 32), 4);
      a1 = H(a1, b1, c1, d1, word<v128>(second, 3 * i + 5), constant<v128>(i + 32), 4);
      d0 = H(d0, a0, b0, c0, word<v128>(words, 3 * i + 8), constant<v128>(i + 33), 11);
      d1 = H(d1, a1, b1, c1, word<v128>(second, 3 * i + 8), constant<v128>(i + 33), 11);
      c0 = H(c0, d0, a0, b0, word<v128>(words, 3 * i + 11), constant<v128>(i + 34), 16);
      c1 = H(c1, d1, a1, b1, word<v128>(second, 3 * i + 11), constant<v128>(i + 34), 16);
      b0 = H(b0, c0, d0, a0, word<v128>(words, 3 * i + 14), constant<v128>(i + 35), 23);
      b1 = H(b1, c1, d1, a1, word<v128>(second, 3 * i + 14), constant<v128>(i + 35), 23);
    }
    for (let i: usize = 0; i < 16; i += 4) {
      a0 = I(a0, b0, c0, d0, word<v128>(words, 7 * i), constant<v128>(i + 48), 6);
      a1 = I(a1, b1, c1, d1, word<v128>(second, 7 * i), constant<v128>(i + 48), 6);
      d0 = I(d0, a0, b0, c0, word<v128>(words, 7 * i + 7), constant<v128>(i + 49), 10);
      d1 = I(d1, a1, b1, c1, word<v128>(second, 7 * i + 7), constant<v128>(i + 49), 10);
      c0 = I(c0, d0, a0, b0, word<v128>(words, 7 * i + 14), constant<v128>(i + 50), 15);
      c1 = I(c1, d1, a1, b1, word<v128>(second, 7 * i + 14), constant<v128>(i + 50), 15);
      b0 = I(b0, c0, d0, a0, word<v128>(words, 7 * i + 21), constant<v128>(i + 51), 21);
      b1 = I(b1, c1, d1, a1, word<v128>(second, 7 * i + 21), constant<v128>(i + 51), 21);
    }
    a0 = add(a0, v128.load(turned));
    a1 = add(a1, v128.load(turned, 16));
    b0 = add(b0, v128.load(turned, 32));
    b1 = add(b1, v128.load(turned, 48));
    c0 = add(c0, v128.load(turned, 64));
    c1 = add(c1, v128.load(turned, 80));
    d0 = add(d0, v128.load(turned, 96));
    d1 = add(d1, v128.load(turned, 112));
    v128.store(turned, a0);
    v128.store(turned, a1, 16);
    v128.store(turned, b0, 32);
    v128.store(turned, b1, 48);
    v128.store(turned, c0, 64);
    v128.store(turned, c1, 80);
    v128.store(turned, d0, 96);
    v128.store(turned, d1, 112);
  }
}
