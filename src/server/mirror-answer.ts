/**
 * The answer that sends a client to a mirror, with all that it needs to get along without us (RFC 6249).
 */
import { digest, duplicateLink } from '../formats/digest-headers.js';
import type { Source } from '../formats/distribution.js';
import type { Mirror } from '../model.js';
import type { Answer } from './answer.js';
import { redirectTo } from './messages.js';

export interface MirrorRedirect {
  readonly mirror: Mirror;
  /** of the file at the mirror */
  readonly url: string;
  readonly sha256: Uint8Array;
  /** where else it is, nearest first */
  readonly sources: readonly Source[];
  /** values of `Link` that tell what describes it */
  readonly links: readonly string[];
}

const mostDuplicates = 20;
/** Bytes of `Link`: front servers and clients take no more than so much header. */
const mostLinkBytes = 8192;

export function mirrorAnswer({ mirror, url, sha256, sources, links }: MirrorRedirect): Answer {
  return {
    ...redirectTo('redirect', 302, url, {
      Link: [...links, ...duplicates(sources)],
      Digest: digest({ sha256 }),
      // The next client, or the same one a moment later, may be sent elsewhere.
      'Cache-Control': 'private, no-cache',
      Vary: 'Accept',
    }),
    mirror: mirror.identifier,
  };
}

/** The values differ in length with the URLs; the nearest is always told. */
function duplicates(sources: readonly Source[]): readonly string[] {
  const values = sources.slice(0, mostDuplicates).map((source, index) => duplicateLink(source, index + 1));
  let length = 0;
  return values.filter((value, index) => {
    length += value.length;
    return index === 0 || length <= mostLinkBytes;
  });
}
