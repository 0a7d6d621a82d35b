/** A list of exported files on the disk, of two roots, with those who use it: exports, runs that ask what is ours. */
import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { Manifest } from '../../../src/store/manifest.js';
import { ownOutputsOf } from '../../../src/store/own-outputs.js';
import { ManifestModel, manifestView, modelView, noDirectory } from './manifest-model.js';
import { directoryPaths } from './paths.js';
import { Scratch } from './scratch.js';

export type Models = readonly [ManifestModel, ManifestModel];

const roots = ['/out', '/Out'] as const;
const paths = [...directoryPaths, noDirectory, 'never'];

export class RealManifest {
  readonly model: Models = [new ManifestModel(), new ManifestModel()];
  private readonly scratch = new Scratch();
  private readonly file = join(this.scratch.directory, 'exports.db');
  private readonly own = roots.map((root) => ownOutputsOf(this.file, root));
  private readonly manifests = roots.map((root) => Manifest.openForWriting(this.file, root));

  of(root: number): Manifest {
    return this.manifests[root] as Manifest;
  }

  reopen(root: number): void {
    this.of(root).close();
    this.manifests[root] = Manifest.openForWriting(this.file, roots[root] as string);
  }

  /** What lies on the disk at this moment is what an export that is killed leaves. */
  copyAsKilled(root: number): void {
    const copy = this.scratch.copyOf(this.file);
    const manifest = Manifest.openForReading(copy, roots[root] as string);
    this.compare(manifest, root, copy);
    manifest.close();
  }

  check(): void {
    for (const [root, manifest] of this.manifests.entries()) this.compare(manifest, root, null);
  }

  end(): void {
    for (const manifest of this.manifests) manifest.close();
    this.scratch.end();
  }

  private compare(manifest: Manifest, root: number, copy: string | null): void {
    const own = copy === null ? this.own[root] : ownOutputsOf(copy, roots[root] as string);
    if (own === undefined) throw new RangeError('no such root');
    deepStrictEqual(manifestView(manifest, own, paths), modelView(this.model[root] as ManifestModel, paths));
  }
}
