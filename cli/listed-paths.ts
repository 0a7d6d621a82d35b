/**
 * Lists of paths that `--files-from` names: read, and placed in a tree. What they look like stands in files-from.ts.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { MirrorhashError, reasonOf, relativeTo, type TreePath } from '../src/index.js';
import type { Context } from './context.js';
import { findDirectory } from './locate.js';

/** The directory that the paths of a list are relative to. */
export interface ListRoot {
  /** absolute, as it was typed: absolute paths of the list may begin so */
  readonly typed: string;
  /** without links */
  readonly real: string;
}

/** @throws MirrorhashError NO_SUCH_PATH when it is no directory */
export function listRoot(typed: string, context: Context): ListRoot {
  return { typed: resolve(context.cwd, typed), real: findDirectory(typed, '--files-from', context) };
}

/** Where a path of a list lies; its path in the tree is null outside the base. */
export function placeListed(
  listed: string,
  root: ListRoot,
  base: string,
): { readonly absolute: string; readonly path: TreePath | null } {
  const absolute = resolve(root.typed, listed);
  const below = relativeTo(root.typed, absolute);
  return { absolute, path: relativeTo(base, below === null ? absolute : resolve(root.real, below)) };
}

/** @param source a file, or `-` for standard input */
export async function readList(source: string, context: Context): Promise<Buffer> {
  try {
    if (source !== '-') return readFileSync(resolve(context.cwd, source));
    // Not through the thread pool, whose reads cannot be interrupted.
    const chunks: Buffer[] = [];
    for await (const chunk of addAbortSignal(context.signal, process.stdin)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    throw new MirrorhashError('NO_SUCH_PATH', `--files-from: cannot read ${source}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
