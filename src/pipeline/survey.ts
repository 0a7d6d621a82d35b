/**
 * What a walk finds, taken down: counts, problems, and the records whose files are missing.
 *
 * The real run and the dry run both stand on it, so that one tells exactly what the other does.
 */
import { lstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { DirectoryScan, ScanResult, ScanSettings } from '../jobs.js';
import type { NoticeEvent, RunEvent } from '../model.js';
import { join } from '../paths.js';
import type { Settings } from '../settings.js';
import type { CacheReader } from '../store/cache-reader.js';
import { manifestFile } from './export-place.js';
import { baseLost, confirmMissing, guard, type Missing, type Victim } from './prune.js';
import type { Scope } from './scopes.js';
import type { StatePlace } from './state.js';
import { Tally } from './tally.js';

export interface HashPlan {
  readonly scopes: readonly Scope[];
  readonly settings: Settings;
  /** everything is stale */
  readonly force: boolean;
  /** also name unchanged files, links and special files */
  readonly verbose: boolean;
  /** whether most paths may be unknown to a redirector that lists many */
  readonly newPaths: boolean;
}

/** How many files are read at once. */
export function jobsOf(settings: Settings): number {
  return settings.jobs ?? availableParallelism();
}

export function scanSettings(plan: HashPlan, place: StatePlace, cacheFile: string | null): ScanSettings {
  const { settings, force, verbose } = plan;
  return {
    base: place.base,
    cacheFile,
    manifestFile: manifestFile(place.directory),
    selection: settings.selection,
    recipe: settings.recipe,
    oneFileSystem: settings.selection.oneFileSystem,
    checkInode: settings.checkInode,
    force,
    listUnchanged: verbose,
  };
}

export class Survey {
  readonly tally: Tally;
  readonly missing: Missing = { files: [], directories: [] };
  /** files found in whole directories, wanted or not */
  private found = 0;
  private readonly known: number;
  private readonly baseIdentity: string | null;

  /** @param cache null where there is none yet */
  constructor(
    private readonly plan: HashPlan,
    private readonly place: StatePlace,
    private readonly cache: CacheReader | null,
    private readonly listener: (event: RunEvent) => void,
  ) {
    this.tally = new Tally(plan.verbose);
    this.baseIdentity = identityOf(place.base);
    this.known = cache === null ? 0 : knownIn(cache, plan.scopes);
  }

  emit(event: RunEvent): void {
    this.tally.add(event);
    this.listener(event);
  }

  /** @returns the scan when there is something to do in its directory: then the rest of it is not counted yet */
  take(reply: ScanResult, scope: Scope): DirectoryScan | null {
    if (reply.status === 'vanished') {
      this.takeVanished(scope);
      return null;
    }
    this.tally.addDirectory();
    if (reply.status === 'failed') {
      const { path, code, message } = reply;
      this.emit({ event: 'directory', outcome: 'failed', path, code, message });
      return null;
    }
    if (scope.only === null) this.found += reply.unchanged + reply.excluded + reply.work.files;
    for (const directory of reply.vanishedDirectories) this.missing.directories.push(directory);
    if (reply.work.files > 0) return reply;
    this.report(reply);
    this.miss(reply);
    return null;
  }

  /** The files of a scan that need no work. */
  report(scan: DirectoryScan): void {
    this.tally.addExcluded(scan.excluded);
    for (const problem of scan.problems) this.emit({ event: 'file', size: null, ...problem });
    if (!this.plan.verbose) this.tally.addUnchanged(scan.unchanged);
    for (const { name, size } of scan.unchangedFiles) {
      this.emit({ event: 'file', outcome: 'unchanged', path: join(scan.path, name), size, reason: null });
    }
  }

  /** The records of a scan whose files are gone. */
  miss(scan: DirectoryScan): void {
    for (const file of scan.vanished) this.missing.files.push(file);
  }

  /** The records that are to be forgotten, or why none may be. */
  async verdict(): Promise<readonly Victim[] | NoticeEvent> {
    if (this.cache === null) return [];
    const { base } = this.place;
    const victims = await confirmMissing(this.cache, base, this.missing);
    if (victims.length > 0 && identityOf(base) !== this.baseIdentity) return baseLost(base);
    const { known } = this;
    const walksTrees = this.plan.scopes.some((scope) => scope.recursive);
    const seen = walksTrees ? this.found : known;
    const { maxDelete } = this.plan.settings;
    return guard(victims.length, { base, known, seen, maxDelete }) ?? victims;
  }

  /**
   * A directory went away while the tree was walked. Whether it is gone for good is for the next run to see; names
   * that were asked for in it are missing.
   */
  private takeVanished({ path, only }: Scope): void {
    for (const name of only ?? []) {
      const file = this.cache?.fileAt(join(path, name)) ?? null;
      if (file !== null) this.missing.files.push(file);
      this.missing.directories.push(join(path, name));
    }
  }
}

/** Which directory lies at the path: another one after it was unmounted or exchanged. */
export function identityOf(path: string): string | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev} ${found.ino}`;
}

/** Records in what is walked; for single directories and files, in the whole tree. */
function knownIn(cache: CacheReader, scopes: readonly Scope[]): number {
  const trees = scopes.filter((scope) => scope.recursive);
  if (trees.length === 0) return cache.countFiles('');
  return trees.reduce((sum, { path }) => sum + cache.countFiles(path), 0);
}
