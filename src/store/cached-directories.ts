/** What the cache knows of directories, for threads that only ask. */
import type { CachedDirectory } from '../examine.js';
import type { TreePath } from '../model.js';
import { CacheReader } from './cache-reader.js';

const nothingCached: CachedDirectory = { files: new Map(), subdirectories: [] };

/**
 * The cache is opened by the first question: an error of the start of a thread has nobody to tell.
 *
 * @param cacheFile null when there is no cache yet
 */
export function cachedDirectories(cacheFile: string | null): (path: TreePath) => CachedDirectory {
  if (cacheFile === null) return () => nothingCached;
  let cache: CacheReader | null = null;
  return (path) => {
    cache ??= CacheReader.open(cacheFile);
    return cache.directory(path);
  };
}
