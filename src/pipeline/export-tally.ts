/**
 * Counts what an export did.
 */
import type { DirectoryReport, ExportedFiles, ExportedOutputs } from '../files/export-jobs.js';

export interface ExportSummary {
  readonly files: {
    /** records that were looked at */
    readonly seen: number;
    readonly exported: number;
    /** not for everybody to see */
    readonly hidden: number;
    /** changed since they were hashed */
    readonly deferred: number;
    readonly excluded: number;
    /** exported before, and gone */
    readonly vanished: number;
  };
  readonly outputs: ExportedOutputs;
  readonly directories: { readonly seen: number; readonly changed: number; readonly failed: number };
  readonly seconds: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class ExportTally {
  private readonly files: Mutable<ExportedFiles> = { exported: 0, hidden: 0, stale: 0, excluded: 0, lost: 0 };
  private readonly outputs: Mutable<ExportedOutputs> = {
    written: 0,
    unchanged: 0,
    removed: 0,
    foreign: 0,
    skipped: 0,
  };
  private readonly directories = { seen: 0, changed: 0, failed: 0 };

  /** The report of a directory. */
  add(report: DirectoryReport): void {
    if (report.status === 'failed') {
      this.directories.seen++;
      this.directories.failed++;
    }
    if (report.status !== 'done') return;
    this.directories.seen++;
    if (report.changed) this.directories.changed++;
    addTo(this.files, report.files);
    this.addOutputs(report.outputs);
  }

  /** Of what belongs to no directory. */
  addOutputs(outputs: ExportedOutputs): void {
    addTo(this.outputs, outputs);
  }

  /** Files that are there, whatever became of them. */
  get present(): number {
    return presentOf(this.files);
  }

  get seen(): { readonly directories: number; readonly changed: number; readonly files: number } {
    const { seen, changed } = this.directories;
    return { directories: seen, changed, files: this.present };
  }

  summary(seconds: number): ExportSummary {
    const { exported, hidden, stale, excluded, lost } = this.files;
    return {
      files: { seen: this.present, exported, hidden, deferred: stale, excluded, vanished: lost },
      outputs: { ...this.outputs },
      directories: { ...this.directories },
      seconds: Math.round(seconds * 1000) / 1000,
    };
  }
}

/** Files that are there, whatever became of them. */
export function presentOf({ exported, hidden, stale, excluded }: ExportedFiles): number {
  return exported + hidden + stale + excluded;
}

function addTo<T extends object>(sum: T, more: { readonly [K in keyof T]: number }): void {
  const numbers = sum as Record<string, number>;
  for (const [key, value] of Object.entries<number>(more)) numbers[key] = (numbers[key] ?? 0) + value;
}
