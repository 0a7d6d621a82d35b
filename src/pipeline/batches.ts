/**
 * Groups the files of a directory into jobs: small ones together, so that messages do not dominate; large ones
 * alone, so that no thread waits for another.
 */
import type { FileTask } from '../model.js';

const mostFiles = 64;
/** bytes to read in one job */
const mostBytes = 8 * 1024 * 1024;

export function* batches(tasks: readonly FileTask[]): Generator<readonly FileTask[]> {
  let batch: FileTask[] = [];
  let bytes = 0;
  for (const task of tasks) {
    const cost = task.payload === 'read' ? task.stat.size : 0;
    if (batch.length > 0 && (batch.length >= mostFiles || bytes + cost > mostBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(task);
    bytes += cost;
  }
  if (batch.length > 0) yield batch;
}
