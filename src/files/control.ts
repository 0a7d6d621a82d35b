/**
 * The memory that the main thread shares with the workers of one run: stop, progress, read limit.
 *
 * A worker deep in a synchronous read hears no message; it looks here between two chunks.
 */

/** What a worker is doing in one slot. */
export interface SlotState {
  /** index of the file of the job that is being read, -1 before the first */
  readonly file: number;
  /** bytes read of that file */
  readonly fileBytes: number;
  /** bytes read of the whole job */
  readonly jobBytes: number;
}

const stopWord = 0;
const throttleWord = 1;
const wordsBeforeSlots = 2;
const wordsPerSlot = 3;

/** How long a sleeping worker stays deaf to a stop, in milliseconds. */
const longestSleep = 100;

export class Control {
  private readonly words: BigInt64Array;

  /** @param memory as made by `allocate`, on either side of the thread */
  constructor(readonly memory: SharedArrayBuffer) {
    this.words = new BigInt64Array(memory);
  }

  static allocate(slots: number): Control {
    return new Control(new SharedArrayBuffer((wordsBeforeSlots + slots * wordsPerSlot) * 8));
  }

  stop(): void {
    Atomics.store(this.words, stopWord, 1n);
  }

  get stopped(): boolean {
    return Atomics.load(this.words, stopWord) !== 0n;
  }

  /** Empties a slot for the next job. */
  clear(slot: number): void {
    this.write(slot, -1, 0, 0);
  }

  write(slot: number, file: number, fileBytes: number, jobBytes: number): void {
    const at = wordsBeforeSlots + slot * wordsPerSlot;
    Atomics.store(this.words, at, BigInt(file));
    Atomics.store(this.words, at + 1, BigInt(fileBytes));
    Atomics.store(this.words, at + 2, BigInt(jobBytes));
  }

  read(slot: number): SlotState {
    const at = wordsBeforeSlots + slot * wordsPerSlot;
    return {
      file: Number(Atomics.load(this.words, at)),
      fileBytes: Number(Atomics.load(this.words, at + 1)),
      jobBytes: Number(Atomics.load(this.words, at + 2)),
    };
  }

  /**
   * Waits until `bytes` more may be read. All workers book on one time line, so the limit holds for their sum.
   *
   * @param bytesPerSecond the limit of all workers together
   */
  throttle(bytes: number, bytesPerSecond: number): void {
    const cost = BigInt(Math.ceil((bytes / bytesPerSecond) * 1e9));
    let start: bigint;
    for (;;) {
      const booked = Atomics.load(this.words, throttleWord);
      const now = process.hrtime.bigint();
      start = booked > now ? booked : now;
      if (Atomics.compareExchange(this.words, throttleWord, booked, start + cost) === booked) break;
    }
    while (!this.stopped) {
      const ms = Number(start - process.hrtime.bigint()) / 1e6;
      if (ms <= 0) return;
      Atomics.wait(this.words, stopWord, 0n, Math.min(ms, longestSleep));
    }
  }
}

/** What one job sees of the control: may it go on, and how far is it. */
export class JobControl {
  private bytes = 0;

  /** @param readLimit bytes a second for all workers together, null for no limit */
  constructor(
    private readonly control: Control,
    private readonly slot: number,
    private readonly readLimit: number | null,
  ) {}

  get stopped(): boolean {
    return this.control.stopped;
  }

  /** To be asked before bytes are read: waits for the read limit. False: the job is to end. */
  proceed(bytes: number): boolean {
    if (this.readLimit !== null) this.control.throttle(bytes, this.readLimit);
    return !this.control.stopped;
  }

  /**
   * @param file      index of the task
   * @param fileBytes bytes read of that file
   * @param bytes     of them since it was told last
   */
  tell(file: number, fileBytes: number, bytes: number): void {
    this.bytes += bytes;
    this.control.write(this.slot, file, fileBytes, this.bytes);
  }
}
