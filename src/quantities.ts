/**
 * Pure: quantities as people write them (`4M`, `8`, `50%`) → numbers.
 *
 * Every function throws MirrorhashError('USAGE') with a sentence that says what is accepted. None knows
 * which option or key the text came from: the caller names it.
 */
import { MirrorhashError } from './errors.js';

/** An upper bound: so many, or a percentage of what there is. */
export type Limit =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly percent: number };

const unitShift: Readonly<Record<string, bigint>> = { '': 0n, K: 10n, M: 20n, G: 30n, T: 40n };

/**
 * A size: `1024`, `256K`, `4M`, `1.5G`, `2TiB`; units are powers of 1024, in either case.
 *
 * @returns bytes
 * @throws MirrorhashError USAGE: not such a text, no whole number of bytes, 2^53 or more
 */
export function parseSize(text: string): number {
  const parts = /^(\d+)(?:\.(\d+))?(?:([KMGT])(?:iB)?)?$/i.exec(text);
  if (parts === null) {
    throw usage(text, 'is no size: write bytes, or a number with K, M, G or T, such as 256K, 4M or 1.5G');
  }
  const [, whole = '', fraction = '', unit = ''] = parts;
  // In integers: 0.1 has no exact value as a double, but 0.5K is exactly 512 bytes.
  const scaled = BigInt(whole + fraction) << (unitShift[unit.toUpperCase()] ?? 0n);
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) throw usage(text, 'is no whole number of bytes');
  const bytes = scaled / divisor;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw usage(text, 'is too large: sizes are below 2^53 bytes');
  return Number(bytes);
}

/** More threads than any machine has processors: a slip of the finger. */
export const mostJobs = 1024;

/**
 * How many files are read at once, 1 to 1,024.
 *
 * @throws MirrorhashError USAGE
 */
export function parseJobs(text: string): number {
  const count = wholeNumber(text);
  if (count === null || count === 0 || count > mostJobs)
    throw usage(text, `is no whole number from 1 to ${mostJobs}`);
  return count;
}

/**
 * A percentage above 0, up to 100: `50%`, `0.5%`.
 *
 * @returns percent, not a fraction of one
 * @throws MirrorhashError USAGE
 */
export function parseShare(text: string): number {
  const percent = percentage(text);
  if (percent === null || percent === 0) {
    throw usage(text, 'is no percentage above 0 and up to 100, such as 5% or 0.5%');
  }
  return percent;
}

/**
 * A number of things or a percentage of them: `10`, `30%`; zero allows none.
 *
 * @throws MirrorhashError USAGE
 */
export function parseLimit(text: string): Limit {
  const count = wholeNumber(text);
  if (count !== null) return { kind: 'count', count };
  const percent = percentage(text);
  if (percent !== null) return { kind: 'share', percent };
  throw usage(text, 'is neither a whole number nor a percentage up to 100, such as 1000 or 50%');
}

/**
 * Bytes a second; a size, but not zero, which would never end.
 *
 * @throws MirrorhashError USAGE
 */
export function parseRate(text: string): number {
  const bytes = parseSize(text);
  if (bytes === 0) throw usage(text, 'is no rate: it must be at least one byte a second');
  return bytes;
}

/**
 * `auto`, or a power of two from 16K to 64M.
 *
 * @returns bytes
 * @throws MirrorhashError USAGE
 */
export function parsePieceLength(text: string): number | 'auto' {
  return powerOfTwo(text, { least: 16 * 1024, most: 64 * 1024 * 1024, range: '16K to 64M' });
}

/**
 * `auto`, or a power of two from 512 to 16K: clients refuse other numbers, and MirrorBrain's column holds
 * nothing larger.
 *
 * @returns bytes
 * @throws MirrorhashError USAGE
 */
export function parseZsyncBlockSize(text: string): number | 'auto' {
  return powerOfTwo(text, { least: 512, most: 16 * 1024, range: '512 to 16K' });
}

function powerOfTwo(
  text: string,
  bounds: { readonly least: number; readonly most: number; readonly range: string },
): number | 'auto' {
  if (text === 'auto') return text;
  const bytes = parseSize(text);
  if (bytes < bounds.least || bytes > bounds.most || !Number.isInteger(Math.log2(bytes))) {
    throw usage(text, `is neither auto nor a power of two from ${bounds.range}`);
  }
  return bytes;
}

function wholeNumber(text: string): number | null {
  const count = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(count) ? count : null;
}

function percentage(text: string): number | null {
  const digits = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (digits === undefined) return null;
  const percent = Number(digits);
  return percent <= 100 ? percent : null;
}

function usage(text: string, problem: string): MirrorhashError {
  return new MirrorhashError('USAGE', `${JSON.stringify(text)} ${problem}`);
}
