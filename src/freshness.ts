/**
 * The decision for one file: may its record stand, and if not, why.
 *
 * PURE: facts in, a decision with a named reason out; the cheapest comparison comes first. The rules are those
 * of the contract, section "Freshness".
 */
import type { FileRecipe, FileStat, FileTask, Reason } from './model.js';

/** What freshness needs to know of a cached record. */
export interface CachedFile {
  readonly size: number;
  readonly mtimeNs: bigint;
  /** decimal */
  readonly inode: string;
  readonly pieceLength: number;
  readonly zsyncBlockSize: number | null;
  readonly signature: Version | null;
  /** it came from a redirector: its piece length and block size are its own, whatever the recipe says */
  readonly adopted: boolean;
}

/** Which version of a file it was. */
export interface Version {
  readonly size: number;
  readonly mtimeNs: bigint;
}

export interface FreshnessRules {
  /** a new inode makes a file stale */
  readonly checkInode: boolean;
  /** everything is stale */
  readonly force: boolean;
}

/** A file changed this recently may change again without its mtime showing it. */
export const racyNs = 2_000_000_000n;

/** Both in nanoseconds since 1970. */
export function isRacy(mtimeNs: bigint, nowNs: bigint): boolean {
  const age = nowNs - mtimeNs;
  return age < racyNs && age > -racyNs;
}

/**
 * What is to be done for a file, or null when its record is fresh.
 *
 * @param cached        the record of that path, null when there is none
 * @param signatureFile the `NAME.asc` beside it, null when there is none
 * @param wanted        what the recipe means for the file
 */
export function taskFor(
  file: { readonly name: string; readonly stat: FileStat },
  cached: CachedFile | null,
  signatureFile: Version | null,
  wanted: FileRecipe,
  rules: FreshnessRules,
): FileTask | null {
  const { name, stat } = file;
  const recipe = cached?.adopted ? ownRecipe(stat, cached, wanted) : wanted;
  const stale = staleness(stat, cached, recipe, rules);
  if (cached === null || stale !== null) {
    const signature = signatureFile === null ? 'none' : 'read';
    return { name, stat, recipe, reason: stale ?? 'new', payload: 'read', signature };
  }
  const signed = signatureChange(cached.signature, signatureFile);
  if (cached.zsyncBlockSize !== null && recipe.zsyncBlockSize === null) {
    const signature = signed?.signature ?? 'keep';
    return { name, stat, recipe, reason: 'zsync dropped', payload: 'trim', signature };
  }
  return signed === null ? null : { name, stat, recipe, ...signed, payload: 'keep' };
}

/**
 * What is wanted of a file with an adopted record: that its swarms and clients go on finding the pieces and blocks that
 * they know. Sums that it lacks are made as the recipe says; another version of the file is a file like any other.
 */
function ownRecipe(stat: FileStat, cached: CachedFile, wanted: FileRecipe): FileRecipe {
  if (stat.size !== cached.size || stat.mtimeNs !== cached.mtimeNs) return wanted;
  const { pieceLength, zsyncBlockSize: own } = cached;
  return {
    pieceLength,
    zsyncBlockSize: wanted.zsyncBlockSize === null ? null : (own ?? wanted.zsyncBlockSize),
  };
}

/** Why the file must be read, or null. */
function staleness(
  stat: FileStat,
  cached: CachedFile | null,
  recipe: FileRecipe,
  rules: FreshnessRules,
): Reason | null {
  if (cached === null) return 'new';
  if (stat.size !== cached.size) return 'size';
  if (stat.mtimeNs !== cached.mtimeNs) return 'mtime';
  if (rules.checkInode && String(stat.inode) !== cached.inode) return 'inode';
  if (recipe.pieceLength !== cached.pieceLength) return 'piece length';
  if (recipe.zsyncBlockSize !== null && recipe.zsyncBlockSize !== cached.zsyncBlockSize) {
    return cached.zsyncBlockSize === null ? 'zsync wanted' : 'zsync block size';
  }
  return rules.force ? 'forced' : null;
}

function signatureChange(
  cached: Version | null,
  found: Version | null,
): { readonly reason: Reason; readonly signature: 'read' | 'none' } | null {
  if (found === null) return cached === null ? null : { reason: 'signature removed', signature: 'none' };
  if (cached === null) return { reason: 'signature added', signature: 'read' };
  const same = cached.size === found.size && cached.mtimeNs === found.mtimeNs;
  return same ? null : { reason: 'signature changed', signature: 'read' };
}
