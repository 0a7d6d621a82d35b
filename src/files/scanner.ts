/**
 * Looks at one directory, compares it with what is cached, and says what is to be done. The comparison itself is
 * src/examine.
 */
import { lstatSync } from 'node:fs';
import { MirrorhashError, reasonOf, systemCode } from '../errors.js';
import { type CachedDirectory, examineDirectory, type Wanted } from '../examine.js';
import type { Version } from '../freshness.js';
import type { DirectoryScan, ScanJob, ScanReply, ScanSettings } from '../jobs.js';
import type { TreePath } from '../model.js';
import { createMatcher, createSelection } from '../selection.js';
import { DirectoryMoved, TreeDirectory } from './tree-directory.js';
import { type FileEntry, listDirectory, signaturesAmong } from './walk.js';

export type ScanFailure = Exclude<ScanReply, DirectoryScan>;

export class Scanner {
  private readonly wanted: Wanted;

  /**
   * @param cached what the cache knows of a directory
   * @param exported versions of the files that we wrote into a directory, by name
   */
  constructor(
    private readonly settings: ScanSettings,
    private readonly cached: (path: TreePath) => CachedDirectory,
    private readonly exported: (path: TreePath) => ReadonlyMap<string, readonly Version[]>,
  ) {
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
      const known = this.cached(path);
      const before = this.exported(path);
      const listing = listDirectory(directory, this.settings.base, path, only, known.files);
      const signatures = signaturesAmong(directory, listing, only);
      // Asked again when the names are known: a file that we write is known before it appears, and until it is replaced.
      const files = withoutExported(withoutExported(listing.files, before), this.exported(path));
      const nowNs = detail === 'all tasks' ? null : BigInt(Date.now()) * 1_000_000n;
      const found = examineDirectory(
        { ...listing, files, path, only, signatures: signatures.found, unseen: signatures.unseen },
        known,
        this.wanted,
        nowNs,
      );
      const scan = { ...found, excluded: found.excluded + listing.files.length - files.length };
      return detail === 'counts' ? { ...scan, tasks: [], racy: [] } : scan;
    } catch (error) {
      return failure(path, error);
    }
  }
}

/** Without the files that we wrote there ourselves. */
function withoutExported(
  files: readonly FileEntry[],
  exported: ReadonlyMap<string, readonly Version[]>,
): readonly FileEntry[] {
  if (exported.size === 0) return files;
  return files.filter(({ name, stat }) => {
    const versions = exported.get(name) ?? [];
    return !versions.some(({ size, mtimeNs }) => size === stat.size && mtimeNs === stat.mtimeNs);
  });
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
