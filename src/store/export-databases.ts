/**
 * What an export asks of the cache and of the manifest, for threads: each is opened by the first question, because an
 * error of the start of a thread has nobody to tell. The manifest is opened for writing when there is something to write.
 */
import type { CachedDirectory } from '../examine.js';
import type { ExportedDirectory, ExportMemory, SettledDirectory, WrittenOutput } from '../export-manifest.js';
import type { Detail } from '../formats/artifacts.js';
import type { Published, TreePath } from '../model.js';
import { CacheReader, type FileDigests } from './cache-reader.js';
import { Manifest } from './manifest.js';
import { databaseExists } from './open.js';
import { toPublished, toRow } from './redirector.js';

export interface ExportFiles {
  readonly cacheFile: string;
  readonly manifestFile: string;
  /** absolute path of the root of the outputs */
  readonly out: string;
}

export class ExportDatabases {
  readonly memory: ExportMemory;
  private cache: CacheReader | null = null;

  constructor(private readonly files: ExportFiles) {
    this.memory = new ManifestMemory(files);
  }

  cached(path: TreePath): CachedDirectory {
    return this.reader().directory(path);
  }

  published(path: TreePath, sequence: number, detail: Detail): Published | null {
    const record = this.reader().recordOf(path, sequence, detail === 'digests' ? 'glance' : 'all');
    return record === null ? null : toPublished(toRow(record));
  }

  digests(directory: TreePath): ReadonlyMap<string, FileDigests> {
    return this.reader().digests(directory);
  }

  private reader(): CacheReader {
    this.cache ??= CacheReader.open(this.files.cacheFile);
    return this.cache;
  }
}

/** Reading never waits for a thread that writes, so there are two connections. */
class ManifestMemory implements ExportMemory {
  private reader: Manifest | null = null;
  private writer: Manifest | null = null;

  constructor(private readonly files: ExportFiles) {}

  directory(path: TreePath): ExportedDirectory | null {
    return this.forReading()?.directory(path) ?? null;
  }

  outputs(path: TreePath): ReadonlyMap<string, readonly WrittenOutput[]> {
    return this.forReading()?.outputs(path) ?? new Map();
  }

  infohashes(): ReadonlyMap<TreePath, Uint8Array> {
    return this.forReading()?.infohashes() ?? new Map();
  }

  begin(path: TreePath): void {
    this.forWriting().begin(path);
  }

  claim(path: TreePath, outputs: readonly WrittenOutput[]): void {
    this.forWriting().claim(path, outputs);
  }

  claimDirectory(path: TreePath): void {
    this.forWriting().claimDirectory(path);
  }

  settle(path: TreePath, settled: SettledDirectory): void {
    this.forWriting().settle(path, settled);
  }

  /** Null while nothing was ever exported: a dry run makes no manifest. */
  private forReading(): Manifest | null {
    const { manifestFile, out } = this.files;
    if (this.reader === null && databaseExists(manifestFile)) {
      this.reader = Manifest.openForReading(manifestFile, out);
    }
    return this.reader;
  }

  private forWriting(): Manifest {
    const { manifestFile, out } = this.files;
    this.writer ??= Manifest.openForWriting(manifestFile, out);
    return this.writer;
  }
}
