/**
 * Whether somebody else could put things where we are about to write: for root, the rule that SSH has for its files.
 *
 * SQLite and the locks open files by name and follow links. In a directory that belongs to another user, or that a
 * group or everybody may write, such a name may be a link to any file of the system, and root would write that one.
 * Other users can harm no more than what is theirs, and may share directories as they like, but for one that somebody
 * made before them and filled. This only looks.
 */
import { type BigIntStats, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const sticky = 0o1000n;
const writableByGroup = 0o020n;
const writableByOthers = 0o002n;
/** As many links as Linux follows. */
const mostLinks = 40;

export interface Stranger {
  /** what is not in our hands alone */
  readonly path: string;
  readonly who: 'user' | 'group' | 'everybody';
  /** the number of that user or group; 0 for everybody */
  readonly id: number;
}

/**
 * @param directory absolute; as far as it is there
 * @returns what others have in their hands; null when there is nothing
 */
export function strangerAt(directory: string): Stranger | null {
  const uid = process.getuid?.();
  if (uid === undefined) return null;
  return uid === 0 ? onTheWay(directory, { links: mostLinks, isLast: true }) : itself(directory, BigInt(uid));
}

function itself(path: string, me: bigint): Stranger | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : ownedByStranger(path, found, me);
}

/** Looks at every part of a path, and of those that links on it lead to. */
function onTheWay(path: string, { links, isLast }: { links: number; isLast: boolean }): Stranger | null {
  const above = dirname(path);
  const stranger = above === path ? null : onTheWay(above, { links, isLast: false });
  const found = stranger === null ? lstatSync(path, { bigint: true, throwIfNoEntry: false }) : undefined;
  if (found === undefined) return stranger;
  const open = found.isSymbolicLink() ? null : openTo(path, found, isLast);
  if (open !== null) return open;
  const owned = ownedByStranger(path, found, 0n);
  if (owned !== null || !found.isSymbolicLink() || links === 0) return owned;
  return onTheWay(resolve(realpathSync(above), readlinkSync(path)), { links: links - 1, isLast });
}

function ownedByStranger(path: string, { uid }: BigIntStats, me: bigint): Stranger | null {
  return uid === me || uid === 0n ? null : { path, who: 'user', id: Number(uid) };
}

/** In a directory as `/tmp` is, others cannot move what is ours; but they could be faster with names in it. */
function openTo(path: string, { mode, gid }: BigIntStats, isLast: boolean): Stranger | null {
  if (!isLast && (mode & sticky) !== 0n) return null;
  if ((mode & writableByOthers) !== 0n) return { path, who: 'everybody', id: 0 };
  // Who is in root's own group is root.
  const isOpen = (mode & writableByGroup) !== 0n && gid !== 0n;
  return isOpen ? { path, who: 'group', id: Number(gid) } : null;
}
