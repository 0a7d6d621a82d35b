/**
 * Groups the files of a directory into jobs: small ones together, so that messages do not dominate; those of some size
 * in groups of up to eight, so that their MD5 is made side by side; large ones alone, for several threads at once.
 */
import type { FileTask } from './model.js';

const MiB = 1024 * 1024;

/** Of small files in one job. */
const mostFiles = 128;
const mostBytes = 8 * MiB;
/** bytes from which on a file is of some size, and from which on it is large */
const medium = MiB;
const large = 64 * MiB;
/** bytes from which on a file takes minutes at least: it comes when all others are done */
const giant = 64 * 1024 * MiB;
/** Of files of some size in one job: from three on it is faster to make their MD5 side by side. */
const fewestSideBySide = 3;
const mostSideBySide = 8;
const mostBytesSideBySide = 256 * MiB;

export type Batch =
  | { readonly kind: 'files'; readonly tasks: readonly FileTask[] }
  | { readonly kind: 'single file'; readonly task: FileTask };

/** What one job of small files may have to do. */
export interface JobLimits {
  readonly files: number;
  /** to be read */
  readonly bytes: number;
}

export interface BatchRules extends JobLimits {
  /** threads that have nothing else to do: files of some size are divided among them; null: each file alone */
  readonly idleThreads: number | null;
}

/**
 * A job's files are committed together: with a read limit jobs are small, so that little is lost when the run is
 * killed.
 *
 * @param readLimit bytes a second, null for no limit
 */
export function batchRules(readLimit: number | null, idleThreads: number): BatchRules {
  if (readLimit === null) return { files: mostFiles, bytes: mostBytes, idleThreads };
  return { files: mostFiles, bytes: Math.min(mostBytes, readLimit / 4), idleThreads: null };
}

/** The largest files first: a thread that has one of them last is waited for by all others. */
export function* batches(tasks: readonly FileTask[], rules: BatchRules): Generator<Batch> {
  const ofSome = tasks
    .filter((task) => bytesToRead(task) >= medium)
    .sort((a, b) => b.stat.size - a.stat.size);
  const groups = sideBySide(
    ofSome.filter((task) => task.stat.size < large),
    rules.idleThreads,
  );
  const grouped = new Set(groups.flat());
  for (const task of ofSome) if (!grouped.has(task)) yield { kind: 'single file', task };
  for (const group of groups) yield { kind: 'files', tasks: group };
  const small = tasks.filter((task) => bytesToRead(task) < medium);
  for (let start = 0; start < small.length; ) {
    const end = endOfJob(small, start, rules);
    yield { kind: 'files', tasks: small.slice(start, end) };
    start = end;
  }
}

/** Divides tasks into those that one job of small files can do, and the others. */
export function oneJob(
  tasks: readonly FileTask[],
  limits: JobLimits,
): { readonly now: readonly FileTask[]; readonly later: readonly FileTask[] } {
  const small = tasks.filter((task) => bytesToRead(task) < medium);
  const now = small.slice(0, endOfJob(small, 0, limits));
  if (now.length === tasks.length) return { now, later: [] };
  const done = new Set(now);
  return { now, later: tasks.filter((task) => !done.has(task)) };
}

/** @returns the index behind the last task of a job that begins at `start` */
function endOfJob(small: readonly FileTask[], start: number, limits: JobLimits): number {
  let bytes = 0;
  for (let index = start; index < small.length; index++) {
    bytes += bytesToRead(small[index] as FileTask);
    if (index > start && (index - start >= limits.files || bytes > limits.bytes)) return index;
  }
  return small.length;
}

/** Anybody can make a sparse file of any size: the others must not wait for it. */
export function isGiant(task: FileTask): boolean {
  return bytesToRead(task) >= giant;
}

export function bytesToRead(task: FileTask): number {
  return task.payload === 'read' ? task.stat.size : 0;
}

/** Groups of files of similar size, as many as lanes if there are enough for all threads; the rest is left alone. */
function sideBySide(tasks: readonly FileTask[], idleThreads: number | null): (readonly FileTask[])[] {
  if (idleThreads === null) return [];
  const share = Math.floor(tasks.length / Math.max(1, idleThreads));
  const most = Math.min(mostSideBySide, share);
  const groups: (readonly FileTask[])[] = [];
  for (let rest = tasks; rest.length >= fewestSideBySide && most >= fewestSideBySide; ) {
    const group = within(rest.slice(0, most), mostBytesSideBySide);
    if (group.length >= fewestSideBySide) groups.push(group);
    rest = rest.slice(Math.max(1, group.length));
  }
  return groups;
}

/** The first tasks, as many as there are bytes for. */
function within(tasks: readonly FileTask[], bytes: number): readonly FileTask[] {
  let left = bytes;
  const end = tasks.findIndex((task) => {
    left -= task.stat.size;
    return left < 0;
  });
  return end === -1 ? tasks : tasks.slice(0, end);
}
