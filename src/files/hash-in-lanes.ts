/**
 * Hashes many files side by side, each in a lane of the kernel: where MD5 of several files costs little more than
 * that of one. All other sums of a file are fed as it is read.
 *
 * One read is under way at any time. A lane is filled whole, so that a disk reads a stretch of one file before it has
 * to turn to the next.
 */
import { FileSums } from '../hash/file-sums.js';
import { type Kernel, laneBytes, laneCount } from '../hash/kernel.js';
import { Md5Lanes } from '../hash/lanes.js';
import type { FileTask, Sums } from '../model.js';
import type { JobControl } from './control.js';
import { type ReadProblem, readBytes, StableFile } from './stable-file.js';
import type { TreeDirectory } from './tree-directory.js';
import { usableLanes } from './usable-lanes.js';

export interface LaneTask {
  readonly task: FileTask;
  /** its place in the job */
  readonly index: number;
}

export interface LaneHooks {
  readonly onHashed: (task: FileTask, sums: Sums) => void;
  readonly onProblem: (task: FileTask, problem: ReadProblem) => void;
  readonly onError: (task: FileTask, error: unknown) => void;
}

interface Occupant extends LaneTask {
  readonly file: StableFile;
  readonly sums: FileSums;
  closed: boolean;
}

/** Tasks that a stop left out are told of to nobody. */
export function hashInLanes(
  kernel: Kernel,
  directory: TreeDirectory,
  tasks: readonly LaneTask[],
  control: JobControl,
  hooks: LaneHooks,
): void {
  const run = new LaneRun(kernel, directory, tasks, control, hooks);
  try {
    run.execute();
  } finally {
    run.abandon();
  }
}

class LaneRun {
  private readonly md5: Md5Lanes;
  private readonly occupants: (Occupant | null)[] = Array.from({ length: laneCount }, () => null);
  private readonly waiting: Iterator<LaneTask>;

  constructor(
    private readonly kernel: Kernel,
    private readonly directory: TreeDirectory,
    tasks: readonly LaneTask[],
    private readonly control: JobControl,
    private readonly hooks: LaneHooks,
  ) {
    this.md5 = new Md5Lanes(kernel);
    this.waiting = tasks.values();
  }

  execute(): void {
    for (;;) {
      for (let lane = 0; lane < usableLanes(); lane++) this.serve(lane);
      if (this.control.stopped || this.occupants.every((occupant) => occupant === null)) return;
      this.md5.advance();
    }
  }

  abandon(): void {
    for (let lane = 0; lane < laneCount; lane++) this.leave(lane);
  }

  /** Takes what is done out of a lane, and puts in what comes next, until the lane is full or nothing is left. */
  private serve(lane: number): void {
    while (!this.control.stopped) {
      const occupant = this.occupants[lane] ?? this.enter(lane);
      if (occupant === null) return;
      const status = this.md5.status(lane);
      if (status === 'full') return;
      try {
        if (status === 'hungry') this.feed(lane, occupant);
        else this.end(lane, occupant);
      } catch (error) {
        this.leave(lane);
        this.hooks.onError(occupant.task, error);
      }
    }
  }

  /** The next file that can be opened. */
  private enter(lane: number): Occupant | null {
    for (let next = this.waiting.next(); next.done !== true; next = this.waiting.next()) {
      const { task, index } = next.value;
      try {
        // Before the file is opened: they may throw, for want of memory.
        const sums = new FileSums(task.stat.size, task.recipe, this.kernel);
        const file = StableFile.open(this.directory, task.name, task.stat);
        if (file instanceof StableFile) {
          const occupant = { task, index, file, sums, closed: false };
          this.occupants[lane] = occupant;
          this.md5.start(lane);
          return occupant;
        }
        this.hooks.onProblem(task, file);
      } catch (error) {
        this.leave(lane);
        this.hooks.onError(task, error);
      }
    }
    return null;
  }

  private feed(lane: number, occupant: Occupant): void {
    const { task, file } = occupant;
    const wanted = Math.min(laneBytes, file.left);
    const isLast = wanted === file.left;
    const problem = this.fill(lane, occupant, wanted) ?? (isLast ? file.check() : null);
    if (problem !== null) {
      this.leave(lane);
      this.hooks.onProblem(task, problem);
      return;
    }
    if (this.control.stopped) return;
    if (isLast) {
      file.close();
      occupant.closed = true;
    }
    this.md5.supply(lane, wanted, isLast);
  }

  /** Reads the next bytes into the lane, and feeds all other sums. */
  private fill(lane: number, { task, index, file, sums }: Occupant, wanted: number): ReadProblem | null {
    const memory = this.kernel.lanes[lane] as Uint8Array;
    for (let filled = 0; filled < wanted; ) {
      const part = memory.subarray(filled, Math.min(filled + readBytes, wanted));
      if (!this.control.proceed(part.length)) return null;
      const problem = file.fill(part);
      if (problem !== null) return problem;
      sums.update(part);
      filled += part.length;
      this.control.tell(index, task.stat.size - file.left, part.length);
    }
    return null;
  }

  private end(lane: number, { task, sums }: Occupant): void {
    const md5 = this.md5.digest(lane);
    this.occupants[lane] = null;
    this.hooks.onHashed(task, sums.finish(md5));
  }

  private leave(lane: number): void {
    const occupant = this.occupants[lane] ?? null;
    if (occupant === null) return;
    if (!occupant.closed) occupant.file.close();
    this.occupants[lane] = null;
    this.md5.abandon(lane);
  }
}
