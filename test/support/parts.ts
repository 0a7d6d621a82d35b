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

/** The units that a thread came to first: how many, and their numbers added up. */
export interface Claims {
  readonly count: number;
  readonly sum: number;
}

const { base } = workerData as { readonly base: string };

function hash(task: FileTask, part: Part) {
  const control = new JobControl(Control.allocate(1), 0, null);
  return inDirectory(base, '', (directory) => hashPart(loadKernel(), directory, task, part, control));
}

function claim(shared: SharedFile, units: number, ready: SharedArrayBuffer): Claims {
  const waiting = new Int32Array(ready);
  Atomics.add(waiting, 0, 1);
  while (Atomics.load(waiting, 0) < 2);
  const claims = { count: 0, sum: 0 };
  for (let unit = 0; unit < units; unit++) {
    if (!shared.claim(unit)) continue;
    claims.count++;
    claims.sum += unit;
  }
  return claims;
}

parentPort?.on('message', (request: PartsRequest) => {
  parentPort?.postMessage(
    request.what === 'hash'
      ? hash(request.task, request.part)
      : claim(new SharedFile(request.memory, request.layout), request.units, request.ready),
  );
});
parentPort?.postMessage('ready');
