/**
 * Commands that people copy from a page into a POSIX shell: a name can neither end its quotes nor reach the terminal.
 */

import { gnuLine } from '../../formats/checksums.js';
import { nameOf } from '../../formats/names.js';
import type { Published } from '../../model.js';
import { signatureName } from '../../paths.js';
import { isPlain } from './text.js';

/** What a shell takes as it stands. */
const bare = /^[A-Za-z0-9_.,:+@/][A-Za-z0-9_.,:+@/-]*$/;

/** One word in single quotes. */
function quoted(text: string): string {
  return bare.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Checks the file `path` in the working directory. The name goes through printf's format, where all that a terminal
 * would obey, or a reader not see, can be written in octal.
 */
export function sha256Command({ sha256, path }: Published): string {
  const line = gnuLine(sha256, nameOf(path)).slice(0, -1);
  const format = line.replace(/[\\%]/g, '$&$&').replace(/./gsu, (character) => {
    return isHarmless(character) ? character : octal(character);
  });
  return `printf '${format.replaceAll("'", "'\\''")}\\n' | sha256sum -c`;
}

/** Whether a character is seen, and does nothing, where a command is pasted. */
function isHarmless(character: string): boolean {
  return isPlain(character) || character === ' ' || character === '\\';
}

function octal(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

/** Checks the signature `NAME.asc`; null for a name that cannot be written out. */
export function gpgCommand({ path }: Published): string | null {
  const name = nameOf(path);
  if (!Array.from(name).every(isHarmless)) return null;
  const file = name.startsWith('-') ? `./${name}` : name;
  return `gpg --verify ${quoted(signatureName(file))} ${quoted(file)}`;
}
