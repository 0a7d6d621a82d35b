/** Worker: looks at directories and compares them with the cache. Thin: how is src/files/scanner. */
import { workerData } from 'node:worker_threads';
import { Scanner } from '../src/files/scanner.js';
import type { ScanJob, ScanReply, ScanSettings, WalkJob, WalkReply } from '../src/jobs.js';
import { cachedDirectories } from '../src/store/cached-directories.js';
import { ownOutputsOf } from '../src/store/own-outputs.js';

const settings = workerData as ScanSettings;
const scanner = new Scanner(
  settings,
  cachedDirectories(settings.cacheFile),
  ownOutputsOf(settings.manifestFile, settings.base),
);

export default function scanDirectory(job: ScanJob): ScanReply {
  return scanner.scan(job);
}

/** Milliseconds for one job: enough to make its messages cheap, and the next one is not kept waiting. */
const patience = 5;

/** Looks at one directory after the other, as far as the time of one job reaches. */
export function walk({ directories, detail }: WalkJob): WalkReply {
  const end = performance.now() + patience;
  const replies: ScanReply[] = [];
  for (const { path, only } of directories) {
    replies.push(scanner.scan({ path, only, detail }));
    if (performance.now() >= end) break;
  }
  return replies;
}
