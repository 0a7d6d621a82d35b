/**
 * The threads that hash: jobs of small files, and large files in parts.
 *
 * The number of jobs under way is bounded by slots, each with a place in shared memory for its progress. A thread does
 * one job at a time, so no more reads are under way than there are threads.
 */
import { type Batch, type BatchRules, batchRules } from '../batches.js';
import { Control } from '../files/control.js';
import { mostParts, SharedFile, sharedLayout } from '../files/shared-file.js';
import { TaskOutcomes } from '../files/task-outcomes.js';
import type {
  DirectoriesJob,
  DirectoryReply,
  FilesJob,
  FilesReply,
  HashSettings,
  PartJob,
  PartReply,
} from '../jobs.js';
import type { Digests, FileTask, Progress, Signature, TreePath } from '../model.js';
import { join } from '../paths.js';
import { type ThreadOptions, Threads } from './pools.js';

interface Running {
  readonly path: TreePath;
  /** empty for directories, whose tasks are not known here, and for parts */
  readonly tasks: readonly FileTask[];
  /** the file that this is a part of */
  readonly single: SingleFile | null;
}

/** A file that is hashed in parts. */
interface SingleFile {
  readonly path: TreePath;
  readonly size: number;
  /** bytes that were told of by parts that have ended */
  done: number;
}

export class HashPool {
  private readonly pool: Threads<DirectoriesJob | FilesJob | PartJob, unknown>;
  private readonly control: Control;
  private readonly free: number[];
  private readonly running = new Map<number, Running>();
  private readonly waiting: ((slot: number) => void)[] = [];
  private readonly singles = new Set<SingleFile>();

  constructor(
    private readonly settings: Omit<HashSettings, 'control'>,
    private readonly options: ThreadOptions,
  ) {
    // Twice the threads: the next job lies ready when one ends.
    const slots = options.threads * 2;
    this.control = Control.allocate(slots);
    this.free = Array.from({ length: slots }, (_, slot) => slot);
    const shared: HashSettings = { ...settings, control: this.control.memory };
    this.pool = new Threads('hash-files', shared, options);
  }

  /** How work is to be divided now. */
  get batchRules(): BatchRules {
    return batchRules(this.settings.readLimit, this.options.threads - this.running.size);
  }

  /** Looks at directories whose locks are held, and does of each what fits into one job. */
  async directories(directories: DirectoriesJob['directories']): Promise<readonly DirectoryReply[]> {
    const jobs = directories.map(({ path, only }) => ({ path, only }));
    const job = (slot: number): DirectoriesJob => ({ directories: jobs, slot });
    const path = directories[0]?.path ?? '';
    return (await this.inSlot(
      { path, tasks: [], single: null },
      job,
      'hashDirectories',
    )) as readonly DirectoryReply[];
  }

  hash(path: TreePath, batch: Batch): Promise<FilesReply> {
    return batch.kind === 'files' ? this.files(path, batch.tasks) : this.singleFile(path, batch.task);
  }

  private async files(path: TreePath, tasks: readonly FileTask[]): Promise<FilesReply> {
    const job = (slot: number): FilesJob => ({ path, tasks, slot });
    return (await this.inSlot({ path, tasks, single: null }, job, 'hashFiles')) as FilesReply;
  }

  /** In as many parts as pay: with other files at hand, two keep all threads busy; a file alone takes more. */
  private async singleFile(directory: TreePath, task: FileTask): Promise<FilesReply> {
    const single = { path: join(directory, task.name), size: task.stat.size, done: 0 };
    const outcomes = new TaskOutcomes(directory);
    this.singles.add(single);
    try {
      const count = this.partsOf();
      const shared = allocate(task, count);
      if (!(shared instanceof SharedFile)) {
        outcomes.addError(task, shared.error);
        return outcomes.reply();
      }
      const replies = await Promise.all(
        Array.from({ length: count }, (_, number) => this.part(directory, task, number, shared, single)),
      );
      together(task, replies, shared, outcomes);
      return outcomes.reply();
    } finally {
      this.singles.delete(single);
    }
  }

  private partsOf(): number {
    // There is nothing to win under a read limit, and a part that begins late would read again what is gone from the cache.
    if (this.settings.readLimit !== null) return 1;
    return Math.min(this.options.threads, this.singles.size > 1 ? 2 : mostParts);
  }

  private async part(
    path: TreePath,
    task: FileTask,
    number: number,
    shared: SharedFile,
    single: SingleFile,
  ): Promise<PartReply> {
    const part = { number, count: shared.layout.parts, memory: shared.memory };
    const job = (slot: number): PartJob => ({ path, task, part, slot });
    return (await this.inSlot({ path, tasks: [], single }, job, 'hashFilePart')) as PartReply;
  }

  /** Waits for a slot, then for the reply. */
  private async inSlot(
    running: Running,
    job: (slot: number) => DirectoriesJob | FilesJob | PartJob,
    name: string,
  ): Promise<unknown> {
    const slot = this.free.pop() ?? (await new Promise<number>((resolve) => this.waiting.push(resolve)));
    this.control.clear(slot);
    this.running.set(slot, running);
    try {
      return await this.pool.run(job(slot), name);
    } finally {
      this.running.delete(slot);
      if (running.single !== null) running.single.done += this.control.read(slot).jobBytes;
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
    const singles = new Map([...this.singles].map((single) => [single, single.done]));
    let bytes = 0;
    for (const [slot, { path, tasks, single }] of this.running) {
      const state = this.control.read(slot);
      if (single !== null) {
        singles.set(single, (singles.get(single) ?? 0) + state.jobBytes);
        continue;
      }
      bytes += state.jobBytes;
      const task = tasks[state.file];
      if (task !== undefined)
        active.push({ path: join(path, task.name), size: task.stat.size, done: state.fileBytes });
    }
    for (const [{ path, size }, done] of singles) {
      bytes += done;
      active.push({ path, size, done });
    }
    active.sort((a, b) => b.size - a.size);
    return { active, bytes };
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}

/** There may be no room: a sparse file can be larger than all memory can hold the sums of. */
function allocate({ stat, recipe }: FileTask, parts: number): SharedFile | { readonly error: unknown } {
  try {
    return SharedFile.allocate(sharedLayout(stat.size, recipe, parts));
  } catch (error) {
    return { error };
  }
}

/** What the parts of a file come to; one that has a problem speaks for all. */
function together(
  task: FileTask,
  replies: readonly PartReply[],
  shared: SharedFile,
  outcomes: TaskOutcomes,
): void {
  let digests: Partial<Digests> = {};
  let signature: Signature | null | undefined;
  for (const reply of replies) {
    if (reply.status === 'problem') {
      outcomes.addProblem(task, reply.problem);
      return;
    }
    if (reply.status === 'stopped') continue;
    digests = { ...digests, ...reply.digests };
    signature ??= reply.signature;
  }
  const { md5, sha1, sha256 } = digests;
  if (md5 === undefined || sha1 === undefined || sha256 === undefined) return;
  if (!shared.isUnanimous) {
    outcomes.addNotRead(task, { status: 'changed', why: 'it was written while it was read' });
    return;
  }
  outcomes.addHashed(task, { md5, sha1, sha256, ...shared.sums(task.recipe) }, signature);
}
