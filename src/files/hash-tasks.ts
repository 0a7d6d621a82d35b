/** Does tasks of one directory: hashes what is to be read, picks up signatures. */
import type { Kernel } from '../hash/kernel.js';
import type { FilesReply } from '../jobs.js';
import type { FileTask, TreePath } from '../model.js';
import type { JobControl } from './control.js';
import { hashInLanes } from './hash-in-lanes.js';
import { pickUpSignature } from './signature.js';
import { TaskOutcomes } from './task-outcomes.js';
import type { TreeDirectory } from './tree-directory.js';

/** What a stop leaves out is not in the reply. */
export function hashTasks(
  kernel: Kernel,
  directory: TreeDirectory,
  path: TreePath,
  tasks: readonly FileTask[],
  control: JobControl,
): FilesReply {
  const outcomes = new TaskOutcomes(path);
  const guarded = (task: FileTask, work: () => void): void => {
    try {
      work();
    } catch (error) {
      outcomes.addError(task, error);
    }
  };
  const toRead = [...tasks.entries()].filter(([, task]) => task.payload === 'read');
  hashInLanes(
    kernel,
    directory,
    toRead.map(([index, task]) => ({ index, task })),
    control,
    {
      onHashed: (task, sums) =>
        guarded(task, () => outcomes.addHashed(task, sums, pickUpSignature(directory, task))),
      onProblem: (task, problem) => outcomes.addNotRead(task, problem),
      onError: (task, error) => outcomes.addError(task, error),
    },
  );
  for (const task of tasks) {
    if (task.payload === 'read' || control.stopped) continue;
    guarded(task, () => outcomes.addKept(task, pickUpSignature(directory, task)));
  }
  return outcomes.reply();
}
