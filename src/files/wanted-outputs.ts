/**
 * Which outputs a directory should have, and of what each is made. It makes bytes only when they are asked for, and
 * writes nothing.
 */
import { createHash } from 'node:crypto';
import { type Artifact, type ArtifactName, artifacts, type Detail } from '../formats/artifacts.js';
import { directorySums, type NamedDigests, sumsFiles } from '../formats/directory-sums.js';
import type { Distribution } from '../formats/distribution.js';
import { allowlistName } from '../formats/export-formats.js';
import { trackerAllowlist } from '../formats/tracker-allowlist.js';
import { urlOf } from '../formats/url.js';
import type { Published, TreePath } from '../model.js';
import { join } from '../paths.js';
import type { ExportSettings } from './export-jobs.js';

/** A file that is exported. */
export interface Source {
  readonly name: string;
  /** version of its record */
  readonly sequence: number;
  /** whether its record has a signature that not everybody may see */
  readonly isUnsigned: boolean;
}

export interface WantedOutput {
  readonly name: string;
  /** changes when its bytes may */
  readonly madeOf: string;
  /** whether it names several files */
  readonly isList: boolean;
  /** Null: there is none of this kind. Asked for in the order of the outputs. */
  readonly make: () => Uint8Array | null;
}

/** Digests of a file, all that most artifacts need. */
export interface FileDigests extends NamedDigests {
  /** BitTorrent infohash, 20 bytes */
  readonly btih: Uint8Array;
}

/** What is asked of the records. */
export interface ExportRecords {
  /** Null when the record is gone meanwhile. @param detail what is large is read for those that need it */
  published(path: TreePath, sequence: number, detail: Detail): Published | null;
  /** Of all records in a directory. */
  digests(directory: TreePath): ReadonlyMap<string, FileDigests>;
}

/** What all outputs of an export have in common, besides the records. */
export function fingerprintOf({ formats, sumsStyle, publication, version }: ExportSettings): string {
  return shortDigest(JSON.stringify([version, formats, sumsStyle, publication]));
}

/** Of the files that a directory's own outputs are made of. */
export function fingerprintOfSources(settings: string, sources: readonly Source[]): string {
  const names = sources.map((source) => `${versionOf(source)} ${source.name}`);
  return shortDigest([settings, ...names].join('\0'));
}

export class WantedOutputs {
  /** the last record that was asked for: several outputs in a row are made of it */
  private held: { readonly path: TreePath; readonly file: Published | null } | null = null;
  private readonly detail: Detail;

  constructor(
    private readonly settings: ExportSettings,
    private readonly fingerprint: string,
    private readonly records: ExportRecords,
  ) {
    const details = settings.formats.sidecars.map((name) => artifacts[name].detail);
    this.detail = (['zsums', 'pieces'] as const).find((detail) => details.includes(detail)) ?? 'digests';
  }

  /** @param sources of the directory, in any order */
  *of(directory: TreePath, sources: readonly Source[]): Generator<WantedOutput> {
    const { formats, sumsStyle } = this.settings;
    if (sources.length === 0) return;
    const madeOf = fingerprintOfSources(this.fingerprint, sources);
    for (const format of formats.sums) {
      const make = (): Uint8Array =>
        Buffer.from(directorySums(format, this.digestsOf(directory, sources), sumsStyle));
      yield { name: sumsFiles[format].name, madeOf, isList: true, make };
    }
    for (const source of sources) {
      for (const format of formats.sidecars) {
        yield {
          name: sidecarName(source.name, format),
          madeOf: `${this.fingerprint} ${versionOf(source)}`,
          isList: false,
          make: () => this.sidecar(join(directory, source.name), source, artifacts[format]),
        };
      }
    }
  }

  /** The list for trackers. @param infohashes packed, of all directories */
  *allowlist(infohashes: readonly Uint8Array[]): Generator<WantedOutput> {
    if (!this.settings.formats.allowlist) return;
    const bytes = Buffer.from(trackerAllowlist(infohashes));
    const madeOf = createHash('sha256').update(bytes).digest('hex');
    yield { name: allowlistName, madeOf, isList: true, make: () => bytes };
  }

  /** Names that files would have beside them, or had with other formats. */
  sidecarsOf(names: readonly string[]): ReadonlySet<string> {
    const formats = Object.keys(artifacts) as readonly ArtifactName[];
    return new Set(names.flatMap((name) => formats.map((format) => sidecarName(name, format))));
  }

  /** Of the names of files, those that outputs could have. */
  mayBeOutputs(names: readonly string[]): ReadonlySet<string> {
    const sums: readonly string[] = Object.values(sumsFiles).map(({ name }) => name);
    return new Set(names.filter((name) => sums.includes(name) || suffixOfSidecar.test(name)));
  }

  /** Infohashes of the files, one after the other. */
  infohashes(directory: TreePath, sources: readonly Source[]): Uint8Array {
    return Buffer.concat(this.digestsOf(directory, sources).map(({ btih }) => btih));
  }

  private digestsOf(directory: TreePath, sources: readonly Source[]): readonly FileDigests[] {
    const digests = this.records.digests(directory);
    return sources.flatMap(({ name }) => digests.get(name) ?? []);
  }

  private sidecar(path: TreePath, { sequence, isUnsigned }: Source, artifact: Artifact): Uint8Array | null {
    if (this.held?.path !== path) {
      const file = this.records.published(path, sequence, this.detail);
      this.held = { path, file: file !== null && isUnsigned ? { ...file, signature: null } : file };
    }
    const { file } = this.held;
    const made = file === null ? null : artifact.make(file, this.distributionOf(path));
    return typeof made === 'string' ? Buffer.from(made) : made;
  }

  private distributionOf(path: TreePath): Distribution {
    const { baseUrl, mirrorUrls, ...rest } = this.settings.publication;
    const here = baseUrl === null ? [] : [baseUrl];
    const places = mirrorUrls.length > 0 ? mirrorUrls : here;
    // Metalinks name the torrent beside the file, so there must be one.
    const hasTorrent = this.settings.formats.sidecars.includes('torrent');
    return {
      ...rest,
      self: baseUrl !== null && hasTorrent ? urlOf(baseUrl, path) : null,
      sources: places.map((prefix) => ({ url: urlOf(prefix, path), country: null })),
    };
  }
}

const suffixOfSidecar = new RegExp(`\\.(?:${Object.keys(artifacts).join('|')})$`);

function versionOf({ sequence, isUnsigned }: Source): string {
  return isUnsigned ? `${sequence} unsigned` : `${sequence}`;
}

function sidecarName(name: string, format: ArtifactName): string {
  return `${name}.${format}`;
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
