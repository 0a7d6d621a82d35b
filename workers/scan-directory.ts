/**
 * Worker: looks at one directory and compares it with the cache. Thin: the comparison is src/examine.
 */
import { lstatSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { MirrorhashError, reasonOf, systemCode } from '../src/errors.js';
import { type CachedDirectory, examineDirectory, type Wanted } from '../src/examine.js';
import { DirectoryMoved, TreeDirectory } from '../src/files/tree-directory.js';
import { type Listing, listDirectory, signaturesAmong } from '../src/files/walk.js';
import type { ScanJob, ScanReply, ScanSettings } from '../src/jobs.js';
import { createMatcher, createSelection } from '../src/selection.js';
import { CacheReader } from '../src/store/cache-reader.js';

const settings = workerData as ScanSettings;
const nothingCached: CachedDirectory = { files: new Map(), subdirectories: [] };

const wanted: Wanted = {
  recipe: settings.recipe,
  checkInode: settings.checkInode,
  force: settings.force,
  selection: createSelection(settings.selection),
  zsyncIncludes: createMatcher(settings.recipe.zsyncInclude),
  device: settings.oneFileSystem ? lstatSync(settings.base, { bigint: true }).dev : null,
  listUnchanged: settings.listUnchanged,
};

let cache: CacheReader | null = null;

/** Opened by the first job: an error of the start of a thread has nobody to tell. */
function cached(path: string): CachedDirectory {
  if (settings.cacheFile === null) return nothingCached;
  cache ??= CacheReader.open(settings.cacheFile);
  return cache.directory(path);
}

export default function scanDirectory(job: ScanJob): ScanReply {
  const { path } = job;
  try {
    const directory = TreeDirectory.open(settings.base, path);
    try {
      return compare(job, directory, listDirectory(directory, settings.base, path, job.only));
    } finally {
      directory.close();
    }
  } catch (error) {
    return failure(path, error);
  }
}

function compare(job: ScanJob, directory: TreeDirectory, listing: Listing): ScanReply {
  const found = {
    ...listing,
    path: job.path,
    only: job.only,
    signatures: signaturesAmong(directory, listing.files, job.only),
  };
  const nowNs = job.detail === 'all tasks' ? null : BigInt(Date.now()) * 1_000_000n;
  const scan = examineDirectory(found, cached(job.path), wanted, nowNs);
  return job.detail === 'counts' ? { ...scan, tasks: [], racy: [] } : scan;
}

/** A directory that cannot be seen is an outcome; anything without a system's code is a bug. */
function failure(path: string, error: unknown): ScanReply {
  const code = systemCode(error);
  if (error instanceof MirrorhashError) {
    return { status: 'unusable', code: error.code, message: error.message, hint: error.hint ?? '' };
  }
  if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR')
    return { status: 'vanished', path };
  if (code === null) throw error;
  return { status: 'failed', path, code: 'DIRECTORY_UNREADABLE', message: reasonOf(error) };
}
