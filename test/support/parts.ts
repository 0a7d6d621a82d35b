/** A thread that hashes parts of files, and claims units without any file. */
import { parentPort, workerData } from 'node:worker_threads';
import { Control, JobControl } from '../../src/files/control.js';
import { hashPart } from '../../src/files/hash-part.js';
import { loadKernel } from '../../src/files/kernel-file.js';
import { SharedFile, type SharedLayout } from '../../src/files/shared-file.js';
import type { Part } from '../../src/jobs.js';
import type { FileTask } from '../../src/model.js';
import { inDirectory } from './listing.js';

export type PartsRequest =
  | { readonly what: 'hash'; readonly task: FileTask; readonly part: Part }
  | {
      readonly what: 'claim';
      readonly memory: SharedArrayBuffer;
      readonly layout: SharedLayout;
      readonly units: number;
      /** counts the threads that wait: two begin at the same moment */
      readonly ready: SharedArrayBuffer;
    };

const { base } = workerData as { readonly base: string };

function hash(task: FileTask, part: Part) {
  const control = new JobControl(Control.allocate(1), 0, null);
  return inDirectory(base, '', (directory) => hashPart(loadKernel(), directory, task, part, control));
}

function claim(shared: SharedFile, units: number, ready: SharedArrayBuffer): readonly number[] {
  const waiting = new Int32Array(ready);
  Atomics.add(waiting, 0, 1);
  while (Atomics.load(waiting, 0) < 2);
  return Array.from({ length: units }, (_, unit) => unit).filter((unit) => shared.claim(unit));
}

parentPort?.on('message', (request: PartsRequest) => {
  parentPort?.postMessage(
    request.what === 'hash'
      ? hash(request.task, request.part)
      : claim(new SharedFile(request.memory, request.layout), request.units, request.ready),
  );
});
parentPort?.postMessage('ready');
