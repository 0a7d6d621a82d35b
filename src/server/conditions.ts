/**
 * Pure: validators, conditional requests (RFC 9110, 13) and ranges (RFC 9110, 14).
 */
import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';
import parseRange from 'range-parser';

export interface Validators {
  /** strong, in quotes */
  readonly etag: string;
  /** whole seconds since 1970; null: it is not told */
  readonly mtime: number | null;
}

/** HTTP has four digits for the year. */
const [earliest, latest] = [-62_167_219_200, 253_402_300_799];

/** `Sat, 21 Nov 2026 19:17:00 GMT`; null where HTTP has no form for it. @param seconds whole seconds since 1970 */
export function httpDate(seconds: number | null): string | null {
  return seconds === null || seconds < earliest || seconds > latest
    ? null
    : new Date(seconds * 1000).toUTCString();
}

/** The header fields of the validators. */
export function validatorHeaders({ etag, mtime }: Validators): { ETag: string; 'Last-Modified'?: string } {
  const date = httpDate(mtime);
  return date === null ? { ETag: etag } : { ETag: etag, 'Last-Modified': date };
}

/** What the conditions of a GET or HEAD come to, in the order of RFC 9110, 13.2.2. */
export function conditionOf(
  headers: IncomingHttpHeaders,
  validators: Validators,
): 'proceed' | 'not modified' | 'failed' {
  const { 'if-match': ifMatch, 'if-unmodified-since': unmodifiedSince } = headers;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators.etag)) return 'failed';
  } else if (unmodifiedSince !== undefined && (validators.mtime ?? 0) * 1000 > Date.parse(unmodifiedSince)) {
    return 'failed';
  }
  // Nearly all requests end here.
  if (headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined) return 'proceed';
  const date = httpDate(validators.mtime);
  const isFresh = fresh(headers, {
    etag: validators.etag,
    ...(date === null ? {} : { 'last-modified': date }),
  });
  return isFresh ? 'not modified' : 'proceed';
}

/** Strong comparison: a weak tag matches nothing. */
function matches(list: string, etag: string): boolean {
  return list.trim() === '*' || list.split(',').some((tag) => tag.trim() === etag);
}

/** Part of a representation: both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The ranges that a GET asks for, in its order; null: all of it, also where they are malformed, of another unit, or
 * such as only an attacker asks for: very many, or the same bytes twice (RFC 9110, 14.2).
 *
 * @param size bytes of the representation
 * @param now milliseconds since 1970: a date is too coarse for what changed within its second
 */
export function rangesOf(
  headers: IncomingHttpHeaders,
  validators: Validators,
  size: number,
  now: number,
): readonly ByteRange[] | 'unsatisfiable' | null {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined || !range.startsWith('bytes=')) return null;
  if (typeof ifRange === 'string' && !isSame(ifRange.trim(), validators, now)) return null;
  const suffix = suffixForm.exec(range)?.[1];
  // Of a file that is shorter, all of it is meant; range-parser takes that for a mistake.
  if (suffix !== undefined && Number(suffix) > 0 && size > 0) {
    return [{ start: Math.max(0, size - Number(suffix)), end: size - 1 }];
  }
  const found = parseRange(size, range);
  if (found === -1) return 'unsatisfiable';
  if (found === -2 || found.length === 0 || found.length > mostRanges || overlap(found)) return null;
  return found.map(({ start, end }) => ({ start, end }));
}

/** As many as Apache takes. */
const mostRanges = 200;

function overlap(ranges: readonly ByteRange[]): boolean {
  const inOrder = [...ranges].sort((a, b) => a.start - b.start);
  return inOrder.some(({ start }, index) => start <= (inOrder[index - 1]?.end ?? -1));
}

const suffixForm = /^bytes=\s*-\s*(\d+)\s*$/;

function isSame(validator: string, { etag, mtime }: Validators, now: number): boolean {
  if (validator.startsWith('"') || validator.startsWith('W/')) return validator === etag;
  return mtime !== null && validator === httpDate(mtime) && now - mtime * 1000 >= 2000;
}
