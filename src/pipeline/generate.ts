/**
 * The main job: walk, hash what is new or stale, cache it, forget what vanished, sync the redirector.
 *
 * This is the story; each chapter is a room of its own. While the walk goes on, directories with work are taken up:
 * locked, asked again, hashed, committed. Files written a moment ago come later, and those that take very long last.
 */
import { setTimeout } from 'node:timers/promises';
import pMap from 'p-map';
import type { Progress, RunEvent, Summary } from '../model.js';
import { join } from '../paths.js';
import { Committer } from './committer.js';
import { DirectoryWorker, type Late } from './directory-worker.js';
import { HashPool } from './hash-pool.js';
import { LiveSync } from './live-sync.js';
import type { RedirectorOpener } from './open-redirector.js';
import { ScanPool } from './pools.js';
import { prune } from './prune.js';
import { cacheFile, rememberRecipe, rememberRun, type State } from './state.js';
import { type HashPlan, jobsOf, Survey, scanSettings } from './survey.js';
import { walkTree } from './walk-tree.js';
import { WorkQueue } from './work-queue.js';

/** Who listens to a run. */
export interface Host {
  readonly emit: (event: RunEvent) => void;
  /** aborted: end soon, keep what is finished */
  readonly signal: AbortSignal;
  /** given a function that tells how far the run is */
  readonly watch?: (progress: () => Progress) => void;
}

/** How a run ended. */
export interface RunResult {
  readonly summary: Summary;
  /** why the run could not do its job, null when it could */
  readonly failure: unknown;
}

/** Groups of directories in work at once, for each thread: one waits for its last files, another begins. */
const groupsPerThread = 4;

/** What is hashed: what the walk finds, what was too young then, what takes very long. */
type Turn = 'walk' | 'late' | 'giants';

/**
 * @param redirector opens the target; null when nothing is to be synced
 */
export async function generate(
  plan: HashPlan,
  state: State,
  redirector: RedirectorOpener | null,
  host: Host,
): Promise<RunResult> {
  const run = new Run(plan, state, host);
  return run.execute(redirector);
}

class Run {
  private readonly started = performance.now();
  private readonly survey: Survey;
  private readonly broken = new AbortController();
  private readonly signal: AbortSignal;
  private readonly jobs: number;
  private readonly scans: ScanPool;
  private readonly hashes: HashPool;
  private readonly committer: Committer;
  private readonly sync: LiveSync;
  private readonly late: Late[] = [];
  private readonly giants: Late[] = [];
  private readonly totals = { walked: false, files: 0, bytes: 0, filesDone: 0, bytesDone: 0 };
  private waitingUntil: number | null = null;

  constructor(
    private readonly plan: HashPlan,
    private readonly state: State,
    host: Host,
  ) {
    const { settings } = plan;
    const { directory } = state.place;
    this.survey = new Survey(plan, state.place, state.cache, (event) => host.emit(event));
    this.signal = AbortSignal.any([host.signal, this.broken.signal]);
    this.jobs = jobsOf(settings);
    const onBroken = (error: unknown): void => this.broken.abort(error);
    const scan = scanSettings(plan, state.place, cacheFile(directory));
    const threads = { threads: this.jobs, eager: false, onBroken };
    this.scans = new ScanPool(scan, threads);
    // Of a tree that was never hashed, there is much to hash.
    const eager = state.cache.lastSequence() === 0;
    this.hashes = new HashPool({ scan, readLimit: settings.readLimit }, { ...threads, eager });
    this.sync = new LiveSync({
      state,
      signal: this.signal,
      newPaths: plan.newPaths,
      emit: (event) => this.survey.emit(event),
    });
    this.committer = new Committer(state.cache, state.locks, {
      emit: (event) => this.survey.emit(event),
      onCommit: (before, changes) => this.sync.take(before, changes),
      onFailure: onBroken,
    });
    this.signal.addEventListener('abort', () => this.hashes.stop());
    host.watch?.(() => this.progress());
  }

  /** Whatever happens, what is finished is kept and counted. */
  async execute(redirector: RedirectorOpener | null): Promise<RunResult> {
    if (redirector !== null) await this.sync.open(redirector);
    let failure: unknown = null;
    try {
      await this.doAll();
    } catch (error) {
      failure = error;
    } finally {
      this.hashes.stop();
      await this.sync.close();
      await Promise.all([this.scans.close(), this.hashes.close()]);
    }
    return { summary: this.summary(), failure };
  }

  private async doAll(): Promise<void> {
    rememberRecipe(this.state.cache, this.plan.settings.recipe);
    await this.walkAndHash();
    // Or the late files would meet the lock of their own directory.
    this.committer.settle();
    await this.hashLate();
    this.committer.settle();
    await this.hashPutOff(this.giants, 'giants');
    this.committer.settle();
    if (!this.signal.aborted) await this.forgetMissing();
    if (!this.signal.aborted) await this.sync.finish();
    if (!this.signal.aborted) this.remember();
    if (this.broken.signal.aborted) throw this.broken.signal.reason;
  }

