/**
 * Words, numbers and moments on pages: plain text, not yet HTML. No locale, no zone, no clock.
 */
import { rfc3339 } from '../../formats/dates.js';

/** Control characters, bidi marks, Unicode's own line breaks, lone surrogates; and the escape itself. */
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029\\]/gu;
/** A name of nothing but these would be a link that nobody sees or hears. */
const blank = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

const shortEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\\': '\\\\',
};

/**
 * A name as a page shows it: what has no look of its own, or would turn the reading direction, stands as an escape.
 *
 * A backslash is always doubled, so no name looks like the escaped form of another one. The same escapes as on the
 * command line.
 */
export function visible(name: string): string {
  const text = name.replace(unprintable, escapeOf);
  return blank.test(text) ? text.replace(/./gsu, codePoint) : text;
}

/** Whether a name is shown as it is. */
export function isPlain(name: string): boolean {
  return visible(name) === name;
}

function escapeOf(character: string): string {
  return shortEscapes[character] ?? codePoint(character);
}

function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${digits(code, 2)}`;
  return code < 0x1_0000 ? `\\u${digits(code, 4)}` : `\\u{${digits(code, 5)}}`;
}

function digits(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/**
 * `512 B`, `1.2 GiB`, `361 MiB`; cut, not rounded, as on the command line. Without pretty-bytes, which asks Intl for
 * every number: that takes two thirds of the time of a long listing.
 *
 * @param n bytes, below 2^53
 */
export function size(n: number): string {
  if (n < 1024) return `${n} B`;
  let value = n / 1024;
  let unit = 0;
  for (; value >= 1024; unit += 1) value /= 1024;
  const shown = value < 100 ? (Math.floor(value * 10) / 10).toFixed(1) : String(Math.floor(value));
  return `${shown} ${units[unit]}`;
}

/** `46,232` */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `2,000 files`; `many` where it is not `one` with an s */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export interface Moment {
  /** for programs: `2026-11-21T19:17:00Z` */
  readonly machine: string;
  /** `2026-11-21` */
  readonly day: string;
  /** `19:17:00` */
  readonly clock: string;
}

/** In UTC; null before the year 0 and after 9999. @param seconds whole seconds since 1970 */
export function moment(seconds: number): Moment | null {
  const machine = rfc3339(seconds);
  if (machine === null) return null;
  return { machine, day: machine.slice(0, 10), clock: machine.slice(11, 19) };
}
