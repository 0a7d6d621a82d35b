/**
 * The worker threads of one run: some look at directories, some hash files.
 *
 * Two pools, so that the walk is never stuck behind a large file; threads that idle cost nothing. The number of
 * hashing jobs under way is bounded by slots, each with a place in shared memory for its progress.
 */
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import { MirrorhashError, reasonOf } from '../errors.js';
import { Control } from '../files/control.js';
import type {
  HashJob,
  HashReply,
  HashSettings,
  ScanJob,
  ScanReply,
  ScanResult,
  ScanSettings,
} from '../jobs.js';
import type { FileTask, Progress, TreePath } from '../model.js';
import { join } from '../paths.js';

/** Workers lie beside this file in source and in build, with its own extension. */
const extension = extname(import.meta.url);
const execArgv = extension === '.ts' ? ['--import', 'tsx'] : [];

/** A Piscina that says in words when its threads fail. */
class Threads<Job, Reply> {
  private readonly piscina: Piscina<Job, Reply>;
  private failure: MirrorhashError | null = null;

  /** @param onBroken told when a thread could not be started or died: then no reply can be waited for */
  constructor(worker: string, threads: number, workerData: unknown, onBroken: (error: unknown) => void) {
    this.piscina = new Piscina<Job, Reply>({
      filename: new URL(`../../workers/${worker}${extension}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: threads,
      // A thread takes one job at a time; idle ones stay for the next directory.
      idleTimeout: 5_000,
      execArgv,
      workerData,
    });
    this.piscina.on('error', (error: unknown) => {
      this.failure = broken(error);
      onBroken(this.failure);
      void this.piscina.destroy();
    });
  }

  async run(job: Job): Promise<Reply> {
    try {
      return await this.piscina.run(job);
    } catch (error) {
      throw this.failure ?? error;
    }
  }

  close(): Promise<void> {
    return this.piscina.destroy();
  }
}

function broken(error: unknown): MirrorhashError {
  return new MirrorhashError(
    'WORKER_FAILED',
    `a worker thread could not be started or died: ${reasonOf(error)}`,
    {
      hint: 'look at the memory that is left, at ulimit -n, and try fewer --jobs',
      cause: error,
    },
  );
}

export class ScanPool {
  private readonly pool: Threads<ScanJob, ScanReply>;

  constructor(settings: ScanSettings, threads: number, onBroken: (error: unknown) => void) {
    this.pool = new Threads('scan-directory', threads, settings, onBroken);
  }

  /** @throws MirrorhashError when the cache cannot be read */
  async run(job: ScanJob): Promise<ScanResult> {
    const reply = await this.pool.run(job);
    if (reply.status !== 'unusable') return reply;
    throw new MirrorhashError(reply.code, reply.message, { hint: reply.hint });
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

interface Running {
  readonly path: TreePath;
  readonly tasks: readonly FileTask[];
}

export class HashPool {
  private readonly pool: Threads<HashJob, HashReply>;
  private readonly control: Control;
  private readonly free: number[];
  private readonly running = new Map<number, Running>();
  private readonly waiting: ((slot: number) => void)[] = [];

  constructor(settings: Omit<HashSettings, 'control'>, threads: number, onBroken: (error: unknown) => void) {
    // Twice the threads: the next job lies ready when one ends.
    const slots = threads * 2;
    this.control = Control.allocate(slots);
    this.free = Array.from({ length: slots }, (_, slot) => slot);
    const shared: HashSettings = { ...settings, control: this.control.memory };
    this.pool = new Threads('hash-files', threads, shared, onBroken);
  }

  /** Waits for a slot, then for the reply. */
  async run(path: TreePath, tasks: readonly FileTask[]): Promise<HashReply> {
    const slot = this.free.pop() ?? (await new Promise<number>((resolve) => this.waiting.push(resolve)));
    this.control.clear(slot);
    this.running.set(slot, { path, tasks });
    try {
      return await this.pool.run({ path, tasks, slot });
    } finally {
      this.running.delete(slot);
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(slot);
      else next(slot);
    }
  }

  /** Makes the workers leave their files at the next chunk. */
  stop(): void {
    this.control.stop();
  }

  /** What is being read now, the largest first, and the bytes read by jobs that have not ended. */
  activity(): { readonly active: Progress['active']; readonly bytes: number } {
    const active: { path: TreePath; size: number; done: number }[] = [];
    let bytes = 0;
    for (const [slot, { path, tasks }] of this.running) {
      const state = this.control.read(slot);
      bytes += state.jobBytes;
      const task = tasks[state.file];
      if (task !== undefined)
        active.push({ path: join(path, task.name), size: task.stat.size, done: state.fileBytes });
    }
    active.sort((a, b) => b.size - a.size);
    return { active, bytes };
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
