/**
 * Pure: which mirrors suit a client, and which of them it gets.
 *
 * A mirror in the client's country is nearer than one in its region (continent), and that nearer than any other. As
 * with MirrorBrain, the nearest share the requests by their scores, and one further away gets none while a nearer one
 * can be used. Chance comes from the caller.
 */
import type { Mirror } from './model.js';

/** Where a client is, lower case; null when nobody knows. */
export interface ClientPlace {
  readonly country: string | null;
  readonly region: string | null;
}

export type Nearness = 'country' | 'region' | 'world';

export interface RankedMirror {
  readonly mirror: Mirror;
  readonly nearness: Nearness;
}

const order: readonly Nearness[] = ['country', 'region', 'world'];

/** Usable mirrors (enabled, score > 0), nearest first; as near: by score, highest first, then by identifier. */
export function rankMirrors(mirrors: readonly Mirror[], client: ClientPlace): readonly RankedMirror[] {
  return mirrors
    .filter(({ enabled, score }) => enabled && score > 0)
    .map((mirror) => ({ mirror, nearness: nearnessOf(mirror, client) }))
    .sort(
      (a, b) =>
        order.indexOf(a.nearness) - order.indexOf(b.nearness) ||
        b.mirror.score - a.mirror.score ||
        byBytes(a.mirror.identifier, b.mirror.identifier),
    );
}

/**
 * One of the nearest, at random, weighted by score; null when there is none.
 *
 * @param random as Math.random: from 0, below 1
 */
export function chooseMirror(ranked: readonly RankedMirror[], random: () => number): Mirror | null {
  const [first] = ranked;
  if (first === undefined) return null;
  const nearest = ranked.filter(({ nearness }) => nearness === first.nearness);
  let left = random() * nearest.reduce((sum, { mirror }) => sum + mirror.score, 0);
  for (const { mirror } of nearest) {
    left -= mirror.score;
    if (left < 0) return mirror;
  }
  // Scores that are no whole numbers may add up to a little more than they take away.
  return nearest.at(-1)?.mirror ?? null;
}

function nearnessOf({ country, region }: Mirror, client: ClientPlace): Nearness {
  if (isSame(country, client.country)) return 'country';
  return isSame(region, client.region) ? 'region' : 'world';
}

/** What is not known on either side is the same as nothing. */
function isSame(ofMirror: string, ofClient: string | null): boolean {
  return ofMirror !== '' && ofMirror === ofClient;
}

/** The order of the UTF-8, which is the database's; that of JavaScript's code units is another one. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