  private async walkAndHash(): Promise<void> {
    const queue = new WorkQueue(this.hashes.batchRules);
    const working = this.work(queue, 'walk');
    const walking = walkTree({
      scopes: this.plan.scopes,
      scans: this.scans,
      detail: 'counts',
      concurrency: this.jobs * 4,
      signal: this.signal,
      onScan: (reply, scope) => {
        const seen = this.survey.take(reply, scope);
        if (seen === null) return;
        this.totals.files += seen.work.files;
        this.totals.bytes += seen.work.bytes;
        queue.push({ path: seen.path, only: scope.only, seen });
      },
    }).finally(() => {
      this.totals.walked = true;
      queue.close();
    });
    await this.together([walking, working]);
  }

  /** Files written a moment ago: waits until they are old enough, and takes them up. */
  private async hashLate(): Promise<void> {
    if (this.late.length === 0 || this.signal.aborted) return;
    const calmAt = this.late.reduce((latest, { calmAtNs }) => (calmAtNs > latest ? calmAtNs : latest), 0n);
    // Rounded up, and never longer than twice the racy time: a clock may be set back meanwhile.
    const ms = Math.min(4_000, Math.max(0, Number(calmAt / 1_000_000n) + 1 - Date.now()));
    this.waitingUntil = Date.now() + ms;
    await setTimeout(ms, undefined, { signal: this.signal }).catch(() => {});
    this.waitingUntil = null;
    await this.hashPutOff(this.late, 'late');
  }

  private async hashPutOff(directories: readonly Late[], turn: Turn): Promise<void> {
    if (directories.length === 0 || this.signal.aborted) return;
    const queue = new WorkQueue(this.hashes.batchRules);
    for (const directory of directories) queue.push(directory);
    queue.close();
    await this.together([this.work(queue, turn)]);
  }

  private work(queue: WorkQueue, turn: Turn): Promise<unknown> {
    const worker = this.directoryWorker(turn);
    return pMap(queue.groups(), (group) => worker.process(group), {
      concurrency: this.jobs * groupsPerThread,
    });
  }

  /** Waits for all of them; the first failure stops the others and is thrown when they have ended. */
  private async together(parts: readonly Promise<unknown>[]): Promise<void> {
    for (const part of parts) part.catch((error: unknown) => this.broken.abort(error));
    await Promise.allSettled(parts);
    if (this.broken.signal.aborted) {
      // The records finished so far are good.
      this.committer.settle();
      throw this.broken.signal.reason;
    }
  }

  private directoryWorker(turn: Turn): DirectoryWorker {
    return new DirectoryWorker({
      hashes: this.hashes,
      locks: this.state.locks,
      committer: this.committer,
      signal: this.signal,
      batchConcurrency: this.jobs * 2,
      lastChance: turn !== 'walk',
      emit: (event) => this.survey.emit(event),
      onScan: (scan) => this.survey.report(scan),
      onLate: (late) => this.late.push(late),
      onGiants: turn === 'giants' ? null : (giants) => this.giants.push(giants),
      onSettled: (expected, actual) => {
        this.totals.files += actual.files - expected.files;
        this.totals.bytes += actual.bytes - expected.bytes;
      },
      onRead: (files, bytes) => {
        this.totals.filesDone += files;
        this.totals.bytesDone += bytes;
      },
      onHeld: (scan) => this.survey.miss(scan),
    });
  }

  private async forgetMissing(): Promise<void> {
    const verdict = await this.survey.verdict();
    if ('event' in verdict) this.survey.emit(verdict);
    else await prune(this.state.cache, verdict, (event) => this.survey.emit(event));
  }

  /** What `status` will tell; an interrupted run saw only a part. */
  private remember(): void {
    const { cache } = this.state;
    const walked = this.plan.scopes.flatMap(
      ({ path, only }) => only?.map((name) => join(path, name)) ?? [path],
    );
    cache.replaceProblems(walked, this.survey.tally.problems);
    rememberRun(cache, this.summary(), this.survey.tally.failures);
  }

  private summary(): Summary {
    return this.survey.tally.summary((performance.now() - this.started) / 1000, this.sync.result);
  }

  private progress(): Progress {
    const { active, bytes } = this.hashes.activity();
    const { seen } = this.survey.tally;
    return {
      walked: this.totals.walked,
      directories: seen.directories,
      filesSeen: seen.files,
      filesDone: this.totals.filesDone,
      filesTotal: this.totals.files,
      bytesDone: this.totals.bytesDone + bytes,
      bytesTotal: this.totals.bytes,
      active,
      waiting: this.waitingUntil === null ? null : Math.max(0, (this.waitingUntil - Date.now()) / 1000),
    };
  }
}
