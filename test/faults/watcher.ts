/**
 * Looks at databases again and again while others write them, and remembers every row that no content of a file stands
 * for: as other programs read them, by read transactions of their own.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Ledger } from './ledger.js';
import { facts, type RawFacts } from './oracle.js';

type Precision = 'nanoseconds' | 'seconds';

export interface Watched {
  /** of an SQLite database; need not be there yet */
  readonly file: string;
  readonly query: string;
  readonly precision: Precision;
}

export class Watcher {
  /** a line for each row that was wrong */
  readonly wrong = new Set<string>();
  /** how many different rows were seen */
  get rows(): number {
    return this.seen.size;
  }
  /** how often a database had changed since it was looked at before */
  looks = 0;
  private readonly seen = new Set<string>();

  constructor(private readonly ledger: Ledger) {}

  /** Goes on until it is told to stop, and looks once more then. */
  async watch(watched: Watched, signal: AbortSignal): Promise<void> {
    while (!existsSync(watched.file) && !signal.aborted) await sleep(10);
    if (!existsSync(watched.file)) return;
    const database = new Database(watched.file, { readonly: true, timeout: 10_000 });
    try {
      for (let version: unknown = null, last = false; !last; await sleep(20)) {
        last = signal.aborted;
        const now = database.pragma('data_version', { simple: true });
        if (now === version) continue;
        version = now;
        this.check(
          basename(watched.file),
          database.prepare(watched.query).all() as RawFacts[],
          watched.precision,
        );
      }
    } finally {
      database.close();
    }
  }

  /** Takes rows of any database. */
  check(name: string, rows: readonly RawFacts[], precision: Precision): void {
    this.looks++;
    for (const row of rows.map(facts)) {
      const { path, size, mtime, sha256, pgp } = row;
      const line = `${name}: ${JSON.stringify(path)} of ${size} bytes and mtime ${mtime}: SHA-256 ${sha256} ${pgp}`;
      if (this.seen.has(line)) continue;
      this.seen.add(line);
      if (!this.ledger.knows(row, precision)) this.wrong.add(line);
    }
  }
}
