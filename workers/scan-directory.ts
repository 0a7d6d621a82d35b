/** Worker: looks at directories and compares them with the cache. */
import { workerData } from 'node:worker_threads';
import type { ScanJob, ScanReply, ScanSettings } from '../src/jobs.js';
import { Scanner } from './scanner.js';

const scanner = new Scanner(workerData as ScanSettings);

export default function scanDirectory(job: ScanJob): ScanReply {
  return scanner.scan(job);
}
