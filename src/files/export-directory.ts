/**
 * Exports the records of one directory: looks which of its files everybody may see, and has their outputs written.
 *
 * Where nothing changed since the last time, neither among the files nor in the directory of the outputs, that look is
 * all. What is known comes from databases, by questions that the caller answers.
 */
import { MirrorhashError, reasonOf, systemCode } from '../errors.js';
import type { CachedDirectory } from '../examine.js';
import type { ExportedDirectory, ExportMemory, SettledDirectory } from '../export-manifest.js';
import { allowlistName } from '../formats/export-formats.js';
import { racyNs, type Version } from '../freshness.js';
import type { FileEvent, TreePath } from '../model.js';
import { join } from '../paths.js';
import { createSelection, type Selection } from '../selection.js';
import type {
  AllowlistJob,
  DirectoryReport,
  ExportedFiles,
  ExportedOutputs,
  ExportSettings,
  LossRule,
} from './export-jobs.js';
import { Gate } from './gate.js';
import { isSame, OutputDirectory } from './output-directory.js';
import { sourceStates } from './sources.js';
import { DirectoryMoved } from './tree-directory.js';
import {
  type ExportRecords,
  fingerprintOf,
  fingerprintOfSources,
  type Source,
  WantedOutputs,
} from './wanted-outputs.js';
import { type WriteOrders, type Written, writeOutputs } from './write-outputs.js';

/** Whoever answers for the databases. */
export interface ExportDesk extends ExportRecords {
  readonly cached: (path: TreePath) => CachedDirectory;
  readonly memory: ExportMemory;
}

interface Survey {
  readonly sources: readonly Source[];
  /** names of files that are there, and are not exported */
  readonly left: readonly string[];
  readonly files: ExportedFiles;
  readonly events: readonly FileEvent[];
}

/** In the manifest, what belongs to no directory; no path of the tree is this. */
const rootKey: TreePath = '/';

const nothing = { files: 0, mtimeNs: null, infohashes: null };
const noFiles: ExportedFiles = { exported: 0, hidden: 0, stale: 0, excluded: 0, lost: 0 };
const untouched: ExportedOutputs = { written: 0, unchanged: 0, removed: 0, foreign: 0, skipped: 0 };

/** When one of these happens, it happens to every directory. */
const hopelessCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

export class DirectoryExporter {
  private readonly selection: Selection;
  private readonly fingerprint: string;
  private readonly wanted: WantedOutputs;
  private readonly gate: Gate;

  constructor(
    private readonly settings: ExportSettings,
    private readonly desk: ExportDesk,
  ) {
    this.selection = createSelection(settings.selection);
    this.fingerprint = fingerprintOf(settings);
    this.gate = new Gate(settings.gate);
    this.wanted = new WantedOutputs(settings, this.fingerprint, desk);
  }

  /** What cannot be done is a report; anything without a system's code is a bug. */
  async export(path: TreePath, losses: LossRule): Promise<DirectoryReport> {
    let isLooking = true;
    try {
      const before = this.desk.memory.directory(path);
      const survey = this.survey(path, before);
      isLooking = false;
      if (survey.files.lost > 0 && losses === 'defer') return { status: 'losing', path, files: survey.files };
      return await this.settle(path, before, survey, losses === 'keep' ? 'keep' : 'remove');
    } catch (error) {
      return failure(path, error, isLooking);
    }
  }

  private survey(path: TreePath, before: ExportedDirectory | null): Survey {
    const records = this.desk.cached(path).files;
    const states = sourceStates(this.settings.base, path, records);
    const isOwn = this.ownOutputs(path, records.keys());
    const sources: Source[] = [];
    const left: string[] = [];
    const events: FileEvent[] = [];
    const counts = { hidden: 0, stale: 0, excluded: 0 };
    let present = 0;
    for (const [name, record] of records) {
      const state = states.get(name) ?? 'lost';
      if (state === 'lost') continue;
      present++;
      const isExcluded = isOwn(name) || this.selection.excludesFile(join(path, name));
      const kind = isExcluded ? 'excluded' : state;
      if (kind === 'visible' || kind === 'unsigned') {
        sources.push({ name, sequence: record.sequence, isUnsigned: kind === 'unsigned' });
        continue;
      }
      left.push(name);
      counts[kind]++;
      if (kind === 'stale') events.push(staleEvent(join(path, name), record.size));
    }
    const lost = Math.max(0, (before?.files ?? 0) - present);
    return { sources, left, files: { exported: sources.length, ...counts, lost }, events };
  }

  /** Outputs in the tree that were hashed once, before they were ours, are no files to be exported. */
  private ownOutputs(path: TreePath, names: Iterable<string>): (name: string) => boolean {
    if (this.settings.out !== this.settings.base) return () => false;
    const mayBe = this.wanted.mayBeOutputs([...names]);
    if (mayBe.size === 0) return () => false;
    const outputs = this.desk.memory.outputs(path);
    return (name) => mayBe.has(name) && outputs.has(name);
  }

