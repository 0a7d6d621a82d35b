import { type CachedDirectory, examineDirectory, type Found, type Wanted } from '../../src/examine.js';
import type { DirectoryScan } from '../../src/jobs.js';
import { defaultRecipe } from '../../src/recipe.js';
import { createMatcher, createSelection, type SelectionRules } from '../../src/selection.js';
import { longAgoNs, statOf } from './records.js';

export const nowNs = 1_700_000_000_000_000_000n;
const everything: SelectionRules = { include: [], exclude: [], defaultExcludes: false };

export function wantedOf(
  changed: Partial<Wanted> & { readonly rules?: Partial<SelectionRules> } = {},
): Wanted {
  const { rules, ...rest } = changed;
  return {
    recipe: defaultRecipe,
    selection: createSelection({ ...everything, ...rules }),
    zsyncIncludes: createMatcher([]),
    device: null,
    listUnchanged: false,
    checkInode: false,
    force: false,
    ...rest,
  };
}

function foundOf(changed: Partial<Found> = {}): Found {
  return {
    path: 'd',
    files: [],
    directories: [],
    problems: [],
    only: null,
    signatures: new Map(),
    unseen: new Set(),
    ...changed,
  };
}

export const fileOf = (name: string, stat: Parameters<typeof statOf>[0] = {}) => ({
  name,
  stat: statOf(stat),
});

/** A directory of records as `statOf` has them, numbered from 1. */
export function cachedOf(names: readonly string[], subdirectories: readonly string[] = []): CachedDirectory {
  const record = {
    size: 1000,
    mtimeNs: longAgoNs,
    inode: '7',
    pieceLength: 262_144,
    zsyncBlockSize: 2048,
    signature: null,
    adopted: false,
  };
  const files = names.map(
    (name, index) => [name, { ...record, id: index + 1, sequence: index + 101 }] as const,
  );
  return { files: new Map(files), subdirectories };
}

export const nothing = cachedOf([]);

export function examine(
  found: Partial<Found>,
  cached: CachedDirectory = nothing,
  wanted: Wanted = wantedOf(),
  now: bigint | null = nowNs,
): DirectoryScan {
  return examineDirectory(foundOf(found), cached, wanted, now);
}

export const reasons = (scan: DirectoryScan) => scan.tasks.map(({ name, reason }) => [name, reason]);
