/** A directory for a database of a model test, and copies of it as a killed process leaves it; judged by Python in the end. */
import { deepStrictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of Linux, in memory: what is asked here is what a database says, not whether the disk has it yet. */
const memory = '/dev/shm';
const place = existsSync(memory) ? memory : tmpdir();

const whole = fileURLToPath(new URL('../../faults/whole.py', import.meta.url));

export class Scratch {
  readonly directory = mkdtempSync(join(place, 'mirrorhash-model-'));
  private readonly files = new Set<string>();

  /** The database and its log; the index of the log is made anew by whoever opens it. */
  copyOf(file: string): string {
    this.files.add(file);
    const copy = join(this.directory, `copy-${this.files.size}.db`);
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    this.files.add(copy);
    return copy;
  }

  /** @throws when a database is damaged, as another program sees it */
  end(): void {
    const found = execFileSync('python3', [whole, ...this.files], { encoding: 'utf8' });
    rmSync(this.directory, { recursive: true });
    deepStrictEqual(found, '');
  }
}
