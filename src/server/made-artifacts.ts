/**
 * The last large artifacts that were made, for the day of a release, when thousands ask for the same few.
 *
 * They stand for as long as nobody has written to the database and the mirrors are the same: what they are made of, but
 * for the client and the version of the file, which are in the key.
 */

export interface MadeArtifact {
  readonly bytes: Uint8Array;
  readonly tag: string;
  readonly isPersonal: boolean;
}

/** What all of them depend on: two are the same when all values are. */
export interface MadeOf {
  readonly dataVersion: number;
  /** by identity */
  readonly mirrors: object;
}

/** Bytes: smaller ones are made as fast as they are found. */
const smallest = 16 * 1024;
const mostBytes = 16 * 1024 * 1024;

export class MadeArtifacts {
  private readonly held = new Map<string, MadeArtifact>();
  private heldBytes = 0;
  private madeOf: MadeOf | null = null;

  get(key: string, madeOf: MadeOf): MadeArtifact | null {
    if (madeOf.dataVersion !== this.madeOf?.dataVersion || madeOf.mirrors !== this.madeOf.mirrors) {
      this.clear();
      this.madeOf = madeOf;
    }
    return this.held.get(key) ?? null;
  }

  /** To be called in the turn of the event loop in which `get` found nothing. */
  put(key: string, made: MadeArtifact): void {
    const { length } = made.bytes;
    if (length < smallest || length > mostBytes) return;
    if (this.heldBytes + length > mostBytes) this.clear();
    this.held.set(key, made);
    this.heldBytes += length;
  }

  private clear(): void {
    this.held.clear();
    this.heldBytes = 0;
  }
}
