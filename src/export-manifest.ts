/**
 * What is remembered of an export, as those who write outputs ask for it and tell it. Types only: src/store/manifest
 * keeps it.
 */
import type { Version } from './freshness.js';
import type { TreePath } from './model.js';

/** Known by its version: whatever else lies under its name is not ours. */
export interface WrittenOutput extends Version {
  readonly name: string;
  /** tells whether it would be made of the same things now */
  readonly madeOf: string;
}

/** What was remembered when a directory was exported last. */
export interface ExportedDirectory {
  /** files that have outputs */
  readonly files: number;
  readonly outputs: number;
  /** outputs that were left alone, because somebody else made them */
  readonly leftAlone: number;
  /** of all that the outputs were made of; null: they may not be complete */
  readonly fingerprint: string | null;
  /** of the directory of the outputs; null: not known */
  readonly mtimeNs: bigint | null;
}

/** What is remembered when a directory has been exported. */
export interface SettledDirectory extends ExportedDirectory {
  /** of its files, one after the other; null: not asked for */
  readonly infohashes: Uint8Array | null;
  /** all that are there now; every other is forgotten */
  readonly written: readonly WrittenOutput[];
}

export interface ExportMemory {
  /** Null: never exported. */
  directory(path: TreePath): ExportedDirectory | null;
  /** Versions of the outputs of a directory, by name. */
  outputs(path: TreePath): ReadonlyMap<string, readonly WrittenOutput[]>;
  /** Of all exported files, by directory. */
  infohashes(): ReadonlyMap<TreePath, Uint8Array>;
  /** Files are about to be written: until it is settled, more or less than what is remembered may be there. */
  begin(path: TreePath): void;
  /** These are about to appear: from now on they are ours. */
  claim(path: TreePath, outputs: readonly WrittenOutput[]): void;
  /** The directory of the outputs is about to be made by us. */
  claimDirectory(path: TreePath): void;
  settle(path: TreePath, settled: SettledDirectory): void;
}
