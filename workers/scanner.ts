/**
 * Looks at one directory and compares it with the cache, for both kinds of workers. Thin: the comparison is
 * src/examine.
 */
import { lstatSync } from 'node:fs';
import { MirrorhashError, reasonOf, systemCode } from '../src/errors.js';
import { type CachedDirectory, examineDirectory, type Wanted } from '../src/examine.js';
import { DirectoryMoved, TreeDirectory } from '../src/files/tree-directory.js';
import { listDirectory, signaturesAmong } from '../src/files/walk.js';
import type { DirectoryScan, ScanJob, ScanReply, ScanSettings } from '../src/jobs.js';
import { createMatcher, createSelection } from '../src/selection.js';
import { CacheReader } from '../src/store/cache-reader.js';

export type ScanFailure = Exclude<ScanReply, DirectoryScan>;

const nothingCached: CachedDirectory = { files: new Map(), subdirectories: [] };

export class Scanner {
  private readonly wanted: Wanted;
  private cache: CacheReader | null = null;

  constructor(private readonly settings: ScanSettings) {
    const { base, recipe, checkInode, force, selection, oneFileSystem, listUnchanged } = settings;
    this.wanted = {
      recipe,
      checkInode,
      force,
      selection: createSelection(selection),
      zsyncIncludes: createMatcher(recipe.zsyncInclude),
      device: oneFileSystem ? lstatSync(base, { bigint: true }).dev : null,
      listUnchanged,
    };
  }

  scan(job: ScanJob): ScanReply {
    return this.within(job, (scan) => scan);
  }

  /** Scans, and works with what was found while the directory is still open. */
  within<T>(job: ScanJob, work: (scan: DirectoryScan, directory: TreeDirectory) => T): T | ScanFailure {
    let directory: TreeDirectory;
    try {
      directory = TreeDirectory.open(this.settings.base, job.path);
    } catch (error) {
      return failure(job.path, error);
    }
    try {
      const scan = this.compare(job, directory);
      return scan.status === 'scanned' ? work(scan, directory) : scan;
    } finally {
      directory.close();
    }
  }

  private compare(job: ScanJob, directory: TreeDirectory): DirectoryScan | ScanFailure {
    const { path, only, detail } = job;
    try {
      const listing = listDirectory(directory, this.settings.base, path, only);
      const signatures = signaturesAmong(directory, listing.files, only);
      const nowNs = detail === 'all tasks' ? null : BigInt(Date.now()) * 1_000_000n;
      const scan = examineDirectory(
        { ...listing, path, only, signatures },
        this.cached(path),
        this.wanted,
        nowNs,
      );
      return detail === 'counts' ? { ...scan, tasks: [], racy: [] } : scan;
    } catch (error) {
      return failure(path, error);
    }
  }

  /** Opened by the first job: an error of the start of a thread has nobody to tell. */
  private cached(path: string): CachedDirectory {
    if (this.settings.cacheFile === null) return nothingCached;
    this.cache ??= CacheReader.open(this.settings.cacheFile);
    return this.cache.directory(path);
  }
}

/** A directory that cannot be seen is an outcome; anything without a system's code is a bug. */
function failure(path: string, error: unknown): ScanFailure {
  const code = systemCode(error);
  if (error instanceof MirrorhashError) {
    return { status: 'unusable', code: error.code, message: error.message, hint: error.hint ?? '' };
  }
  if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR')
    return { status: 'vanished', path };
  if (code === null) throw error;
  return { status: 'failed', path, code: 'DIRECTORY_UNREADABLE', message: reasonOf(error) };
}
