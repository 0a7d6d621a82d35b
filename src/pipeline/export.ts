/**
 * Records → files on disk: sidecars and lists for every directory, written where something changed.
 *
 * Directories without losses are done as they come. Those whose files are gone wait until all are counted: then the
 * guard says whether their outputs may go (promise 2).
 */
import { availableParallelism } from 'node:os';
import { MirrorhashError } from '../errors.js';
import type {
  AllowlistJob,
  DirectoryReport,
  ExportJob,
  ExportReply,
  ExportSettings,
  ExportWish,
  LossRule,
} from '../files/export-jobs.js';
import { Gate } from '../files/gate.js';
import { isEnterable } from '../files/open-to-all.js';
import { removeEmpty } from '../files/remove-empty.js';
import type { ExportEvent, NoticeEvent, Progress, TreePath } from '../model.js';
import type { Limit } from '../quantities.js';
import type { CacheReader } from '../store/cache-reader.js';
import { Manifest } from '../store/manifest.js';
import { databaseExists } from '../store/open.js';
import { makeOut, manifestFile } from './export-place.js';
import { type ExportSummary, ExportTally, presentOf } from './export-tally.js';
import { Threads } from './pools.js';
import { baseLost, limitOf } from './prune.js';
import { cacheFile, type StatePlace } from './state.js';
import { identityOf } from './survey.js';

export interface ExportPlan extends ExportWish {
  /** of the outputs: absolute, without symbolic links */
  readonly out: string;
  /** only what lies there and below */
  readonly scope: TreePath;
  readonly jobs: number | null;
  readonly maxDelete: Limit | null;
  readonly adopt: boolean;
  readonly dryRun: boolean;
  /** also tell of what was written and removed */
  readonly listAll: boolean;
  /** of the program */
  readonly version: string;
}

export interface ExportHost {
  readonly emit: (event: ExportEvent) => void;
  readonly signal: AbortSignal;
  readonly watch?: (progress: () => Progress) => void;
}

export interface ExportResult {
  readonly summary: ExportSummary;
  /** why the run could not do its job, null when it could */
  readonly failure: unknown;
}

/** Directories in one job: more than a thread does before it replies. */
const largestBatch = 64;
/** Jobs that are asked for at once, for each thread. */
const jobsPerThread = 2;

/**
 * The caller holds the lock of the outputs, unless it is a dry run.
 *
 * @param held false once that lock is lost: then nothing more is written
 */
export async function exportTree(
  plan: ExportPlan,
  place: StatePlace,
  cache: CacheReader,
  host: ExportHost,
  held: () => boolean,
): Promise<ExportResult> {
  const run = new ExportRun(plan, place, cache, host, held);
  return await run.execute();
}

class ExportRun {
  private readonly started = performance.now();
  private readonly tally = new ExportTally();
  private readonly known: number;
  private readonly baseIdentity: string | null;
  private readonly manifestFile: string;
  private readonly losing: (DirectoryReport & { readonly status: 'losing' })[] = [];
  private readonly infohashes = new Map<TreePath, Uint8Array>();
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;

  constructor(
    private readonly plan: ExportPlan,
    private readonly place: StatePlace,
    private readonly cache: CacheReader,
    private readonly host: ExportHost,
    private readonly held: () => boolean,
  ) {
    this.manifestFile = manifestFile(place.directory);
    this.known = cache.countFiles(plan.scope);
    this.baseIdentity = identityOf(place.base);
    this.signal = AbortSignal.any([host.signal, this.broken.signal]);
    host.watch?.(() => this.progress());
  }

  async execute(): Promise<ExportResult> {
    let failure: unknown = null;
    try {
      await this.exportAll();
    } catch (error) {
      failure = error;
    }
    const seconds = (performance.now() - this.started) / 1000;
    return { summary: this.tally.summary(seconds), failure };
  }

  private async exportAll(): Promise<void> {
    const { base } = this.place;
    if (!isEnterable(base)) {
      this.host.emit(baseClosed(base));
      return;
    }
    if (!this.plan.dryRun) makeOut(this.plan.out);
    const manifest = this.openManifest();
    const threads = this.threads();
    try {
      const before = manifest?.directories(this.plan.scope) ?? [];
      const exported = manifest?.fileCount(this.plan.scope) ?? 0;
      const directories = [...new Set([...this.cache.directoriesBelow(this.plan.scope), ...before])];
      await this.doDirectories(directories, 'defer', threads);
      // The guard judges what was counted to the end.
      if (!this.signal.aborted) await this.finish(exported, manifest, threads);
    } finally {
      await threads.close();
      manifest?.close();
    }
    if (this.broken.signal.aborted) throw this.broken.signal.reason;
  }

  /** @param exported files that had outputs */
  private async finish(
    exported: number,
    manifest: Manifest | null,
    threads: Threads<ExportJob | AllowlistJob, ExportReply | DirectoryReport>,
  ): Promise<void> {
    const verdict = this.guard(exported);
    if (verdict !== null) this.host.emit(verdict);
    const later = this.losing.map(({ path }) => path);
    await this.doDirectories(later, verdict === null ? 'remove' : 'keep', threads);
    if (verdict !== null || this.signal.aborted) return;
    await this.doAllowlist(threads);
    if (this.plan.dryRun || manifest === null || !this.held()) return;
    manifest.forget(removeEmpty(this.plan.out, manifest.emptyDirectories()));
  }

