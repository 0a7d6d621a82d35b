/**
 * What lies in one directory: its names from fast-glob, each with its `lstat`.
 *
 * One call lists one directory with the pattern `*`: fast-glob's `**` drops names with a line break and
 * hides directories that cannot be read. It decides nothing about what is wanted (selection.ts) or fresh.
 */
import { readdirSync } from 'node:fs';
import fastGlob from 'fast-glob';
import { reasonOf, systemCode } from '../errors.js';
import type { FileProblem, FileStat, TreePath } from '../model.js';
import { fitsSystem, join, signatureName } from '../paths.js';
import { fileAt, lstatIn, toFileStat } from './file-stat.js';
import type { TreeDirectory } from './tree-directory.js';

export interface FileEntry {
  readonly name: string;
  readonly stat: FileStat;
}

/** A version of a file that was seen before. */
export interface KnownFile {
  readonly size: number;
  readonly mtimeNs: bigint;
  /** decimal */
  readonly inode: string;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly device: bigint;
}

export interface Listing {
  readonly files: readonly FileEntry[];
  readonly directories: readonly DirectoryEntry[];
  /** names that cannot be handled, links and special files among them */
  readonly problems: readonly FileProblem[];
  /** names of what is there, but cannot be looked at; each has its problem */
  readonly unseen: ReadonlySet<string>;
}

/**
 * Lists a directory, or only looks at some names in it.
 *
 * @param base absolute path of the tree, for the length of names
 * @param path the directory's path
 * @param only look at these names and no others
 * @param known what may be there unchanged: looking at it costs less
 * @throws the system's error when the directory cannot be read or searched
 */
export function listDirectory(
  directory: TreeDirectory,
  base: string,
  path: TreePath,
  only: readonly string[] | null,
  known: ReadonlyMap<string, KnownFile>,
): Listing {
  const fileAtPath = byPath(directory, known);
  const files: FileEntry[] = [];
  const directories: DirectoryEntry[] = [];
  const unseen = new Set<string>();
  const { names, problems } = only === null ? readNames(directory, path) : { names: only, problems: [] };
  for (const name of names) {
    const entryPath = join(path, name);
    if (!fitsSystem(base, entryPath)) {
      problems.push(skipped(entryPath, 'PATH_TOO_LONG', 'the path is longer than programs can open'));
      continue;
    }
    const stat = fileAtPath(name);
    if (stat !== null) {
      files.push({ name, stat });
      continue;
    }
    const found = look(directory, name);
    if (found === null) continue;
    if (found instanceof Error) {
      problems.push(unreadable(entryPath, found));
      unseen.add(name);
    } else if (found.isFile()) files.push({ name, stat: toFileStat(found) });
    else if (found.isDirectory()) directories.push({ name, device: found.dev });
    else problems.push(skipped(entryPath, 'NOT_A_FILE', 'a link or special file'));
  }
  return { files, directories, problems, unseen };
}

/** What it means when these come: nothing in the directory can be looked at. */
const ofDirectory: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'ELOOP', 'ESTALE', 'ENOMEM']);

/** The `lstat` of a name, null when there is nothing, or why just this one cannot be looked at. */
function look(directory: TreeDirectory, name: string): ReturnType<typeof lstatIn> | Error {
  try {
    return lstatIn(directory, name);
  } catch (error) {
    const code = systemCode(error);
    if (code === null || ofDirectory.has(code)) throw error;
    return error as Error;
  }
}

/**
 * Looks at files by their path, which costs less than the way through the descriptor. What lies at the path may have
 * been swapped for a link meanwhile, so it tells only of files that are proved otherwise: one of the device, inode,
 * size and mtime of a record is the file of the record, whichever way led to it; and one that is new or changed is
 * opened through the descriptor, and not read when it is another (stable-file). All else is for the descriptor.
 */
