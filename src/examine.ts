/**
 * Compares what lies in a directory with what the cache knows of it, and says what is to be done.
 *
 * PURE: the listing, the cached rows and the present time come in. It is asked twice: while the tree is walked
 * (how much work is there?), and again once the directory is locked (what is still to be done?).
 */
import type { CachedFile, FreshnessRules, Version } from './freshness.js';
import { isRacy, racyNs, taskFor } from './freshness.js';
import type { DirectoryScan, VanishedFile } from './jobs.js';
import type { FileProblem, FileStat, FileTask, Recipe, TreePath } from './model.js';
import { join, signatureName } from './paths.js';
import { fileRecipe } from './recipe.js';
import type { Selection } from './selection.js';

/** What the cache knows of a directory. */
export interface CachedDirectory {
  readonly files: ReadonlyMap<string, CachedFile & VanishedFile>;
  /** names of directories in it that hold records */
  readonly subdirectories: readonly string[];
}

export interface Wanted extends FreshnessRules {
  readonly recipe: Recipe;
  readonly selection: Selection;
  readonly zsyncIncludes: (path: TreePath) => boolean;
  /** directories on another device are not entered; null: all are */
  readonly device: bigint | null;
  readonly listUnchanged: boolean;
}

export interface Found {
  readonly path: TreePath;
  readonly files: readonly { readonly name: string; readonly stat: FileStat }[];
  readonly directories: readonly { readonly name: string; readonly device: bigint }[];
  readonly problems: readonly FileProblem[];
  /** the names that were looked at, null when all were */
  readonly only: readonly string[] | null;
  /** `NAME.asc` files, looked up beside the files */
  readonly signatures: ReadonlyMap<string, Version>;
  /** names of what is there, but cannot be looked at: it is neither changed nor gone */
  readonly unseen: ReadonlySet<string>;
}

/** @param nowNs the present, nanoseconds since 1970; null: no file is racy */
export function examineDirectory(
  found: Found,
  cached: CachedDirectory,
  wanted: Wanted,
  nowNs: bigint | null,
): DirectoryScan {
  const tasks: FileTask[] = [];
  const racy: string[] = [];
  const unchangedFiles: { name: string; size: number }[] = [];
  let unchanged = 0;
  let excluded = 0;
  let bytes = 0;
  let calmAtNs = 0n;
  for (const file of found.files) {
    const path = join(found.path, file.name);
    if (wanted.selection.excludesFile(path)) {
      excluded++;
      continue;
    }
    const signature = signatureOf(file.name, found, cached);
    const recipe = fileRecipe(wanted.recipe, file.stat.size, wanted.zsyncIncludes(path));
    const task = taskFor(file, cached.files.get(file.name) ?? null, signature, recipe, wanted);
    if (task === null) {
      unchanged++;
      if (wanted.listUnchanged) unchangedFiles.push({ name: file.name, size: file.stat.size });
      continue;
    }
    if (task.payload === 'read') bytes += file.stat.size;
    const youngest = youngestRead(task, signature);
    if (youngest !== null && nowNs !== null && isRacy(youngest, nowNs)) {
      racy.push(file.name);
      if (youngest + racyNs > calmAtNs) calmAtNs = youngest + racyNs;
    } else {
      tasks.push(task);
    }
  }
  return {
    status: 'scanned',
    path: found.path,
    subdirectories: enterable(found, wanted),
    unchanged,
    unchangedFiles,
    excluded,
    problems: found.problems.filter((problem) => !wanted.selection.excludesFile(problem.path)),
    work: { files: tasks.length + racy.length, bytes },
    tasks,
    racy,
    calmAtNs,
    ...vanishedOf(found, cached),
  };
}

/** The signature file beside a file; where it cannot be looked at, the one that is known. */
function signatureOf(name: string, found: Found, cached: CachedDirectory): Version | null {
  const beside = signatureName(name);
  if (found.unseen.has(beside)) return cached.files.get(name)?.signature ?? null;
  return found.signatures.get(beside) ?? null;
}

/** The latest mtime of what the task reads, null when it reads nothing. */
function youngestRead(task: FileTask, signature: Version | null): bigint | null {
  const payload = task.payload === 'read' ? task.stat.mtimeNs : null;
  const sidecar = task.signature === 'read' && signature !== null ? signature.mtimeNs : null;
  if (payload === null || sidecar === null) return payload ?? sidecar;
  return payload > sidecar ? payload : sidecar;
}

function enterable(found: Found, wanted: Wanted): TreePath[] {
  const paths: TreePath[] = [];
  for (const { name, device } of found.directories) {
    const path = join(found.path, name);
    if (wanted.device !== null && device !== wanted.device) continue;
    if (!wanted.selection.excludesDirectory(path)) paths.push(path);
  }
  return paths;
}

/** Records whose file or directory is gone. Only what was looked at can be missed. */
function vanishedOf(
  found: Found,
  cached: CachedDirectory,
): Pick<DirectoryScan, 'vanished' | 'vanishedDirectories'> {
  const present = new Set(found.files.map((file) => file.name));
  const gone = (name: string): boolean => !present.has(name) && !found.unseen.has(name);
  const looked = found.only ?? [...cached.files.keys()];
  const vanished: VanishedFile[] = [];
  for (const name of looked) {
    const record = cached.files.get(name);
    if (record !== undefined && gone(name)) vanished.push({ id: record.id, sequence: record.sequence });
  }
  const directories = new Set(found.directories.map((directory) => directory.name));
  const known = new Set(cached.subdirectories);
  const vanishedDirectories = (found.only ?? cached.subdirectories)
    .filter((name) => known.has(name) && !directories.has(name) && !found.unseen.has(name))
    .map((name) => join(found.path, name));
  return { vanished, vanishedDirectories };
}