  private openManifest(): Manifest | null {
    const { dryRun, out } = this.plan;
    if (!dryRun) return Manifest.openForWriting(this.manifestFile, out);
    return databaseExists(this.manifestFile) ? Manifest.openForReading(this.manifestFile, out) : null;
  }

  private threads(): Threads<ExportJob | AllowlistJob, ExportReply | DirectoryReport> {
    const { scope: _scope, jobs, maxDelete: _maxDelete, ...wish } = this.plan;
    const settings: ExportSettings = {
      ...wish,
      base: this.place.base,
      cacheFile: cacheFile(this.place.directory),
      manifestFile: this.manifestFile,
      gate: Gate.allocate(),
    };
    return new Threads('export-directories', settings, {
      threads: jobs ?? availableParallelism(),
      eager: false,
      onBroken: (error) => this.broken.abort(error),
    });
  }

  private async doDirectories(
    directories: readonly TreePath[],
    losses: LossRule,
    threads: Threads<ExportJob | AllowlistJob, ExportReply | DirectoryReport>,
  ): Promise<void> {
    const concurrency = (this.plan.jobs ?? availableParallelism()) * jobsPerThread;
    // The first lie at the end, where taking them costs nothing.
    const waiting = [...directories].reverse();
    const lane = async (): Promise<void> => {
      while (waiting.length > 0 && !this.signal.aborted) {
        if (!this.held()) throw lockLost(this.plan.out);
        const share = Math.ceil(waiting.length / concurrency);
        const batch = waiting.splice(-Math.min(share, largestBatch)).reverse();
        const reports = (await threads.run({ directories: batch, losses })) as ExportReply;
        waiting.push(...batch.slice(reports.length).reverse());
        for (const report of reports) this.take(report);
      }
    };
    const lanes = Array.from({ length: Math.min(concurrency, directories.length) }, async () => {
      await lane().catch((error: unknown) => this.broken.abort(error));
    });
    await Promise.all(lanes);
  }

  private async doAllowlist(
    threads: Threads<ExportJob | AllowlistJob, ExportReply | DirectoryReport>,
  ): Promise<void> {
    const changed = this.tally.seen.changed > 0;
    const report = await threads.run({ changed, instead: this.infohashes }, 'exportAllowlist');
    const { status } = report as DirectoryReport;
    if (status === 'done') {
      const { outputs, events } = report as DirectoryReport & { readonly status: 'done' };
      this.tally.addOutputs(outputs);
      for (const event of events) this.host.emit(event);
    } else {
      this.take(report as DirectoryReport);
    }
  }

  private take(report: DirectoryReport): void {
    if (report.status === 'unusable') {
      throw new MirrorhashError(report.code, report.message, { hint: report.hint });
    }
    this.tally.add(report);
    if (report.status === 'losing') {
      this.losing.push(report);
    } else if (report.status === 'failed') {
      const { path, code, message } = report;
      this.host.emit({ event: 'directory', outcome: 'failed', path, code, message });
      if (report.hopeless) throw hopeless(this.plan.out, message);
    } else {
      for (const event of report.events) this.host.emit(event);
      if (report.infohashes !== null) this.infohashes.set(report.path, report.infohashes);
    }
  }

  /** Why no output may go whose file is gone, or null. @param exported files that had outputs */
  private guard(exported: number): NoticeEvent | null {
    const lost = this.losing.reduce((sum, { files }) => sum + files.lost, 0);
    if (lost === 0) return null;
    const { base } = this.place;
    if (identityOf(base) !== this.baseIdentity) return baseLost(base);
    const { maxDelete } = this.plan;
    const isMeant = maxDelete?.kind === 'share' && maxDelete.percent === 100;
    const present = this.tally.present + this.losing.reduce((sum, { files }) => sum + presentOf(files), 0);
    if (present > 0 ? lost <= limitOf(exported, maxDelete) : isMeant) return null;
    const what = `of ${exported} exported files are gone from ${base} or from its cache`;
    const why = present > 0 ? 'more than --max-delete allows' : 'and no other is there';
    return {
      event: 'notice',
      level: 'fatal',
      code: 'DELETE_GUARD',
      message: `${lost} ${what}, ${why}: nothing of theirs was removed`,
      hint: 'is the file system mounted, and did hash end? if that is meant, run again with --max-delete 100%',
    };
  }

  private progress(): Progress {
    const { directories, files } = this.tally.seen;
    return {
      walked: true,
      directories,
      filesSeen: files,
      filesDone: files,
      filesTotal: Math.max(this.known, files),
      bytesDone: 0,
      bytesTotal: 0,
      active: [],
      waiting: null,
    };
  }
}

/** Then everything in it is hidden; that is a mistake more often than it is meant. */
function baseClosed(base: string): NoticeEvent {
  return {
    event: 'notice',
    level: 'fatal',
    code: 'TREE_CLOSED',
    message: `others may not enter ${base}: nothing was exported or removed`,
    hint: `only what everybody may see is exported; open it with chmod o+x ${base}`,
  };
}

function lockLost(out: string): MirrorhashError {
  return new MirrorhashError('OUTPUT_UNUSABLE', `the lock of ${out} was lost: another run may write there`, {
    hint: 'run again; what was written is good',
  });
}

function hopeless(out: string, message: string): MirrorhashError {
  return new MirrorhashError('OUTPUT_UNUSABLE', `${out} cannot be written (${message})`, {
    hint: 'what was written is good; the next run goes on',
  });
}
