import { expect, test } from 'vitest';
import type { Body } from '../../src/server/answer.js';
import { HeldBytes } from '../../src/server/held-bytes.js';

const MiB = 1024 * 1024;
const bodyOf = (bytes: Uint8Array | string): Body => ({ kind: 'bytes', bytes });

test('so many bytes are held for slow readers, and no more until one has taken its own', () => {
  const held = new HeldBytes();
  const bodies = Array.from({ length: 128 }, () => bodyOf(Buffer.alloc(MiB)));
  for (const body of bodies) expect(held.take(body)).toBe(true);
  const another = bodyOf(Buffer.alloc(MiB));
  expect(held.take(another)).toBe(false);
  // What somebody is sent already costs nothing more.
  expect(held.take(bodies[5] ?? null)).toBe(true);
  held.give(bodies[5] ?? null);
  expect(held.take(another)).toBe(false);
  held.give(bodies[5] ?? null);
  expect(held.take(another)).toBe(true);
});

test('what is small, a file, or nothing counts nothing; one that is larger than all is sent alone', () => {
  const held = new HeldBytes();
  const huge = bodyOf(Buffer.alloc(200 * MiB));
  expect(held.take(huge)).toBe(true);
  expect(held.take(bodyOf(Buffer.alloc(MiB)))).toBe(false);
  expect(held.take(bodyOf(Buffer.alloc(1024)))).toBe(true);
  expect(held.take(bodyOf('x'.repeat(MiB)))).toBe(true);
  expect(held.take({ kind: 'file', descriptor: 0, parts: [{ start: 0, length: 10 * MiB }] })).toBe(true);
  expect(held.take(null)).toBe(true);
  held.give(huge);
  expect(held.take(bodyOf(Buffer.alloc(MiB)))).toBe(true);
});
