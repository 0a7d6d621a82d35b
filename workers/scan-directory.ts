/** Worker: looks at directories and compares them with the cache. */
import { workerData } from 'node:worker_threads';
import { Scanner } from '../src/files/scanner.js';
import type { ScanJob, ScanReply, ScanSettings } from '../src/jobs.js';
import { cachedDirectories } from '../src/store/cached-directories.js';

const settings = workerData as ScanSettings;
const scanner = new Scanner(settings, cachedDirectories(settings.cacheFile));

export default function scanDirectory(job: ScanJob): ScanReply {
  return scanner.scan(job);
}
