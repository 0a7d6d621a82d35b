/**
 * Where a file can be had: what artifacts say beside the facts of its record. Types only.
 *
 * Every URL is absolute and percent-encoded already (url.ts); artifacts only escape it for where it stands.
 */

/** One place that has the file. */
export interface Source {
  readonly url: string;
  /** ISO 3166-1 alpha-2, lower case; null: not known */
  readonly country: string | null;
}

/** A node of BitTorrent's distributed hash table (BEP 5). */
export interface DhtNode {
  readonly host: string;
  readonly port: number;
}

export interface Distribution {
  /** the best first */
  readonly sources: readonly Source[];
  /** the file at its publisher's, where artifacts lie beside it (`<self>.torrent`); null: nowhere */
  readonly self: string | null;
  /** tiers of announce URLs (BEP 12); empty: none */
  readonly trackers: readonly (readonly string[])[];
  readonly dhtNodes: readonly DhtNode[];
  readonly publisher: { readonly name: string; readonly url: string | null } | null;
}
