/**
 * Words and numbers for people: how a name, a size, a count or a time is written. Pure.
 *
 * Knows no event and prints nothing; the same text comes out in every locale.
 */

import prettyBytes from 'pretty-bytes';

/** Control characters, bidi marks, Unicode's own line breaks, lone surrogates; and the escape itself. */
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029\\]/gu;

const shortEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

/**
 * A name that is safe in a terminal and in a log: it can neither move the cursor, nor break the line, nor
 * turn the reading direction around.
 *
 * A backslash is always doubled, so no name looks like the escaped form of another one.
 */
export function printable(name: string): string {
  return name.replace(unprintable, escapeOf);
}

/**
 * JSON on one line for every reader, without the line feed: some take U+2028 or U+0085 for the end of a line, terminals
 * take U+009B for the beginning of an escape sequence, and JSON lets them be. Parsed, it is what it was.
 */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\p{Bidi_Control}\u2028\u2029]/gu,
    (character) => `\\u${hex(character.charCodeAt(0), 4)}`,
  );
}

function escapeOf(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** `512 B`, `1.2 GiB`, `361 MiB`; cut, not rounded, so that nothing looks finished before it is. */
export function bytes(n: number): string {
  if (n < 1024) return `${Math.trunc(n)} B`;
  const text = prettyBytes(n, { binary: true, minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return text.replace(/^(\d{3,})\.\d/, '$1');
}

/** `0.04 s`, `3.4 s`, `34 s`, `2 min 5 s`, `1 h 3 min`, `2 d 4 h` */
export function duration(seconds: number): string {
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `2:05`, `1:02:05`: a time that counts down in place */
export function clock(seconds: number): string {
  const s = Math.ceil(seconds);
  const minutes = Math.floor(s / 60) % 60;
  const tail = `${s % 60}`.padStart(2, '0');
  if (s < 3600) return `${minutes}:${tail}`;
  return `${Math.floor(s / 3600)}:${`${minutes}`.padStart(2, '0')}:${tail}`;
}

/** `46,232` */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `2 files`, `3 directories` */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** What the program says of itself: one line, and what the user can do about it on a second one. */
export function said(message: string, hint?: string): string {
  const line = `mirrorhash: ${message}\n`;
  return hint === undefined ? line : `${line}hint: ${hint}\n`;
}

const ellipsis = '...';

/** A text cut in its middle to at most `width` columns; the end, where a file's name is, keeps the larger half. */
export function shorten(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  const room = width - ellipsis.length;
  if (room <= 0) return ellipsis.slice(0, Math.max(0, width));
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  const head = characters.slice(0, howManyFit(characters, Math.floor(room / 2)));
  const rest = characters.slice(head.length).reverse();
  const tail = rest.slice(0, howManyFit(rest, room - columnsOf(head.join('')))).reverse();
  return `${head.join('')}${ellipsis}${tail.join('')}`;
}

function howManyFit(characters: readonly string[], width: number): number {
  let used = 0;
  for (const [index, character] of characters.entries()) {
    used += columnsOf(character);
    if (used > width) return index;
  }
  return characters.length;
}

const ascii = /^[ -~]*$/;
const twoColumns =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\p{scx=Yi}\p{scx=Tangut}\p{Emoji_Presentation}\u3000-\u303f\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6]/u;
// U+FE0F turns the sign before it into a wide picture: it stays a column of its own.
const noColumn = /(?!\ufe0f)[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]/u;

/**
 * The columns that a text takes at most. Terminals differ about joined emoji and the like; the parts are
 * added up, because a line too short looks fine and a line too long breaks the live region.
 */
export function columnsOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let columns = 0;
  for (const character of text) {
    if (twoColumns.test(character)) columns += 2;
    else if (!noColumn.test(character)) columns += 1;
  }
  return columns;
}
