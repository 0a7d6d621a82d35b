/**
 * Worker: reads files and computes what their tasks ask for. Thin: reading is src/files, hashing is src/hash.
 */
import { workerData } from 'node:worker_threads';
import { batchRules, oneJob } from '../src/batches.js';
import { reasonOf, systemCode } from '../src/errors.js';
import { Control, JobControl } from '../src/files/control.js';
import { hashPart } from '../src/files/hash-part.js';
import { hashTasks } from '../src/files/hash-tasks.js';
import { loadKernel } from '../src/files/kernel-file.js';
import { Scanner } from '../src/files/scanner.js';
import { pickUpSignature } from '../src/files/signature.js';
import { notHashed, notRead, TaskOutcomes } from '../src/files/task-outcomes.js';
import { DirectoryMoved, TreeDirectory } from '../src/files/tree-directory.js';
import type {
  DirectoriesJob,
  DirectoryReply,
  FilesJob,
  FilesReply,
  HashSettings,
  Part,
  PartJob,
  PartReply,
  ScanJob,
} from '../src/jobs.js';
import type { FileProblem, FileTask, TreePath } from '../src/model.js';
import { join } from '../src/paths.js';
import { cachedDirectories } from '../src/store/cached-directories.js';
import { ownOutputsOf } from '../src/store/own-outputs.js';

const settings = workerData as HashSettings;
const control = new Control(settings.control);
const scanner = new Scanner(
  settings.scan,
  cachedDirectories(settings.scan.cacheFile),
  ownOutputsOf(settings.scan.manifestFile, settings.scan.base),
);
const kernel = loadKernel();
const limits = batchRules(settings.readLimit, 0);

/** Milliseconds after which a job begins no other directory: what is done is committed when the job ends. */
const patience = 250;

/**
 * Looks at directories, and hashes of each what fits into a job; the other tasks come back with the scan.
 *
 * @returns a reply for each of the first directories, at least for one
 */
export function hashDirectories({ directories, slot }: DirectoriesJob): readonly DirectoryReply[] {
  const job = jobControl(slot);
  const end = performance.now() + patience;
  const replies: DirectoryReply[] = [];
  for (const { path, only } of directories) {
    replies.push(hashDirectory({ path, only, detail: 'tasks' }, job));
    if (performance.now() >= end) break;
  }
  return replies;
}

export function hashFiles({ path, tasks, slot }: FilesJob): FilesReply {
  const job = jobControl(slot);
  return inDirectory(
    path,
    (directory) => hashTasks(kernel, directory, path, tasks, job),
    (problem) => {
      const outcomes = new TaskOutcomes(path);
      for (const task of tasks) outcomes.addProblem(task, problem(join(path, task.name)));
      return outcomes.reply();
    },
  );
}

export function hashFilePart({ path, task, part, slot }: PartJob): PartReply {
  return inDirectory<PartReply>(
    path,
    (directory) => {
      try {
        return partReply(
          directory,
          path,
          task,
          hashPart(kernel, directory, task, part, jobControl(slot)),
          part,
        );
      } catch (error) {
        return { status: 'problem', problem: notHashed(join(path, task.name), error) };
      }
    },
    (problem) => ({ status: 'problem', problem: problem(join(path, task.name)) }),
  );
}

function partReply(
  directory: TreeDirectory,
  path: TreePath,
  task: FileTask,
  result: ReturnType<typeof hashPart>,
  { number }: Part,
): PartReply {
  if (result === null) return { status: 'stopped' };
  if ('status' in result) return { status: 'problem', problem: notRead(join(path, task.name), result) };
  return {
    status: 'done',
    digests: result,
    signature: number === 0 ? pickUpSignature(directory, task) : undefined,
  };
}

function jobControl(slot: number): JobControl {
  return new JobControl(control, slot, settings.readLimit);
}

function hashDirectory(scanJob: ScanJob, job: JobControl): DirectoryReply {
  const reply = scanner.within(scanJob, (scan, directory) => {
    const { now, later } = oneJob(scan.tasks, limits);
    return {
      scan: { ...scan, tasks: later },
      files: hashTasks(kernel, directory, scan.path, now, job),
    };
  });
  return 'scan' in reply ? reply : { scan: reply, files: new TaskOutcomes(scanJob.path).reply() };
}

function inDirectory<T>(
  path: TreePath,
  work: (directory: TreeDirectory) => T,
  fail: (problem: (path: TreePath) => FileProblem) => T,
): T {
  let directory: TreeDirectory;
  try {
    directory = TreeDirectory.open(settings.scan.base, path);
  } catch (error) {
    return fail(directoryProblem(error));
  }
  try {
    return work(directory);
  } finally {
    directory.close();
  }
}

function directoryProblem(error: unknown): (path: TreePath) => FileProblem {
  const code = systemCode(error);
  if (error instanceof DirectoryMoved || code === 'ENOENT' || code === 'ENOTDIR') {
    const message = 'its directory vanished before it was read';
    return (path) => ({ outcome: 'deferred', path, code: 'FILE_VANISHED', message });
  }
  if (code === null) throw error;
  return (path) => ({ outcome: 'failed', path, code: 'FILE_UNREADABLE', message: reasonOf(error) });
}
