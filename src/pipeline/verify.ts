/**
 * Reads files again and compares them with their records, to find content that changed on the disk while size and
 * mtime did not. Differences are told, never stored.
 */
import pMap from 'p-map';
import { type Batch, batches } from '../batches.js';
import type { DirectoryScan } from '../jobs.js';
import type { FileEvent, FileProblem, FileRecord, FileTask, Progress, Reason, TreePath } from '../model.js';
import { unpackRecords } from '../packed-records.js';
import type { Settings } from '../settings.js';
import type { CacheReader } from '../store/cache-reader.js';
import { differingColumns, toRow } from '../store/redirector.js';
import type { Host } from './generate.js';
import { HashPool } from './hash-pool.js';
import { ScanPool } from './pools.js';
import type { Scope } from './scopes.js';
import { cacheFile, type StatePlace } from './state.js';
import { jobsOf, scanSettings } from './survey.js';

export interface VerifyPlan {
  readonly scope: Scope;
  readonly settings: Settings;
  /** which share of the files is read, 0 to 100 percent, chosen at random */
  readonly sample: number;
}

export interface VerifySummary {
  readonly files: {
    /** records that were looked at */
    readonly seen: number;
    /** read, and the same */
    readonly verified: number;
    /** read, and not the same */
    readonly different: number;
    /** size or mtime are no longer those of the record: a matter for `hash` */
    readonly stale: number;
    readonly vanished: number;
    /** left out by the sample */
    readonly left: number;
    readonly deferred: number;
    readonly failed: number;
  };
  readonly bytes: { readonly read: number };
  readonly seconds: number;
}

/** With these a file is not the one that the record describes. */
const staleReasons: ReadonlySet<Reason> = new Set(['size', 'mtime']);

export async function verify(
  plan: VerifyPlan,
  place: StatePlace,
  cache: CacheReader,
  host: Host,
): Promise<VerifySummary> {
  const run = new Verification(plan, place, cache, host);
  return run.execute();
}

class Verification {
  private readonly started = performance.now();
  private readonly files = {
    seen: 0,
    verified: 0,
    different: 0,
    stale: 0,
    vanished: 0,
    left: 0,
    deferred: 0,
    failed: 0,
  };
  private bytesRead = 0;
  private readonly scans: ScanPool;
  private readonly hashes: HashPool;
  private readonly jobs: number;
  private readonly total: { readonly files: number; readonly bytes: number };

  constructor(
    private readonly plan: VerifyPlan,
    place: StatePlace,
    private readonly cache: CacheReader,
    private readonly host: Host,
  ) {
    const { settings, scope } = plan;
    this.jobs = jobsOf(settings);
    this.total = cache.count(scope.path);
    // Every record counts, whatever is excluded today.
    const selection = { include: [], exclude: [], defaultExcludes: false, oneFileSystem: false };
    const everything = {
      scopes: [scope],
      settings: { ...settings, selection },
      force: true,
      verbose: false,
      newPaths: false,
    };
    // Then the replies that are waited for are rejected.
    const onBroken = (): void => this.hashes.stop();
    const scan = scanSettings(everything, place, cacheFile(place.directory));
    const threads = { threads: this.jobs, eager: false, onBroken };
    this.scans = new ScanPool(scan, threads);
    this.hashes = new HashPool({ scan, readLimit: settings.readLimit }, { ...threads, eager: true });
    host.signal.addEventListener('abort', () => this.hashes.stop());
    host.watch?.(() => this.progress());
  }

  async execute(): Promise<VerifySummary> {
    const { path, recursive } = this.plan.scope;
    try {
      const directories = recursive ? this.cache.directoriesBelow(path) : [path];
      await pMap(directories, (directory) => this.verifyDirectory(directory), { concurrency: this.jobs * 2 });
    } finally {
      this.hashes.stop();
      await Promise.all([this.scans.close(), this.hashes.close()]);
    }
    const seconds = Math.round(performance.now() - this.started) / 1000;
    return { files: this.files, bytes: { read: this.bytesRead }, seconds };
  }

