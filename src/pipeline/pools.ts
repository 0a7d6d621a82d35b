/**
 * The worker threads of one run: some look at directories, some hash files (hash-pool).
 *
 * Two pools, so that the walk is never stuck behind a large file; threads that idle cost nothing.
 */
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { MirrorhashError, messageOf, reasonOf, systemCode } from '../errors.js';
import type { ScanJob, ScanReply, ScanResult, ScanSettings, WalkJob, WalkReply } from '../jobs.js';

/** Workers lie beside this file in source and in build, with its own extension. */
const extension = extname(import.meta.url);
const execArgv = extension === '.ts' ? ['--import', 'tsx'] : [];

export interface ThreadOptions {
  readonly threads: number;
  /** start all of them at once, because there will be work for them; otherwise with the first jobs */
  readonly eager: boolean;
  /** told when a thread could not be started or died: then no reply can be waited for */
  readonly onBroken: (error: unknown) => void;
}

/** A Piscina that says in words when its threads fail. */
export class Threads<Job, Reply> {
  private readonly piscina: Piscina<Job, Reply>;
  private readonly onBroken: (error: unknown) => void;
  private failure: MirrorhashError | null = null;
  private isClosed = false;
  /** that have no reply yet */
  private jobs = 0;

  constructor(worker: string, workerData: unknown, { threads, eager, onBroken }: ThreadOptions) {
    this.onBroken = onBroken;
    this.piscina = new Piscina<Job, Reply>({
      filename: new URL(`../../workers/${worker}${extension}`, import.meta.url).href,
      minThreads: eager ? threads : 0,
      maxThreads: threads,
      // A thread takes one job at a time; idle ones stay for the next directory.
      idleTimeout: 5_000,
      execArgv,
      workerData,
    });
    this.piscina.on('error', (error: unknown) => this.fail(error));
    // It has gone from the list a moment later. Idle ones end, too, but not the last while there are jobs.
    this.piscina.on('workerDestroy', () => setImmediate(() => this.failWithoutThreads()));
  }

  /** @param name which function of the worker does the job */
  async run(job: Job, name = 'default'): Promise<Reply> {
    this.jobs += 1;
    try {
      return await this.piscina.run(job, { name });
    } catch (error) {
      if (isDeath(error)) this.fail(error);
      throw this.failure ?? error;
    } finally {
      this.jobs -= 1;
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.piscina.destroy();
  }

  /** The jobs of a thread that exits while it starts would wait for ever. */
  private failWithoutThreads(): void {
    if (this.jobs > 0 && this.piscina.threads.length === 0) this.fail(new Error('it exited'));
  }

  private fail(error: unknown): void {
    if (this.isClosed) return;
    this.failure = broken(error);
    this.onBroken(this.failure);
    void this.close();
  }
}

/** Whether a job failed because its thread did; what a job throws has neither. */
function isDeath(error: unknown): boolean {
  return (
    systemCode(error)?.startsWith('ERR_WORKER_') === true || /^worker exited with /.test(messageOf(error))
  );
}

function broken(error: unknown): MirrorhashError {
  return new MirrorhashError(
    'WORKER_FAILED',
    `a worker thread could not be started or died: ${reasonOf(error)}`,
    {
      hint: 'where a file of the program is named, build or install it anew; else look at the memory that is left, at ulimit -n, and try fewer --jobs',
      cause: error,
    },
  );
}

export class ScanPool {
  private readonly pool: Threads<ScanJob | WalkJob, ScanReply | WalkReply>;

  constructor(settings: ScanSettings, options: ThreadOptions) {
    this.pool = new Threads('scan-directory', settings, options);
  }

  /** @throws MirrorhashError when the cache cannot be read */
  async run(job: ScanJob): Promise<ScanResult> {
    return usable((await this.pool.run(job)) as ScanReply);
  }

  /**
   * @returns the scans of the first directories of the job, at least of one
   * @throws MirrorhashError when the cache cannot be read
   */
  async walk(job: WalkJob): Promise<readonly ScanResult[]> {
    return ((await this.pool.run(job, 'walk')) as WalkReply).map(usable);
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** @throws MirrorhashError when the cache cannot be read */
export function usable(reply: ScanReply): ScanResult {
  if (reply.status !== 'unusable') return reply;
  throw new MirrorhashError(reply.code, reply.message, { hint: reply.hint });
}
