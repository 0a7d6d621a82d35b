/**
 * Reads a sample of the files whose rows are to be taken over, and compares: size and mtime may be those of the row, and
 * the bytes others. It stops at the first difference.
 */
import pMap from 'p-map';
import { type Batch, batches } from '../batches.js';
import type { FileRecord, FileTask, Progress, TreePath } from '../model.js';
import { unpackRecords } from '../packed-records.js';
import { split } from '../paths.js';
import type { Settings } from '../settings.js';
import { differingColumns, toRow } from '../store/redirector.js';
import type { Host } from './generate.js';
import { HashPool } from './hash-pool.js';
import type { Adoptable, Match, RowVisitor } from './import-rows.js';
import type { StatePlace } from './state.js';
import { jobsOf, scanSettings } from './survey.js';

/** Files that are read side by side, and bytes of the sums that are held for them. */
const mostFiles = 64;
const mostBytes = 16 * 1024 * 1024;

export interface SampleCounts {
  /** read, and as their rows say */
  verified: number;
  /** 1 when the import was stopped by it */
  different: number;
  /** changed or went away meanwhile, or cannot be read */
  skipped: number;
  /** bytes read */
  bytes: number;
}

export class ImportSample implements RowVisitor {
  readonly counts: SampleCounts = { verified: 0, different: 0, skipped: 0, bytes: 0 };
  private readonly hashes: HashPool;
  private readonly jobs: number;
  private waiting = new Map<TreePath, Adoptable>();
  private weight = 0;
  private chosen = { files: 0, bytes: 0 };
  /** of those that were not chosen: one, each with the same chance */
  private fallback: TreePath | null = null;
  private passed = 0;
  private only: TreePath | null = null;
  private failure: unknown = null;

  /** @param share of the rows, 0 to 100 percent */
  constructor(
    private readonly share: number,
    settings: Settings,
    place: StatePlace,
    private readonly host: Host,
    /** told when nothing more need be looked at */
    private readonly onEnd: () => void,
  ) {
    this.jobs = jobsOf(settings);
    const plan = { scopes: [], settings, force: true, verbose: false, newPaths: false };
    const onBroken = (error: unknown): void => {
      this.failure = error;
      this.hashes.stop();
    };
    this.hashes = new HashPool(
      { scan: scanSettings(plan, place, null), readLimit: settings.readLimit },
      { threads: this.jobs, eager: false, onBroken },
    );
    host.signal.addEventListener('abort', () => this.hashes.stop());
  }

  /** Nothing is written, so nobody is kept out. */
  enter(): boolean {
    return true;
  }

  leave(): void {}

  wants({ path, stat }: Match): boolean {
    if (this.isOver) return false;
    const isChosen = this.only === null ? Math.random() * 100 < this.share : path === this.only;
    if (isChosen) {
      this.chosen.files++;
      this.chosen.bytes += stat.size;
    } else if (Math.random() * ++this.passed < 1) this.fallback = path;
    return isChosen;
  }

  async take(found: readonly Adoptable[]): Promise<void> {
    for (const one of found) {
      this.waiting.set(one.record.path, one);
      this.weight += one.record.pieces.sha1.length + (one.record.zsync?.sums.length ?? 0);
    }
    if (this.waiting.size >= mostFiles || this.weight >= mostBytes) await this.readWaiting();
  }

  /**
   * Reads what is left.
   *
   * @param again walks the rows once more: a small share of few rows may be none, and one is wanted at least
   */
  async finish(again: () => Promise<void>): Promise<void> {
    await this.readWaiting();
    if (this.chosen.files > 0 || this.fallback === null || this.isOver) return;
    this.only = this.fallback;
    await again();
    await this.readWaiting();
  }

  close(): Promise<void> {
    this.hashes.stop();
    return this.hashes.close();
  }

  progress(): Pick<Progress, 'bytesDone' | 'bytesTotal' | 'active'> {
    const { active, bytes } = this.hashes.activity();
    return { bytesDone: this.counts.bytes + bytes, bytesTotal: this.chosen.bytes, active };
  }

  private get isOver(): boolean {
    return this.counts.different > 0 || this.host.signal.aborted;
  }

  private async readWaiting(): Promise<void> {
    const byDirectory = new Map<TreePath, FileTask[]>();
    for (const { record, stat } of this.waiting.values()) {
      const { directory, name } = split(record.path);
      const tasks = byDirectory.get(directory) ?? [];
      const recipe = { pieceLength: record.pieces.length, zsyncBlockSize: record.zsync?.blockSize ?? null };
      tasks.push({ name, stat, recipe, reason: 'forced', payload: 'read', signature: 'keep' });
      byDirectory.set(directory, tasks);
    }
    const jobs = [...byDirectory].flatMap(([path, tasks]) =>
      [...batches(tasks, this.hashes.batchRules)].map((batch) => ({ path, batch })),
    );
    await pMap(jobs, ({ path, batch }) => this.read(path, batch), { concurrency: this.jobs * 2 });
    if (this.failure !== null) throw this.failure;
    this.waiting = new Map();
    this.weight = 0;
  }

  private async read(path: TreePath, batch: Batch): Promise<void> {
    if (this.isOver) return;
    const { hashed, problems } = await this.hashes.hash(path, batch);
    for (const { record } of unpackRecords(path, hashed)) this.compare(record);
    for (const { problem, size } of problems) {
      this.counts.skipped++;
      this.host.emit({ event: 'file', size, ...problem });
    }
  }

  /** @param found what the file holds */
  private compare(found: FileRecord): void {
    const { path, size } = found;
    const expected = this.waiting.get(path)?.record;
    // Others that were being read may differ, too: one is enough.
    if (expected === undefined || this.isOver) return;
    this.counts.bytes += size;
    const differing = differingColumns(toRow(expected), toRow({ ...found, signature: expected.signature }));
    if (differing.length === 0) {
      this.counts.verified++;
      return;
    }
    this.counts.different++;
    const message = `the content differs from its row (${differing.join(', ')}), though size and mtime do not`;
    this.host.emit({ event: 'file', outcome: 'failed', path, size, code: 'CONTENT_DIFFERS', message });
    this.hashes.stop();
    this.onEnd();
  }
}
