/** A thread that reads nothing, but books as many bytes as if it did, and tells how long that took. */
import { parentPort, workerData } from 'node:worker_threads';
import { Control } from '../../src/files/control.js';

export interface Booking {
  readonly memory: SharedArrayBuffer;
  readonly chunks: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
}

const { memory, chunks, bytes, bytesPerSecond } = workerData as Booking;
const control = new Control(memory);
parentPort?.postMessage('ready');
parentPort?.once('message', () => {
  for (let chunk = 0; chunk < chunks; chunk++) control.throttle(bytes, bytesPerSecond);
  parentPort?.postMessage('done');
});
