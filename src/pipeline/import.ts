/**
 * Redirector → cache: takes over rows whose files still have their size and mtime, so that a site that moves over does
 * not read everything on day one. Each keeps its own piece length and block size: infohashes and running swarms stay.
 *
 * First a sample is read, if one is wanted; then the records are stored. Only what has no record yet is looked at, so an
 * import that was cut short goes on where it ended.
 */
import type { Lock } from '../files/lock.js';
import type { Progress, TreePath } from '../model.js';
import { fileRecipe } from '../recipe.js';
import { createMatcher } from '../selection.js';
import type { Settings } from '../settings.js';
import type { CacheReader } from '../store/cache-reader.js';
import type { Redirector } from '../store/redirector.js';
import { directoryLock } from './directory-worker.js';
import type { Host } from './generate.js';
import { type Adoptable, ImportRows, type LeftOut, type RowVisitor } from './import-rows.js';
import { ImportSample, type SampleCounts } from './import-sample.js';
import type { RedirectorOpener } from './open-redirector.js';
import { patienceMs, patiently } from './patience.js';
import { locksOf, rememberRecipe, type State, type StatePlace } from './state.js';
import { acquireTarget } from './target-lock.js';

export interface ImportPlan {
  /** rows at and below it */
  readonly path: TreePath;
  readonly settings: Settings;
  /** percent of the rows whose files are read first, null for none */
  readonly sample: number | null;
  readonly place: StatePlace;
  /** null: tell only */
  readonly state: State | null;
  /** null: there is none yet */
  readonly cache: CacheReader | null;
  /** told once each: when another sync keeps the import waiting, when the redirector is away */
  readonly onWait?: (message: string) => void;
}

export interface ImportSummary {
  /** without a password */
  readonly redirector: string;
  /** rows that were looked at */
  readonly rows: number;
  readonly imported: number;
  /** why others were not */
  readonly leftOut: Readonly<Record<LeftOut, number>>;
  /** of the imported: without zsync sums, though they are wanted; the next run reads them */
  readonly withoutZsync: { readonly files: number; readonly bytes: number };
  /** null when none was wanted */
  readonly sample: Readonly<SampleCounts> | null;
  readonly seconds: number;
}

export async function importRows(
  plan: ImportPlan,
  open: RedirectorOpener,
  host: Host,
): Promise<ImportSummary> {
  const target = await open(host.signal);
  const { redirector } = target;
  const run = new Import(plan, redirector, host);
  try {
    const giveUpAt = performance.now() + patienceMs;
    const release = await patiently(() => acquireTarget(target, host.signal, plan.onWait), {
      signal: host.signal,
      until: () => giveUpAt,
      onAway: (error) => plan.onWait?.(`${error.message}: trying again`),
    });
    // A sync meanwhile would write what is being read.
    if (release !== null) await run.execute().finally(release);
  } catch (error) {
    if (!host.signal.aborted) throw error;
  } finally {
    await redirector.close();
  }
  return run.summary();
}

class Import {
  private readonly started = performance.now();
  private readonly sample: ImportSample | null;
  private rows: ImportRows;
  private imported = 0;
  private readonly withoutZsync = { files: 0, bytes: 0 };
  private readonly isOver = new AbortController();

  constructor(
    private readonly plan: ImportPlan,
    private readonly redirector: Redirector,
    private readonly host: Host,
  ) {
    const { sample, settings, place } = plan;
    const onEnd = (): void => this.isOver.abort();
    this.sample = sample === null ? null : new ImportSample(sample, settings, place, host, onEnd);
    this.rows = this.allRows();
    host.watch?.(() => this.progress());
  }

  async execute(): Promise<void> {
    const { state, settings } = this.plan;
    if (this.sample !== null) await this.verify(this.sample);
    if (this.host.signal.aborted || this.isOver.signal.aborted) return;
    if (state !== null) rememberRecipe(state.cache, settings.recipe);
    this.rows = this.allRows();
    await this.rows.visit(state === null ? this.teller() : this.keeper(state));
  }

  summary(): ImportSummary {
    const { redirector, rows, imported, withoutZsync, sample, started } = this;
    return {
      redirector: redirector.name,
      rows: rows.rows,
      imported,
      leftOut: rows.leftOut,
      withoutZsync,
      sample: sample?.counts ?? null,
      seconds: Math.round(performance.now() - started) / 1000,
    };
  }

  private async verify(sample: ImportSample): Promise<void> {
    try {
      await this.rows.visit(sample);
      await sample.finish(() => this.allRows().visit(sample));
    } finally {
      await sample.close();
    }
  }

  private allRows(): ImportRows {
    const { plan, redirector } = this;
    const { path, settings, place, cache } = plan;
    const signal = AbortSignal.any([this.host.signal, this.isOver.signal]);
    const { selection } = settings;
    return new ImportRows({ redirector, cache, base: place.base, within: path, selection, signal });
  }

  /** Counts what would be done. */
  private teller(): RowVisitor {
    const locks = locksOf(this.plan.place, (work) => work());
    return {
      enter: (directory) => !locks.isHeld(directoryLock(directory)),
      wants: () => true,
      take: this.counter(),
      leave: () => {},
    };
  }

  /** Stores records, under the locks of their directories. */
  private keeper({ cache, locks }: State): RowVisitor {
    const counted = this.counter();
    let held: Lock[] = [];
    return {
      enter: (directory) => {
        const lock = locks.acquire(directoryLock(directory));
        if (lock !== null) held.push(lock);
        return lock !== null;
      },
      wants: () => true,
      take: (found) => {
        // One that was lost to another run may be anyone's: rarely, so all of them wait for the next import.
        const isOurs = held.every((lock) => lock.held);
        if (!isOurs) {
          this.rows.leftOut.locked += found.length;
          return;
        }
        cache.apply(found.map(({ record }) => ({ kind: 'put', record, adopted: true })));
        counted(found);
      },
      leave: () => {
        locks.release(held);
        held = [];
      },
    };
  }

  private counter(): (found: readonly Adoptable[]) => void {
    const { recipe } = this.plan.settings;
    const includes = createMatcher(recipe.zsyncInclude);
    return (found) => {
      this.imported += found.length;
      for (const { record } of found) {
        const wanted = fileRecipe(recipe, record.size, includes(record.path)).zsyncBlockSize !== null;
        if (record.zsync !== null || !wanted) continue;
        this.withoutZsync.files++;
        this.withoutZsync.bytes += record.size;
      }
    };
  }

  private progress(): Progress {
    const { rows, directories } = this.rows;
    const read = this.sample?.progress() ?? { bytesDone: 0, bytesTotal: 0, active: [] };
    const files = { filesSeen: rows, filesDone: rows, filesTotal: rows };
    return { walked: false, directories, ...files, ...read, waiting: null };
  }
}
