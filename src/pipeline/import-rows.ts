/**
 * The rows of a redirector, portion by portion, each held against the file that lies on the disk now.
 *
 * It decides which of them may become records, and counts why others may not; what is done with them is the visitor's.
 * The sums of pieces and blocks, which may take megabytes, are fetched only for those that are wanted.
 */
import { lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { systemCode } from '../errors.js';
import { lstatIn, toFileStat } from '../files/file-stat.js';
import { pickUpSignature } from '../files/signature.js';
import { DirectoryMoved, TreeDirectory } from '../files/tree-directory.js';
import { isRacy } from '../freshness.js';
import type { FileRecord, FileStat, FileTask, Signature, TreePath } from '../model.js';
import { fitsSystem, isTreePath, isWithin, split } from '../paths.js';
import { createSelection, type Selection } from '../selection.js';
import type { SelectionSettings } from '../settings.js';
import type { CacheReader } from '../store/cache-reader.js';
import type { Redirector, RedirectorRow } from '../store/redirector.js';
import { adopt, expectedWeight, isSameVersion } from './adopt.js';

/** Rows looked at in one go, and bytes of sums that are held at once. */
const portion = 500;
const mostBytes = 16 * 1024 * 1024;

export interface RowsParts {
  readonly redirector: Redirector;
  /** null: there is none yet */
  readonly cache: CacheReader | null;
  /** the tree, absolute */
  readonly base: string;
  /** only rows at and below this path */
  readonly within: TreePath;
  readonly selection: SelectionSettings;
  readonly signal: AbortSignal;
}

/** A row that describes the file beside it, as far as size and mtime tell. */
export interface Match {
  readonly path: TreePath;
  readonly stat: FileStat;
  readonly signature: Signature | null;
  /** bytes of its sums */
  readonly weight: number;
}

/** A record made of a row; what the file looked like then. */
export interface Adoptable {
  readonly record: FileRecord;
  readonly stat: FileStat;
}

export interface RowVisitor {
  /** Told before a directory is looked at. False: another run has it in work. */
  enter(directory: TreePath): boolean;
  /** Whether the row is wanted with all its sums. */
  wants(match: Match): boolean;
  take(found: readonly Adoptable[]): Promise<void> | void;
  /** Told when all the directories that were entered are done. */
  leave(): void;
}

/** Why rows are not imported. */
export type LeftOut =
  | 'known'
  | 'changed'
  | 'missing'
  | 'incomplete'
  | 'recent'
  | 'excluded'
  | 'locked'
  | 'unreadable';

const noneLeftOut: Readonly<Record<LeftOut, number>> = {
  known: 0,
  changed: 0,
  missing: 0,
  incomplete: 0,
  recent: 0,
  excluded: 0,
  locked: 0,
  unreadable: 0,
};

export class ImportRows {
  rows = 0;
  directories = 0;
  readonly leftOut: Record<LeftOut, number> = { ...noneLeftOut };
  private readonly selection: Selection;
  private readonly device: bigint | null;

  constructor(private readonly parts: RowsParts) {
    const { selection, base } = parts;
    this.selection = createSelection(selection);
    this.device = selection.oneFileSystem ? lstatSync(base, { bigint: true }).dev : null;
  }

  async visit(visitor: RowVisitor): Promise<void> {
    const { redirector, within, signal } = this.parts;
    let after = '';
    while (!signal.aborted) {
      const paths = await redirector.paths(after, portion);
      const last = paths.at(-1);
      if (last === undefined) return;
      try {
        await this.visitPortion(
          paths.filter((path) => isWithin(path, within)),
          visitor,
        );
      } finally {
        visitor.leave();
      }
      after = last;
      // The main thread also serves progress and signals.
      await setImmediate();
    }
  }

  private async visitPortion(paths: readonly TreePath[], visitor: RowVisitor): Promise<void> {
    const { redirector, signal } = this.parts;
    this.rows += paths.length;
    const directories = this.enterable(paths, visitor);
    const glances = await redirector.fetch([...directories.values()].flat(), 'glance');
    const matches = [...directories].flatMap(([directory, files]) => this.look(directory, files, glances));
    for (const group of limited(matches.filter((match) => visitor.wants(match)))) {
      if (signal.aborted) return;
      const rows = await redirector.fetch(
        group.map(({ path }) => path),
        'all',
      );
      await visitor.take(group.flatMap((match) => this.judge(match, rows.get(match.path))));
    }
  }

  /** The paths that are worth a look, by directory. */
  private enterable(paths: readonly TreePath[], visitor: RowVisitor): ReadonlyMap<TreePath, TreePath[]> {
    const { base, cache } = this.parts;
    const directories = new Map<TreePath, TreePath[]>();
    for (const path of paths) {
      const { directory } = split(path);
      if (!isTreePath(path) || !fitsSystem(base, path)) this.leftOut.missing++;
      else if (this.selection.excludesFile(path)) this.leftOut.excluded++;
      else {
        const others = directories.get(directory);
        if (others === undefined) directories.set(directory, [path]);
        else others.push(path);
      }
    }
    for (const [directory, files] of directories) {
      const isEntered = visitor.enter(directory);
      // Asked once nobody else may add any.
      const unknown = isEntered ? files.filter((path) => (cache?.fileAt(path) ?? null) === null) : [];
      this.leftOut[isEntered ? 'known' : 'locked'] += files.length - unknown.length;
      if (unknown.length > 0) directories.set(directory, unknown);
      else directories.delete(directory);
    }
    this.directories += directories.size;
    return directories;
  }

  /** What lies at some paths of a directory, as far as it is what their rows describe. */
  private look(
    path: TreePath,
    files: readonly TreePath[],
    glances: ReadonlyMap<TreePath, RedirectorRow>,
  ): readonly Match[] {
    let directory: TreeDirectory;
    try {
      directory = TreeDirectory.open(this.parts.base, path);
    } catch (error) {
      this.leftOut[whyUnseen(error)] += files.length;
      return [];
    }
    try {
      if (this.device !== null && directory.device() !== this.device) {
        this.leftOut.excluded += files.length;
        return [];
      }
      return files.flatMap((file) => {
        const match = this.lookAt(directory, file, glances.get(file));
        if (typeof match !== 'string') return [match];
        this.leftOut[match]++;
        return [];
      });
    } finally {
      directory.close();
    }
  }

  private lookAt(directory: TreeDirectory, path: TreePath, row: RedirectorRow | undefined): Match | LeftOut {
    const { name } = split(path);
    try {
      const found = lstatIn(directory, name);
      if (!found?.isFile()) return 'missing';
      const stat = toFileStat(found);
      // Null also for a row that went away meanwhile.
      const weight = row === undefined ? null : expectedWeight(row);
      if (row !== undefined && !isSameVersion(row, stat)) return 'changed';
      if (weight === null) return 'incomplete';
      const nowNs = BigInt(Date.now()) * 1_000_000n;
      if (isRacy(stat.mtimeNs, nowNs)) return 'recent';
      const signature = pickUpSignature(directory, taskOf(name, stat)) ?? null;
      // One that was written a moment ago is new to the next run, which reads no file for it.
      const isCalm = signature === null || !isRacy(signature.mtimeNs, nowNs);
      return { path, stat, signature: isCalm ? signature : null, weight };
    } catch (error) {
      return whyUnseen(error);
    }
  }

  private judge({ path, stat, signature }: Match, row: RedirectorRow | undefined): readonly Adoptable[] {
    const record = row === undefined ? null : adopt({ ...row, path }, stat, signature);
    if (record !== null) return [{ record, stat }];
    this.leftOut.incomplete++;
    return [];
  }
}

function whyUnseen(error: unknown): LeftOut {
  const code = systemCode(error);
  if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG')
    return 'missing';
  if (code === null) throw error;
  return 'unreadable';
}

/** Groups whose sums do not take too much memory together. */
function* limited(matches: readonly Match[]): Generator<readonly Match[]> {
  let group: Match[] = [];
  let bytes = 0;
  for (const match of matches) {
    if (group.length > 0 && bytes + match.weight > mostBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(match);
    bytes += match.weight;
  }
  if (group.length > 0) yield group;
}

/** Asks for the signature as a run does that reads the file. */
function taskOf(name: string, stat: FileStat): FileTask {
  const recipe = { pieceLength: 0, zsyncBlockSize: null };
  return { name, stat, recipe, reason: 'new', payload: 'read', signature: 'read' };
}
