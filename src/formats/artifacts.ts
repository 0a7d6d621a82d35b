/**
 * All artifacts of a file, by name: suffix, media type, what each needs of the record, and how it is made.
 *
 * Whoever writes or serves artifacts asks this list and knows none of them by itself.
 */
import type { Published, TreePath } from '../model.js';
import { gnuLine } from './checksums.js';
import type { Distribution } from './distribution.js';
import { magnet } from './magnet.js';
import { meta4 } from './meta4.js';
import { metalink } from './metalink.js';
import { nameOf } from './names.js';
import { torrent } from './torrent.js';
import { zsync } from './zsync.js';

/** How much of a record an artifact is made of: what is large should not be read in vain. */
export type Detail = 'digests' | 'pieces' | 'zsums';

export interface Artifact {
  readonly mediaType: string;
  readonly detail: Detail;
  /** whether a client could do nothing with it where no URL is known */
  readonly needsSource: boolean;
  /** Null: this file has none of this kind. */
  readonly make: (file: Published, distribution: Distribution) => Uint8Array | string | null;
}

const text = 'text/plain; charset=utf-8';

/** By suffix: `FILE.sha256` is made by `sha256`. */
export const artifacts = {
  md5: checksum((file) => file.md5),
  sha1: checksum((file) => file.sha1),
  sha256: checksum((file) => file.sha256),
  btih: checksum((file) => file.btih),
  torrent: { mediaType: 'application/x-bittorrent', detail: 'pieces', needsSource: false, make: torrent },
  magnet: {
    mediaType: text,
    detail: 'digests',
    needsSource: false,
    make: (file, distribution) => `${magnet(file, distribution)}\n`,
  },
  zsync: { mediaType: 'application/x-zsync', detail: 'zsums', needsSource: true, make: zsync },
  metalink: {
    mediaType: 'application/metalink+xml; charset=utf-8',
    detail: 'pieces',
    needsSource: true,
    make: metalink,
  },
  meta4: {
    mediaType: 'application/metalink4+xml; charset=utf-8',
    detail: 'pieces',
    needsSource: true,
    make: meta4,
  },
} as const satisfies Record<string, Artifact>;

export type ArtifactName = keyof typeof artifacts;

/** Artifacts that are one digest and the name: who makes many of them need not read the rest of the record. */
export const checksumNames = ['md5', 'sha1', 'sha256', 'btih'] as const satisfies readonly ArtifactName[];

export type ChecksumArtifact = (typeof checksumNames)[number];

export function isChecksum(name: ArtifactName): name is ChecksumArtifact {
  return (checksumNames as readonly string[]).includes(name);
}

/** The artifact, from the digest that its name stands for. */
export function checksumText(digest: Uint8Array, path: TreePath): string {
  return gnuLine(digest, nameOf(path));
}

export const artifactNames = Object.keys(artifacts) as readonly ArtifactName[];

function checksum(digestOf: (file: Published) => Uint8Array): Artifact {
  return {
    mediaType: text,
    detail: 'digests',
    needsSource: false,
    make: (file) => checksumText(digestOf(file), file.path),
  };
}
