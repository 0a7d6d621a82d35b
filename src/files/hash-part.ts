/**
 * One part of the hashing of a large file: some of its digests, and the pieces and blocks of those units to which it
 * comes first. How the parts get along is said in shared-file.
 */
import { DigestsHash } from '../hash/digests.js';
import type { Kernel } from '../hash/kernel.js';
import { UnitSums } from '../hash/unit-sums.js';
import type { Part } from '../jobs.js';
import type { Digests, FileTask } from '../model.js';
import type { JobControl } from './control.js';
import { digestsOfParts, SharedFile, sharedLayout } from './shared-file.js';
import { type ReadProblem, readBytes, StableFile } from './stable-file.js';
import type { TreeDirectory } from './tree-directory.js';

/** @returns the digests of this part; null when it was stopped */
export function hashPart(
  kernel: Kernel,
  directory: TreeDirectory,
  task: FileTask,
  { number, count, memory }: Part,
  control: JobControl,
): Partial<Digests> | ReadProblem | null {
  const shared = new SharedFile(memory, sharedLayout(task.stat.size, task.recipe, count));
  // What one part could not do is of no use to the others.
  let isOfUse = false;
  try {
    const result = openAndHash(kernel, directory, task, { number, count, shared }, control);
    isOfUse = result !== null && !('status' in result);
    return result;
  } finally {
    if (!isOfUse) shared.abandon();
    shared.leave(number);
  }
}

type Share = Omit<Part, 'memory'> & { readonly shared: SharedFile };

function openAndHash(
  kernel: Kernel,
  directory: TreeDirectory,
  task: FileTask,
  share: Share,
  control: JobControl,
): Partial<Digests> | ReadProblem | null {
  const file = StableFile.open(directory, task.name, task.stat);
  if (!(file instanceof StableFile)) return file;
  try {
    return hashOpenFile(kernel, file, task, share, control);
  } finally {
    file.close();
  }
}

function hashOpenFile(
  kernel: Kernel,
  file: StableFile,
  { stat, recipe }: FileTask,
  { number, count, shared }: Share,
  control: JobControl,
): Partial<Digests> | ReadProblem | null {
  const digests = new DigestsHash(digestsOfParts[count - 1]?.[number] ?? []);
  const witness = shared.witness();
  // A lane of the kernel: zsync's sums are made where the bytes are.
  const buffer = (kernel.lanes[0] as Uint8Array).subarray(0, readBytes);
  const isOver = (): boolean => control.stopped || shared.isAbandoned;
  for (let unit = 0; file.left > 0; unit++) {
    shared.waitForOthers(unit, isOver);
    shared.arrive(number, unit);
    const isMine = shared.claim(unit);
    const length = Math.min(shared.layout.unitLength, file.left);
    const sums = isMine ? new UnitSums(recipe, shared.sumsOf(unit), kernel) : null;
    for (let left = length; left > 0; ) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, left));
      // Only the first reader of a unit is counted: the others find it in the page cache.
      if (isOver() || (isMine && !control.proceed(chunk.length))) return null;
      const problem = file.fill(chunk);
      if (problem !== null) return problem;
      digests.update(chunk);
      witness.update(chunk);
      sums?.update(chunk);
      left -= chunk.length;
      // So each byte of the file is told of once.
      if (isMine) control.tell(0, stat.size - file.left, chunk.length);
    }
    sums?.finish();
  }
  shared.testify(number, witness.finish());
  return file.check() ?? digests.finish();
}
