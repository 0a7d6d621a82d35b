/**
 * Pure: which form of an answer a client prefers, by `Accept` (RFC 9110, 12.5.1).
 */
import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';

/** Metalinks in place of a file: MirrorBrain's clients ask for them by name. */
const metalinks = {
  'application/metalink4+xml': 'meta4',
  'application/metalink+xml': 'metalink',
} as const;

type MetalinkType = keyof typeof metalinks;

const metalinkTypes = Object.keys(metalinks) as readonly MetalinkType[];

/**
 * Whether a client that asks for a file would rather have a metalink: only when it names the type. A wildcard means
 * the file itself, and so does a range: aria2 names metalinks in every request, also where one sent it here for bytes.
 *
 * @param fileType media type of the file
 */
export function wantedMetalink(
  headers: IncomingHttpHeaders,
  fileType: string,
): (typeof metalinks)[MetalinkType] | null {
  const accept = headers.accept?.toLowerCase();
  // Nearly all requests end here.
  if (accept === undefined || !accept.includes('metalink') || headers.range !== undefined) return null;
  const named = metalinkTypes.filter((type) => accept.includes(type));
  const [best] = new Negotiator({ headers: { accept } }).mediaTypes([fileType, ...named]);
  const type = named.find((candidate) => candidate === best);
  return type === undefined ? null : metalinks[type];
}

/** Whether a message should be a page: browsers name HTML, other programs do not. */
export function prefersHtml(headers: IncomingHttpHeaders): boolean {
  const accept = headers.accept?.toLowerCase();
  if (accept === undefined || !accept.includes('text/html')) return false;
  return new Negotiator({ headers: { accept } }).mediaType(['text/plain', 'text/html']) === 'text/html';
}