  private async verifyDirectory(path: TreePath): Promise<void> {
    if (this.host.signal.aborted) return;
    const recorded = this.cache.directory(path).files;
    const only = this.plan.scope.only?.filter((name) => recorded.has(name)) ?? [...recorded.keys()];
    const scan = await this.scans.run({ path, only, detail: 'all tasks' });
    this.files.seen += only.length;
    if (scan.status === 'vanished') {
      this.files.vanished += only.length;
    } else if (scan.status === 'failed') {
      this.files.failed += only.length;
      this.host.emit({ event: 'directory', outcome: 'failed', path, code: scan.code, message: scan.message });
    } else {
      this.files.vanished += scan.vanished.length;
      for (const problem of scan.problems) this.problem(problem, null);
      await this.verifyFiles(scan);
    }
  }

  private async verifyFiles(scan: DirectoryScan): Promise<void> {
    const current = scan.tasks.filter((task) => !staleReasons.has(task.reason));
    this.files.stale += scan.tasks.length - current.length;
    const chosen = current.filter(() => Math.random() * 100 < this.plan.sample);
    this.files.left += current.length - chosen.length;
    const recorded = this.cache.directory(scan.path).files;
    // Each file is read by the recipe of its own record, whatever is wanted today.
    const tasks = chosen.map((task): FileTask => {
      const { pieceLength, zsyncBlockSize } = recorded.get(task.name) ?? task.recipe;
      return { ...task, payload: 'read', signature: 'keep', recipe: { pieceLength, zsyncBlockSize } };
    });
    await pMap(batches(tasks, this.hashes.batchRules), (batch) => this.verifyBatch(scan.path, batch), {
      concurrency: this.jobs * 2,
    });
  }

  private async verifyBatch(path: TreePath, batch: Batch): Promise<void> {
    if (this.host.signal.aborted) return;
    const { hashed, problems } = await this.hashes.hash(path, batch);
    for (const { record } of unpackRecords(path, hashed)) this.settle(record);
    for (const { problem, size } of problems) this.problem(problem, size);
  }

  private problem(problem: FileProblem, size: number | null): void {
    if (problem.outcome === 'skipped') return;
    if (problem.outcome === 'failed') this.files.failed++;
    else this.files.deferred++;
    this.host.emit({ event: 'file', size, ...problem });
  }

  /** @param found what the file holds now */
  private settle(found: FileRecord): void {
    const { path, size } = found;
    this.bytesRead += size;
    const record = this.cache.unprovenRecord(path);
    // Another run may have forgotten or renewed the record meanwhile.
    if (record === null || record.mtimeNs !== found.mtimeNs || record.size !== size) {
      this.files.stale++;
      return;
    }
    // The signature beside it was not looked at.
    const differing = differingColumns(toRow(record), toRow({ ...found, signature: record.signature }));
    if (differing.length === 0) this.files.verified++;
    else this.files.different++;
    this.host.emit(eventOf(path, size, differing));
  }

  private progress(): Progress {
    const { active, bytes } = this.hashes.activity();
    const { verified, different, stale, seen } = this.files;
    return {
      walked: true,
      directories: 0,
      filesSeen: seen,
      filesDone: verified + different + stale,
      filesTotal: this.total.files,
      bytesDone: this.bytesRead + bytes,
      bytesTotal: (this.total.bytes * this.plan.sample) / 100,
      active,
      waiting: null,
    };
  }
}

function eventOf(path: TreePath, size: number, differing: readonly string[]): FileEvent {
  if (differing.length === 0) return { event: 'file', outcome: 'unchanged', path, size, reason: null };
  const message = `the content differs from the record (${differing.join(', ')}), though size and mtime do not`;
  return { event: 'file', outcome: 'failed', path, size, code: 'CONTENT_DIFFERS', message };
}
