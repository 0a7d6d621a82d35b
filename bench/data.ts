/**
 * Makes the trees that are measured: the same bytes every time, from a seed and never from a clock. A tree that is
 * already there is taken as it is: it gets its name only when it is complete.
 */
import { createCipheriv, createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/** A million files take a while, and Ctrl-C is to be heard meanwhile. */
const breath = (): Promise<void> => setImmediate();

export type Random = () => number;

/** mulberry32: numbers from 0 to below 1. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes without a pattern: the key stream of AES, which the processor makes faster than a disk takes it. */
export function seededBytes(seed: string): (length: number) => Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (length) => cipher.update(Buffer.alloc(length));
}

export interface TreeShape {
  readonly directories: number;
  readonly filesEach: number;
  /** bytes */
  readonly size: (random: Random) => number;
}

/** Many small files: `d00042/f00007`. Their content is cut from one pool, which makes a million in seconds. */
export function makeSmallFiles(place: string, shape: TreeShape): Promise<string> {
  return made(place, async (draft) => {
    const random = seededRandom(1);
    const pool = seededBytes('small files')(MiB);
    for (let d = 0; d < shape.directories; d += 1) {
      const directory = join(draft, numbered('d', d));
      mkdirSync(directory);
      await breath();
      for (let f = 0; f < shape.filesEach; f += 1) {
        const size = shape.size(random);
        const at = Math.floor(random() * (pool.length - size));
        writeOnce(`${directory}/${numbered('f', f)}`, pool.subarray(at, at + size));
      }
    }
  });
}

/** Large files in one directory. */
export function makeLargeFiles(place: string, files: number, size: number): Promise<string> {
  return made(place, async (draft) => {
    for (let f = 0; f < files; f += 1) {
      await breath();
      const bytes = seededBytes(`large file ${f}`);
      const descriptor = openSync(join(draft, `${numbered('f', f)}.iso`), 'wx');
      for (let left = size; left > 0; left -= MiB) writeSync(descriptor, bytes(Math.min(left, MiB)));
      closeSync(descriptor);
    }
  });
}

/** A file that takes no room on the disk. */
export function makeSparseFile(place: string, size: number): Promise<string> {
  return made(place, async (draft) => {
    const descriptor = openSync(join(draft, 'sparse.iso'), 'wx');
    ftruncateSync(descriptor, size);
    closeSync(descriptor);
  });
}

/** Puts every file of a tree into the page cache. */
export function readAll(tree: string): void {
  const buffer = Buffer.alloc(MiB);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const descriptor = openSync(join(entry.parentPath, entry.name), 'r');
    while (readSync(descriptor, buffer) > 0);
    closeSync(descriptor);
  }
}

async function made(place: string, fill: (draft: string) => Promise<void>): Promise<string> {
  if (existsSync(place)) return place;
  const draft = `${place}.part`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  mkdirSync(draft);
  await fill(draft);
  renameSync(draft, place);
  return place;
}

function writeOnce(path: string, content: Buffer): void {
  const descriptor = openSync(path, 'wx');
  if (content.length > 0) writeSync(descriptor, content);
  closeSync(descriptor);
}

function numbered(letter: string, n: number): string {
  return letter + String(n).padStart(6, '0');
}
