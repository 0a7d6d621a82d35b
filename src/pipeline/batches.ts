/**
 * Groups the files of a directory into jobs: small ones together, so that messages do not dominate; large ones
 * alone, so that no thread waits for another.
 */
import type { FileTask } from '../model.js';

const mostFiles = 64;
const mostBytes = 8 * 1024 * 1024;

/**
 * Bytes to read in one job. A job's files are committed together: with a read limit it is small, so that little is lost
 * when the run is killed.
 *
 * @param readLimit bytes a second, null for no limit
 */
export function batchBytes(readLimit: number | null): number {
  return readLimit === null ? mostBytes : Math.min(mostBytes, readLimit / 4);
}

/** @param bytesOfJob a larger file is alone */
export function* batches(tasks: readonly FileTask[], bytesOfJob = mostBytes): Generator<readonly FileTask[]> {
  let batch: FileTask[] = [];
  let bytes = 0;
  for (const task of tasks) {
    const cost = task.payload === 'read' ? task.stat.size : 0;
    if (batch.length > 0 && (batch.length >= mostFiles || bytes + cost > bytesOfJob)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(task);
    bytes += cost;
  }
  if (batch.length > 0) yield batch;
}
