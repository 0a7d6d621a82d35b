/**
 * Worker: reads some files of one directory and computes what their tasks ask for. Thin: reading is src/files,
 * hashing is src/hash.
 */
import { workerData } from 'node:worker_threads';
import { reasonOf, systemCode } from '../src/errors.js';
import { Control } from '../src/files/control.js';
import { loadKernel } from '../src/files/kernel-file.js';
import { type ReadOutcome, readStable } from '../src/files/read.js';
import { readSignature } from '../src/files/signature.js';
import { DirectoryMoved, TreeDirectory } from '../src/files/tree-directory.js';
import { lstatIn, toFileStat } from '../src/files/walk.js';
import { infohash } from '../src/formats/infohash.js';
import { createFileSums } from '../src/hash/file-sums.js';
import type { FileReply, HashJob, HashReply, HashSettings } from '../src/jobs.js';
import type { FileProblem, FileTask, Signature, Sums, TreePath } from '../src/model.js';
import { join, signatureName } from '../src/paths.js';

const settings = workerData as HashSettings;
const control = new Control(settings.control);
const kernel = loadKernel();

/** bytes; large enough that the calls cost nothing, small enough for the processor's cache */
const buffer = new Uint8Array(1024 * 1024);

export default function hashFiles(job: HashJob): HashReply {
  let directory: TreeDirectory;
  try {
    directory = TreeDirectory.open(settings.base, job.path);
  } catch (error) {
    const problem = directoryProblem(error);
    return job.tasks.map((task) => ({ status: 'problem', problem: problem(join(job.path, task.name)) }));
  }
  try {
    let jobBytes = 0;
    return job.tasks.map((task, index) => {
      if (control.stopped) return { status: 'stopped' };
      const tell = (fileBytes: number): void =>
        control.write(job.slot, index, fileBytes, jobBytes + fileBytes);
      const reply = attempt(directory, job.path, task, tell);
      if (task.payload === 'read') jobBytes += task.stat.size;
      return reply;
    });
  } finally {
    directory.close();
  }
}

/** One file that cannot be hashed, for whatever reason, is no reason to leave out the others. */
function attempt(
  directory: TreeDirectory,
  path: TreePath,
  task: FileTask,
  tell: (fileBytes: number) => void,
): FileReply {
  try {
    return runTask(directory, path, task, tell);
  } catch (error) {
    const message = `it cannot be hashed: ${reasonOf(error)}`;
    return problem({ outcome: 'failed', path: join(path, task.name), code: 'FILE_UNREADABLE', message });
  }
}

function runTask(
  directory: TreeDirectory,
  path: TreePath,
  task: FileTask,
  tell: (fileBytes: number) => void,
): FileReply {
  const filePath = join(path, task.name);
  let sums: Sums | null = null;
  if (task.payload === 'read') {
    const read = readPayload(directory, task, tell);
    if ('outcome' in read) return notRead(filePath, read.outcome);
    sums = read.sums;
  }
  const signature = pickUpSignature(directory, task);
  const hashed =
    sums === null ? null : { ...sums, btih: infohash({ name: task.name, size: task.stat.size, sums }) };
  return { status: 'done', sums: hashed, signature };
}

function readPayload(
  directory: TreeDirectory,
  task: FileTask,
  tell: (fileBytes: number) => void,
): { readonly sums: Sums } | { readonly outcome: ReadOutcome } {
  const sums = createFileSums(task.stat.size, task.recipe, kernel);
  let done = 0;
  tell(0);
  const outcome = readStable(directory, task.name, task.stat, {
    buffer,
    consume: (chunk) => {
      sums.update(chunk);
      done += chunk.length;
      tell(done);
    },
    proceed: (bytes) => {
      if (settings.readLimit !== null) control.throttle(bytes, settings.readLimit);
      return !control.stopped;
    },
  });
  return outcome.status === 'complete' ? { sums: sums.finish() } : { outcome };
}

/**
 * Undefined: the signature stays as it was. One that cannot be read now is tried again in the next run; the sums
 * of the file are not thrown away for it.
 */
function pickUpSignature(directory: TreeDirectory, task: FileTask): Signature | null | undefined {
  if (task.signature === 'keep') return undefined;
  if (task.signature === 'none') return null;
  const name = signatureName(task.name);
  const untouched = task.payload === 'read' ? null : undefined;
  try {
    const found = lstatIn(directory, name);
    if (!found?.isFile()) return null;
    const read = readSignature(directory, name, toFileStat(found));
    return 'signature' in read ? read.signature : untouched;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return untouched;
  }
}

function notRead(path: TreePath, outcome: ReadOutcome): FileReply {
  switch (outcome.status) {
    case 'vanished':
      return problem({
        outcome: 'deferred',
        path,
        code: 'FILE_VANISHED',
        message: 'it vanished before it was read',
      });
    case 'changed':
      return problem({ outcome: 'deferred', path, code: 'FILE_CHANGED', message: outcome.why });
    case 'unreadable':
      return problem({ outcome: 'failed', path, code: 'FILE_UNREADABLE', message: outcome.why });
    case 'stopped':
      return { status: 'stopped' };
    case 'complete':
      throw new Error('a complete reading is no problem');
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

function problem(found: FileProblem): FileReply {
  return { status: 'problem', problem: found };
}
