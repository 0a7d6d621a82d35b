/**
 * A dry run: tells what `generate` would do, and writes nothing anywhere.
 *
 * The same survey, the same guards; only the hands are missing.
 */
import { accessSync, constants } from 'node:fs';
import { systemCode } from '../errors.js';
import type { DirectoryScan } from '../jobs.js';
import type { Summary } from '../model.js';
import { absolute, join } from '../paths.js';
import type { CacheReader } from '../store/cache-reader.js';
import { directoryLock } from './directory-worker.js';
import type { Host } from './generate.js';
import { ScanPool } from './pools.js';
import { prunedEvent } from './prune.js';
import { cacheFile, locksOf, type StatePlace } from './state.js';
import { type HashPlan, jobsOf, Survey, scanSettings } from './survey.js';
import { walkTree } from './walk-tree.js';

/** @param cache null where there is no state yet: then every file is new */
export async function rehearse(
  plan: HashPlan,
  place: StatePlace,
  cache: CacheReader | null,
  host: Host,
): Promise<Summary> {
  const started = performance.now();
  const jobs = jobsOf(plan.settings);
  const { signal } = host;
  const survey = new Survey(plan, place, cache, host.emit);
  const locks = locksOf(place, (work) => work());
  host.watch?.(() => walkingOnly(survey));

  function tell(scan: DirectoryScan): void {
    const { path } = scan;
    survey.report(scan);
    if (locks.isHeld(directoryLock(path))) {
      const message = 'another run is working on it';
      survey.emit({ event: 'directory', outcome: 'locked', path, code: 'DIRECTORY_LOCKED', message });
      return;
    }
    survey.miss(scan);
    for (const { name, stat, payload, reason } of scan.tasks) {
      if (payload === 'read' && !isReadable(absolute(place.base, join(path, name)))) {
        const why = 'permission denied';
        const failed = {
          outcome: 'failed',
          path: join(path, name),
          code: 'FILE_UNREADABLE',
          message: why,
        } as const;
        survey.emit({ event: 'file', size: stat.size, ...failed });
        continue;
      }
      const outcome = payload === 'read' ? 'hashed' : 'unchanged';
      survey.emit({ event: 'file', outcome, path: join(path, name), size: stat.size, reason });
    }
  }

  const settings = scanSettings(plan, place, cache === null ? null : cacheFile(place.directory));
  const scans = new ScanPool(settings, { threads: jobs, eager: false, onBroken: () => {} });
  try {
    await walkTree({
      scopes: plan.scopes,
      scans,
      detail: 'all tasks',
      concurrency: jobs * 4,
      signal,
      onScan: (reply, scope) => {
        const scan = survey.take(reply, scope);
        if (scan !== null) tell(scan);
      },
    });
    const verdict = signal.aborted ? [] : await survey.verdict();
    if ('event' in verdict) survey.emit(verdict);
    else for (const victim of verdict) survey.emit(prunedEvent(victim));
  } finally {
    await scans.close();
  }
  return survey.tally.summary((performance.now() - started) / 1000, null);
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EACCES') return false;
    // What else may happen happens to the real run in its own way.
    return true;
  }
}

function walkingOnly(survey: Survey): ReturnType<Parameters<NonNullable<Host['watch']>>[0]> {
  const { seen } = survey.tally;
  return {
    walked: false,
    directories: seen.directories,
    filesSeen: seen.files,
    filesDone: 0,
    filesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
    active: [],
    waiting: null,
  };
}
