/**
 * Pure: which paths of a tree are wanted, by globs and by the names of well-known temporaries.
 *
 * The syntax is fast-glob's: it expands the braces, and picomatch gets the options that fast-glob gives
 * it. Three differences are meant: `*` and `**` match line feeds too (fast-glob drops such names without a
 * word), a trailing `/` means a directory and all below it, and a glob that cannot be read is an error and
 * does not quietly match nothing. It knows nothing of recorded files or of the file system.
 */
import fastGlob from 'fast-glob';
import picomatch from 'picomatch';
import { MirrorhashError, messageOf } from './errors.js';
import type { TreePath } from './model.js';
import { split } from './paths.js';

export interface SelectionRules {
  /** files only; empty means every file */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** whether rsync's temporaries, `lost+found/` and `.snapshot/` are left out */
  readonly defaultExcludes: boolean;
}

/** Both questions hold for any path on its own: whoever asks need not have walked down to it. */
export interface Selection {
  /** Whether the directory and all below it are left out; never true of the base. */
  excludesDirectory(path: TreePath): boolean;
  /** Whether the file is left out, for its own sake or because of a directory above it. */
  excludesFile(path: TreePath): boolean;
}

type Matches = (path: TreePath) => boolean;

const defaultDirectories: ReadonlySet<string> = new Set(['.~tmp~', 'lost+found', '.snapshot']);
/** rsync writes `.name.XXXXXX` beside `name` and renames it at the end. */
const rsyncTemporary = /^\..+\.[A-Za-z0-9]{6}$/s;

/**
 * Compiles include and exclude globs into two questions.
 *
 * An exclude prunes a directory under fast-glob's rule for `ignore`: when it matches the directory and its
 * last part is `**` or a plain name. `tmp*` leaves out files only, `tmp*` with a `/` behind it directories.
 *
 * @throws MirrorhashError USAGE for a glob that can never match or cannot be read
 */
export function createSelection(rules: SelectionRules): Selection {
  const patterns = rules.exclude.flatMap(expand);
  const prunes = anyOf(patterns.filter(affectsDirectories).map((pattern) => pattern.replace(/\/$/, '')));
  const drops = anyOf(patterns.filter((pattern) => !pattern.endsWith('/')));
  const wants = createMatcher(rules.include);

  // Nearly all questions come directory by directory, so one remembered answer spares most climbs.
  let remembered = { path: '', excluded: false };
  function excludesDirectory(path: TreePath): boolean {
    if (path === '') return false;
    if (path === remembered.path) return remembered.excluded;
    const { directory, name } = split(path);
    const excluded =
      (rules.defaultExcludes && defaultDirectories.has(name)) || prunes(path) || excludesDirectory(directory);
    remembered = { path, excluded };
    return excluded;
  }

  return {
    excludesDirectory,
    excludesFile(path) {
      const { directory, name } = split(path);
      if (excludesDirectory(directory) || (rules.defaultExcludes && rsyncTemporary.test(name))) return true;
      return drops(path) || !wants(path);
    },
  };
}

/**
 * Whether a file's path matches one of the globs; an empty list means every file.
 *
 * @throws MirrorhashError USAGE for a glob that can never match or cannot be read
 */
export function createMatcher(globs: readonly string[]): Matches {
  if (globs.length === 0) return () => true;
  return anyOf(globs.flatMap(expand).map(belowTrailingSlash));
}

/**
 * Refuses a glob that `createSelection` and `createMatcher` would refuse.
 *
 * @throws MirrorhashError USAGE
 */
export function checkGlob(glob: string): void {
  createMatcher([glob]);
}

/** One glob → patterns without braces, each known to compile and to be able to match a path. */
function expand(glob: string): readonly string[] {
  if (glob === '') throw refusal(glob, 'is empty', 'leave it out to mean every file');
  let tasks: ReturnType<typeof fastGlob.generateTasks>;
  try {
    tasks = fastGlob.generateTasks(glob, { dot: true });
  } catch (error) {
    throw refusal(glob, `cannot be read (${messageOf(error)})`, undefined, error);
  }
  // To fast-glob these are excludes, whichever list they stand in; two meanings of one list mislead.
  if (/^!(?!\()/.test(glob) || tasks.some((task) => task.negative.length > 0)) {
    throw refusal(
      glob,
      'begins with "!"',
      'give what is not wanted to exclude, and write \\! for a name that begins with "!"',
    );
  }
  const patterns = tasks.flatMap((task) => task.positive);
  if (patterns.length === 0) throw refusal(glob, 'matches only the empty path');
  return patterns.map((pattern) => checked(pattern.replace(/^(\.\/)+/, ''), glob));
}

function checked(pattern: string, glob: string): string {
  if (pattern.startsWith('/')) {
    throw refusal(glob, 'begins with "/"', 'globs are relative to the base: leave the leading "/" out');
  }
  const parts = pattern.split('/');
  if (parts.includes('..') || parts.includes('.') || pattern === '') {
    throw refusal(
      glob,
      'has a part "." or ".."',
      'globs are matched against plain paths relative to the base',
    );
  }
  try {
    compile(pattern);
  } catch (error) {
    throw refusal(
      glob,
      `cannot be read (${messageOf(error)})`,
      'write \\ before a character to mean itself',
      error,
    );
  }
  return pattern;
}

function compile(pattern: string): RegExp {
  return picomatch.makeRe(pattern, {
    // What fast-glob 3.3 gives to micromatch with `dot: true` and its defaults otherwise.
    dot: true,
    matchBase: false,
    nobrace: false,
    nocase: false,
    noext: false,
    noglobstar: false,
    posix: true,
    strictSlashes: false,
    // Ours: a backslash is never a separator; `.` matches line feeds; a faulty pattern throws.
    windows: false,
    flags: 's',
    debug: true,
  });
}

function anyOf(patterns: readonly string[]): Matches {
  const expressions = [...new Set(patterns)].map(compile);
  return (path) => expressions.some((expression) => expression.test(path));
}

/** For files: `private/` is everything below it, and not a file of that name. */
function belowTrailingSlash(pattern: string): string {
  return pattern.endsWith('/') ? `${pattern}**/*` : pattern;
}

function affectsDirectories(pattern: string): boolean {
  if (pattern.endsWith('/') || pattern.endsWith('/**')) return true;
  // An escaped character is part of a plain name. (To fast-glob it is not: it would not prune `a\*b`.)
  const name = split(pattern).name.replace(/\\./gs, 'x');
  return !fastGlob.isDynamicPattern(name, { dot: true });
}

function refusal(glob: string, problem: string, hint?: string, cause?: unknown): MirrorhashError {
  return new MirrorhashError('USAGE', `the glob ${JSON.stringify(glob)} ${problem}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