  /** The list for trackers: it belongs to no directory, and lies in the root. */
  async exportAllowlist({ changed, instead }: AllowlistJob): Promise<DirectoryReport> {
    try {
      const { memory } = this.desk;
      const before = memory.directory(rootKey);
      const { out, formats } = this.settings;
      const fingerprint = formats.allowlist ? this.fingerprint : '';
      const known = memory.outputs(rootKey);
      const isThere =
        known.size === 0 ? !formats.allowlist : liesThere(out, allowlistName, known.get(allowlistName));
      if (!changed && isThere && before?.fingerprint === fingerprint) {
        return done('', { outputs: { ...untouched, unchanged: before.outputs } });
      }
      if (before === null && !formats.allowlist) return done('', {});
      const infohashes = new Map([...memory.infohashes(), ...instead]);
      const list = this.wanted.allowlist([...infohashes.values()]);
      const written = await writeOutputs(list, this.orders('', rootKey, before, 'remove', []), memory);
      const { outputs, events } = written;
      if (!this.settings.dryRun) this.remember(rootKey, { ...nothing, fingerprint }, written);
      return done('', { changed: true, outputs, events });
    } catch (error) {
      return failure('', error, false);
    }
  }

  private async settle(
    path: TreePath,
    before: ExportedDirectory | null,
    survey: Survey,
    losses: 'keep' | 'remove',
  ): Promise<DirectoryReport> {
    const { sources, left, files, events } = survey;
    const fingerprint = fingerprintOfSources(this.fingerprint, sources);
    const isSettled = before === null ? sources.length === 0 : this.isAsBefore(path, before, fingerprint);
    if (isSettled) {
      const outputs = { ...untouched, unchanged: before?.outputs ?? 0, foreign: before?.leftAlone ?? 0 };
      return done(path, { files, outputs, events });
    }
    const orders = this.orders(path, path, before, losses, left);
    const written = await writeOutputs(this.wanted.of(path, sources), orders, this.desk.memory);
    const infohashes = this.settings.formats.allowlist ? this.wanted.infohashes(path, sources) : null;
    const all = [...events, ...written.events];
    const { outputs } = written;
    if (this.settings.dryRun) return done(path, { changed: true, files, outputs, events: all, infohashes });
    const isKept = losses === 'keep';
    this.remember(
      path,
      {
        files: isKept ? Math.max(before?.files ?? 0, sources.length) : sources.length,
        mtimeNs: calmMtime(this.settings.out, path),
        // What is kept is to be looked at again.
        fingerprint: isKept ? null : fingerprint,
        infohashes,
      },
      written,
    );
    return done(path, { changed: true, files, outputs, events: all });
  }

  private orders(
    directory: TreePath,
    key: TreePath,
    before: ExportedDirectory | null,
    losses: 'keep' | 'remove',
    left: readonly string[],
  ): WriteOrders {
    const { out, dryRun, listAll, adopt } = this.settings;
    const unfinished = before !== null && before.fingerprint === null;
    const mustGo = this.wanted.sidecarsOf(left);
    const { gate } = this;
    return { out, gate, dryRun, listAll, adopt, directory, key, losses, mustGo, unfinished };
  }

  private remember(
    key: TreePath,
    about: Omit<SettledDirectory, 'outputs' | 'leftAlone' | 'written'>,
    { outputs, written }: Written,
  ): void {
    const leftAlone = outputs.foreign;
    this.desk.memory.settle(key, { ...about, outputs: written.length, leftAlone, written });
  }

  private isAsBefore(path: TreePath, before: ExportedDirectory, fingerprint: string): boolean {
    if (before.fingerprint !== fingerprint || (this.settings.adopt && before.leftAlone > 0)) return false;
    if (before.outputs === 0 && before.leftAlone === 0) return true;
    return before.mtimeNs !== null && before.mtimeNs === mtimeOf(this.settings.out, path);
  }
}

/** Of the directory of the outputs; null when it is so young that more may happen without its mtime showing it. */
export function calmMtime(out: string, path: TreePath): bigint | null {
  const mtimeNs = mtimeOf(out, path);
  const now = BigInt(Date.now()) * 1_000_000n;
  return mtimeNs !== null && now - mtimeNs > racyNs ? mtimeNs : null;
}

function mtimeOf(out: string, path: TreePath): bigint | null {
  const directory = OutputDirectory.open(out, path);
  try {
    return directory?.mtimeNs() ?? null;
  } finally {
    directory?.close();
  }
}

function liesThere(out: string, name: string, versions: readonly Version[] = []): boolean {
  const directory = OutputDirectory.open(out, '');
  try {
    return versions.some((version) => directory !== null && isSame(directory.look(name), version));
  } finally {
    directory?.close();
  }
}

type Done = DirectoryReport & { readonly status: 'done' };

function done(path: TreePath, what: Partial<Done>): Done {
  const rest = { files: noFiles, outputs: untouched, events: [], infohashes: null };
  return { status: 'done', path, changed: false, ...rest, ...what };
}

function staleEvent(path: TreePath, size: number): FileEvent {
  const message = 'it changed since it was hashed';
  return { event: 'file', outcome: 'deferred', path, size, code: 'RECORD_STALE', message };
}

function failure(path: TreePath, error: unknown, isLooking: boolean): DirectoryReport {
  if (error instanceof MirrorhashError) {
    return { status: 'unusable', code: error.code, message: error.message, hint: error.hint ?? '' };
  }
  const code = systemCode(error);
  const isBlocked = error instanceof DirectoryMoved;
  if (code === null && !isBlocked) throw error;
  const reason = isBlocked ? 'a link or a file is in the place of a directory' : reasonOf(error);
  return {
    status: 'failed',
    path,
    code: isLooking ? 'DIRECTORY_UNREADABLE' : 'OUTPUT_UNWRITABLE',
    message: isLooking ? reason : `its outputs cannot be written: ${reason}`,
    hopeless: !isLooking && hopelessCodes.has(code ?? ''),
  };
}
