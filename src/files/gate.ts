/**
 * A gate that one thread of all at a time goes through, for work that is done at once: nothing in it waits.
 */

/** Milliseconds after which a thread goes through anyway: who was in there has died. */
const patience = 10_000;

export class Gate {
  private readonly words: Int32Array;

  /** @param memory as made by `allocate`, on either side of the thread */
  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  }

  through<T>(work: () => T): T {
    const end = performance.now() + patience;
    while (Atomics.compareExchange(this.words, 0, 0, 1) !== 0 && performance.now() < end)
      Atomics.wait(this.words, 0, 1, patience);
    try {
      return work();
    } finally {
      Atomics.store(this.words, 0, 0);
      Atomics.notify(this.words, 0, 1);
    }
  }
}
