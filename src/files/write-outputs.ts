/**
 * Brings the outputs of one directory to what is wanted: writes, leaves alone, removes. It decides by what was
 * remembered and by what lies there; it knows no record and no format.
 *
 * An output that is of the same things as before and still lies there is not opened. Any other is made, and is written
 * only when its bytes are not there already. What nobody remembers to have written is somebody else's: it stays.
 */

import type { ExportMemory, WrittenOutput } from '../export-manifest.js';
import type { Version } from '../freshness.js';
import type { OutputEvent, TreePath } from '../model.js';
import { join } from '../paths.js';
import type { ExportedOutputs, LossRule } from './export-jobs.js';
import type { Gate } from './gate.js';
import { type Found, isSame, OutputDirectory } from './output-directory.js';
import type { WantedOutput } from './wanted-outputs.js';

export interface WriteOrders {
  /** of all outputs: absolute, without symbolic links */
  readonly out: string;
  /** What is made is opened to everybody while it is empty: no other thread may come in before. */
  readonly gate: Gate;
  /** of this directory, below `out` */
  readonly directory: TreePath;
  /** its name in the manifest */
  readonly key: TreePath;
  readonly dryRun: boolean;
  readonly listAll: boolean;
  /** what lies there already with the right bytes is ours from now on, whoever wrote it */
  readonly adopt: boolean;
  /** `keep`: what is lost stays as it is */
  readonly losses: Exclude<LossRule, 'defer'>;
  /** outputs that must go even so */
  readonly mustGo: ReadonlySet<string>;
  /** whether the run that was here last did not end */
  readonly unfinished: boolean;
}

export interface Written {
  readonly outputs: ExportedOutputs;
  /** all that are there now */
  readonly written: readonly WrittenOutput[];
  readonly events: readonly OutputEvent[];
}

interface Order {
  readonly output: WantedOutput;
  readonly bytes: Uint8Array;
  /** what lies there and may be replaced */
  readonly instead: Version | null;
}

/** bytes, as nearly every file system has it */
const longestName = 255;

/** What is written at once: open files, and bytes in memory. */
const mostAtOnce = { files: 16, bytes: 4 * 1024 * 1024 };

export async function writeOutputs(
  wanted: Iterable<WantedOutput>,
  orders: WriteOrders,
  memory: ExportMemory,
): Promise<Written> {
  const writer = new Writer(orders, memory);
  try {
    await writer.writeAll(wanted);
    writer.removeRest();
    await writer.flush();
    return writer.result();
  } catch (error) {
    writer.giveUp();
    throw error;
  } finally {
    writer.close();
  }
}

class Writer {
  private readonly known: Map<string, readonly WrittenOutput[]>;
  private directory: OutputDirectory | null;
  private readonly waiting: Order[] = [];
  private waitingBytes = 0;
  private hasBegun = false;
  private readonly written: WrittenOutput[] = [];
  private readonly events: OutputEvent[] = [];
  private readonly counts = { written: 0, unchanged: 0, removed: 0, foreign: 0, skipped: 0 };

  constructor(
    private readonly orders: WriteOrders,
    private readonly memory: ExportMemory,
  ) {
    this.known = new Map(memory.outputs(orders.key));
    this.directory = orders.gate.through(() => OutputDirectory.open(orders.out, orders.directory));
    if (orders.unfinished && !orders.dryRun) this.directory?.removeTemporaries();
  }

  close(): void {
    this.directory?.close();
  }

  /** What was put in its place is there even if the power fails now. */
  async flush(): Promise<void> {
    if (this.hasBegun) await this.directory?.flush();
  }

  /** Leaves nothing half-written. */
  giveUp(): void {
    if (this.hasBegun) this.directory?.removeTemporaries();
  }

  result(): Written {
    return { outputs: this.counts, written: this.written, events: this.events };
  }

  async writeAll(wanted: Iterable<WantedOutput>): Promise<void> {
    for (const output of wanted) {
      const order = this.decide(output);
      if (order === null) continue;
      this.waiting.push(order);
      this.waitingBytes += order.bytes.length;
      if (this.waiting.length >= mostAtOnce.files || this.waitingBytes >= mostAtOnce.bytes)
        await this.write();
    }
    await this.write();
  }

