/** Names of every byte that Linux allows in a name, and of bytes by chance; what coreutils say of the files. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import type { Dice } from '../faults/dice.js';
import { longAgo } from '../support/e2e-files.js';

const slash = 0x2f;

/** Each byte but `/` and NUL: alone, before, behind and within a name. */
export function everyByte(): readonly Buffer[] {
  const bytes = Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== slash);
  const names = bytes.flatMap((byte) => {
    const one = Buffer.of(byte);
    const a = Buffer.from('a');
    return [one, Buffer.concat([one, a]), Buffer.concat([a, one]), Buffer.concat([a, one, a])];
  });
  return unique(names).filter((name) => !name.equals(Buffer.from('.')));
}

/** Half of them are ASCII. None begins with a dot: it might be called like a temporary of rsync. */
export function byChance(dice: Dice, count: number): readonly Buffer[] {
  const names = Array.from({ length: count }, () => {
    const bytes = dice.bytes(dice.between(1, dice.pick([2, 3, 8, 100])));
    return dice.chance(0.5) ? bytes.map((byte) => byte & 0x7f) : bytes;
  }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0 && byte !== slash)));
  return unique(names).filter((name) => name.length > 0 && name[0] !== 0x2e);
}

function unique(names: readonly Buffer[]): readonly Buffer[] {
  return [...new Map(names.map((name) => [name.toString('latin1'), name])).values()];
}

/** Files in a directory, and half of the names once more as directories with a file in it. */
export function plant(directory: string, names: readonly Buffer[]): void {
  names.forEach((name, index) => {
    const path = Buffer.concat([Buffer.from(`${directory}/files/`), name]);
    const content = `file ${index}\n`;
    mkdirSync(`${directory}/files`, { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, longAgo, longAgo);
    if (index % 2 === 1) return;
    const below = Buffer.concat([Buffer.from(`${directory}/directories/`), name]);
    mkdirSync(below, { recursive: true });
    const inside = Buffer.concat([below, Buffer.from('/f')]);
    writeFileSync(inside, content);
    utimesSync(inside, longAgo, longAgo);
  });
}

/** SHA-256 in hex by path, one character a byte, of all files below a directory. */
export function sumsBelow(directory: string): ReadonlyMap<string, string> {
  const command = "find . -type f -printf '%P\\0' | xargs -0 sha256sum -z --";
  const { stdout, status } = spawnSync('sh', ['-c', command], { cwd: directory, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error('sha256sum failed');
  const lines = stdout.toString('latin1').split('\0').slice(0, -1);
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Null: it is no UTF-8. @param latin1 one character a byte */
export function asUtf8(latin1: string): string | null {
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}