function byPath(
  directory: TreeDirectory,
  known: ReadonlyMap<string, KnownFile>,
): (name: string) => FileStat | null {
  const device = directory.device();
  return (name) => {
    const stat = fileAt(`${directory.path}/${name}`);
    if (stat === null || stat.device !== device) return null;
    const record = known.get(name);
    const looksFresh = record !== undefined && stat.size === record.size && stat.mtimeNs === record.mtimeNs;
    return looksFresh && stat.inode.toString() !== record.inode ? null : stat;
  };
}

/**
 * To fast-glob every name is a file: what it is, our own `lstat` says. Entries with types cost Node as much again as
 * reading the names, and fast-glob may go no deeper anyway.
 */
class Name {
  constructor(readonly name: string) {}
  isFile(): boolean {
    return true;
  }
  isDirectory(): boolean {
    return false;
  }
  isSymbolicLink(): boolean {
    return false;
  }
}
const readNamesOnly = ((path: string) =>
  readdirSync(path).map((name) => new Name(name))) as unknown as fastGlob.FileSystemAdapter['readdirSync'];

interface Names {
  readonly names: readonly string[];
  readonly problems: FileProblem[];
}

function readNames(directory: TreeDirectory, path: TreePath): Names {
  // `?*` and not `*`, which leaves out names that begin with a line break.
  const names = fastGlob.sync('?*', {
    cwd: directory.self,
    dot: true,
    deep: 1,
    onlyFiles: false,
    followSymbolicLinks: false,
    suppressErrors: false,
    unique: false,
    fs: { readdirSync: readNamesOnly },
  });
  // U+FFFD may stand for bytes that are no UTF-8, or for itself: only the bytes can tell.
  if (names.some((name) => name.includes('\ufffd'))) return readNamesAsBytes(directory, path);
  // The one name that no pattern of fast-glob finds.
  if (lstatIn(directory, '.\\') !== null) names.push('.\\');
  return { names, problems: [] };
}

function readNamesAsBytes(directory: TreeDirectory, path: TreePath): Names {
  const names: string[] = [];
  const problems: FileProblem[] = [];
  for (const bytes of readdirSync(directory.self, { encoding: 'buffer' })) {
    const name = bytes.toString('utf8');
    if (Buffer.from(name, 'utf8').equals(bytes)) names.push(name);
    else problems.push(notUtf8(path, name, bytes));
  }
  return { names, problems };
}

function notUtf8(directory: TreePath, name: string, bytes: Buffer): FileProblem {
  const prefix = Buffer.from(join(directory, ''), 'utf8');
  return {
    ...skipped(join(directory, name), 'NAME_NOT_UTF8', 'the name is not UTF-8'),
    pathBase64: Buffer.concat([prefix, bytes]).toString('base64'),
  };
}

function unreadable(path: TreePath, error: Error): FileProblem {
  return { outcome: 'failed', path, code: 'FILE_UNREADABLE', message: reasonOf(error) };
}

function skipped(
  path: TreePath,
  code: 'NAME_NOT_UTF8' | 'PATH_TOO_LONG' | 'NOT_A_FILE',
  message: string,
): FileProblem & { outcome: 'skipped' } {
  return { outcome: 'skipped', path, code, message };
}

/** The signature files of some files, as far as they can be looked at. */
export interface SignatureFiles {
  readonly found: ReadonlyMap<string, FileStat>;
  readonly unseen: ReadonlySet<string>;
}

/**
 * The signature files among the listed ones. When only some names were looked at, their signatures are looked
 * up beside them.
 */
export function signaturesAmong(
  directory: TreeDirectory,
  { files, unseen }: Pick<Listing, 'files' | 'unseen'>,
  only: readonly string[] | null,
): SignatureFiles {
  const found = new Map<string, FileStat>();
  if (only === null) {
    for (const { name, stat } of files) if (name.endsWith('.asc')) found.set(name, stat);
    return { found, unseen };
  }
  const unseenBeside = new Set(unseen);
  for (const name of files.map((file) => signatureName(file.name))) {
    const stat = look(directory, name);
    if (stat instanceof Error) unseenBeside.add(name);
    else if (stat?.isFile()) found.set(name, toFileStat(stat));
  }
  return { found, unseen: unseenBeside };
}
