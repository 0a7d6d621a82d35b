/**
 * Ways in which a file and its content come to be and change. Each makes one change and tells what it was made to, or
 * null when there was nothing to change.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Hands } from './hands.js';
import { withOpen } from './ledger.js';

const KiB = 1024;

/** A file that is written where it lies, its mtime that of the moment. */
export function create(hands: Hands): string {
  const file = hands.newFile();
  withOpen(file, 'w', (descriptor) => {
    hands.ledger.changed(descriptor);
    for (let parts = hands.dice.between(0, 3); parts > 0; parts--)
      hands.write(descriptor, Math.floor(hands.size() / 3));
  });
  return file;
}

/** As rsync does it: a temporary file, its times set, renamed to its name. */
export function arrive(hands: Hands, file = hands.newFile()): string {
  const temporary = join(dirname(file), `.${basename(file)}.${suffix(hands)}`);
  withOpen(temporary, 'w', (descriptor) => {
    const sameSize = existsSync(file) && hands.dice.chance(0.5);
    hands.write(descriptor, sameSize ? lstatSync(file).size : hands.size());
    if (hands.dice.chance(0.8)) hands.setTimeOf(descriptor);
  });
  renameSync(temporary, file);
  return file;
}

export function replace(hands: Hands): string | null {
  const file = hands.file();
  return file && arrive(hands, file);
}

export function grow(hands: Hands): string | null {
  return hands.change('a', (descriptor) => hands.write(descriptor, hands.dice.between(1, 64 * KiB)));
}

export function truncate(hands: Hands): string | null {
  return hands.change('r+', (descriptor, size) => {
    ftruncateSync(descriptor, hands.dice.between(0, size));
    hands.ledger.changed(descriptor);
  });
}

/** Another content of the same size. */
export function rewrite(hands: Hands): string | null {
  return hands.change('r+', (descriptor, size) => {
    const at = hands.dice.between(0, size);
    hands.write(descriptor, size - at, at);
    if (hands.dice.chance(0.3)) hands.setTimeOf(descriptor);
  });
}

/** Several other contents, each put back to one mtime: only the ctime tells. */
export function rewriteQuietly(hands: Hands): string | null {
  const time = hands.newTime();
  return hands.change('r+', (descriptor, size) => {
    for (let times = hands.dice.between(1, 6); times > 0; times--) {
      hands.write(descriptor, size, 0);
      hands.setTimeOf(descriptor, time);
    }
  });
}

/** Another content of the same size, under the mtime of the moment. */
export function rewriteNow(hands: Hands, file: string | null): string | null {
  return hands.change('r+', (descriptor, size) => hands.write(descriptor, size, 0), file);
}

export function touch(hands: Hands): string | null {
  const file = hands.file();
  if (file !== null) hands.setTime(file);
  return file;
}

export function sign(hands: Hands): string | null {
  const file = hands.file();
  return file === null || file.endsWith('.asc') ? null : writeSignature(hands, `${file}.asc`);
}

export function signAgain(hands: Hands): string | null {
  const file = hands.file('.asc');
  return file && writeSignature(hands, file);
}

export function removeSignature(hands: Hands): string | null {
  const file = hands.file('.asc');
  if (file !== null) rmSync(file);
  return file;
}

/** Always of one length: only the mtime tells one signature from the next. */
function writeSignature(hands: Hands, file: string): string | null {
  // A link to nothing is there, too.
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) return null;
  const text = hands.dice.bytes(30).toString('base64');
  withOpen(file, 'w', (descriptor) => {
    hands.ledger.changed(descriptor);
    writeSync(descriptor, `-----BEGIN PGP SIGNATURE-----\n\n${text}\n-----END PGP SIGNATURE-----\n`);
    hands.ledger.changed(descriptor);
    if (hands.dice.chance(0.5)) hands.setTimeOf(descriptor);
  });
  return file;
}

/** Files that are open for many changes: somebody uploads slowly. */
export class Uploads {
  private readonly open: { readonly descriptor: number; readonly file: string; left: number }[] = [];

  /** Begins one, or writes a bit of one that was begun. */
  proceed(hands: Hands): string {
    if (this.open.length < 4) {
      const file = hands.newFile();
      this.open.push({ descriptor: openSync(file, 'w'), file, left: hands.dice.between(1, 30) });
      return file;
    }
    const one = hands.dice.pick(this.open);
    hands.write(one.descriptor, hands.dice.between(1, 20 * KiB));
    one.left--;
    if (one.left === 0) {
      if (hands.dice.chance(0.5)) hands.setTimeOf(one.descriptor);
      closeSync(one.descriptor);
      this.open.splice(this.open.indexOf(one), 1);
    }
    return one.file;
  }

  end(): void {
    for (const { descriptor } of this.open.splice(0)) closeSync(descriptor);
  }
}

function suffix({ dice }: Hands): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  return Array.from({ length: 6 }, () => dice.pick([...letters])).join('');
}