  /** Outputs that are wanted no more. */
  removeRest(): void {
    const { losses, mustGo, dryRun } = this.orders;
    for (const [name, versions] of this.known) {
      if (losses === 'keep' && !mustGo.has(name)) {
        // Also what is not there: with the file system it is mounted again, and is ours.
        for (const version of versions) this.keep(version);
        continue;
      }
      const ours = versions.find((version) => isSame(this.look(name), version));
      // It is gone already, or is somebody else's by now.
      if (ours === undefined) continue;
      if (dryRun || this.directory?.remove(name, ours)) {
        this.counts.removed++;
        this.tell(name, 'removed');
      }
    }
  }

  /** Null: nothing is to be written. What is remembered of the name is settled either way. */
  private decide(output: WantedOutput): Order | null {
    const { name, madeOf } = output;
    const found = this.look(name);
    const ours = this.known.get(name)?.find((version) => isSame(found, version));
    if (ours?.madeOf === madeOf) return this.settled(ours);
    // A list that would lose lines is as it was, too, unless it has lines that must go.
    const { losses, mustGo } = this.orders;
    if (ours !== undefined && output.isList && losses === 'keep' && mustGo.size === 0)
      return this.settled(ours);
    const bytes = output.make();
    // What is known of the name is removed with all that is wanted no more.
    if (bytes === null) return null;
    if (Buffer.byteLength(name) > longestName) return this.skip(name);
    const isRight = isFile(found) && this.directory?.holds(name, bytes) === true;
    if (isRight && (ours !== undefined || this.orders.adopt)) return this.settled({ ...found, name, madeOf });
    this.known.delete(name);
    if (found === null || ours !== undefined) return { output, bytes, instead: ours ?? null };
    // Somebody else's that says the same is no matter for a warning.
    return isRight ? this.countAlone() : this.leaveAlone(name);
  }

  private countAlone(): null {
    this.counts.foreign++;
    return null;
  }

  private skip(name: string): null {
    this.counts.skipped++;
    const message = 'no file can have so long a name';
    this.events.push({
      event: 'output',
      path: this.path(name),
      outcome: 'skipped',
      code: 'PATH_TOO_LONG',
      message,
    });
    return null;
  }

  private settled(output: WrittenOutput): null {
    this.keep(output);
    this.known.delete(output.name);
    this.counts.unchanged++;
    return null;
  }

  private keep({ name, size, mtimeNs, madeOf }: WrittenOutput): void {
    this.written.push({ name, size, mtimeNs, madeOf });
  }

  private leaveAlone(name: string): null {
    this.countAlone();
    const message = 'it is not ours, or was changed since we wrote it: left as it is';
    this.events.push({
      event: 'output',
      path: this.path(name),
      outcome: 'foreign',
      code: 'NOT_OURS',
      message,
    });
    return null;
  }

  private look(name: string): Found {
    return this.directory?.look(name) ?? null;
  }

  private async write(): Promise<void> {
    const orders = this.waiting.splice(0);
    this.waitingBytes = 0;
    if (orders.length === 0) return;
    if (this.orders.dryRun) for (const { output } of orders) this.tellWritten(output.name);
    else await this.writeNow(orders);
  }

  private async writeNow(orders: readonly Order[]): Promise<void> {
    const { key } = this.orders;
    const directory = this.begun();
    const staged = await directory.stage(orders.map(({ output: { name }, bytes }) => ({ name, bytes })));
    const claims = staged.map(({ name, size, mtimeNs }, index) => {
      const madeOf = orders[index]?.output.madeOf ?? '';
      return { name, size, mtimeNs, madeOf };
    });
    this.memory.claim(key, claims);
    for (const [index, file] of staged.entries()) {
      const claim = claims[index];
      if (claim === undefined) continue;
      if (directory.publish(file, orders[index]?.instead ?? null)) {
        this.keep(claim);
        this.tellWritten(file.name);
      } else {
        this.leaveAlone(file.name);
      }
    }
  }

  /** The directory, to write into: from now on it counts as unfinished, whatever happens. */
  private begun(): OutputDirectory {
    if (!this.hasBegun) this.memory.begin(this.orders.key);
    this.hasBegun = true;
    const { out, directory, gate } = this.orders;
    this.directory ??= gate.through(() =>
      OutputDirectory.make(out, directory, (path) => this.memory.claimDirectory(path)),
    );
    return this.directory;
  }

  private tellWritten(name: string): void {
    this.counts.written++;
    this.tell(name, 'written');
  }

  private tell(name: string, outcome: 'written' | 'removed'): void {
    if (this.orders.listAll) this.events.push({ event: 'output', path: this.path(name), outcome });
  }

  private path(name: string): TreePath {
    return join(this.orders.directory, name);
  }
}

function isFile(found: Found): found is Version {
  return found !== null && found !== 'other';
}
