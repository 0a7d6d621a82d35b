/**
 * Pure: what people say of a mirror → what stands in the table `server`.
 *
 * Every function throws MirrorhashError('USAGE') with a sentence that says what is accepted. None knows which option
 * the text came from: the caller names it.
 */
import { MirrorhashError } from './errors.js';

/** MirrorBrain's: two-letter codes of the continents. */
const regions: readonly string[] = ['af', 'an', 'as', 'eu', 'na', 'oc', 'sa'];

export const defaultScore = 100;
const highestScore = 10_000;

/** A name that is safe in a URL, a header field, a label of a metric and a shell. */
export function parseIdentifier(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw usage(text, 'is no identifier: 1 to 64 of A-Z a-z 0-9 . _ -');
}

/** @returns lower case */
export function parseCountry(text: string): string {
  if (/^[A-Za-z]{2}$/.test(text)) return text.toLowerCase();
  throw usage(text, 'is no country: write its two letters of ISO 3166-1, such as de');
}

/** @returns lower case */
export function parseRegion(text: string): string {
  const region = text.toLowerCase();
  if (regions.includes(region)) return region;
  throw usage(text, `is no region: write one of ${regions.join(' ')}`);
}

export function parseScore(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= highestScore) return Number(text);
  throw usage(text, 'is no whole number from 0 to 10,000');
}

function usage(text: string, problem: string): MirrorhashError {
  return new MirrorhashError('USAGE', `${JSON.stringify(text)} ${problem}`);
}
