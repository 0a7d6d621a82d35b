/**
 * The site: what is asked of the tree → the answer. It knows files, records and mirrors, and nothing of connections.
 */
import { wholeSeconds } from '../files/file-stat.js';
import { isStillVisible, openServed } from '../files/served-file.js';
import { type VisibleFile, VisibleTree } from '../files/visible-tree.js';
import { type ArtifactName, artifacts, type ChecksumArtifact, isChecksum } from '../formats/artifacts.js';
import { describedByLink } from '../formats/digest-headers.js';
import { nameOf } from '../formats/names.js';
import { encodePath, encodeText } from '../formats/url.js';
import { isXmlText } from '../formats/xml.js';
import { chooseMirror, type RankedMirror } from '../mirror-choice.js';
import type { TreePath } from '../model.js';
import { signatureName, split } from '../paths.js';
import type { Answer, Asked } from './answer.js';
import { fileAnswer } from './file-answer.js';
import { listingAnswer } from './listing-answer.js';
import { Listings } from './listings.js';
import { type MadeArtifact, MadeArtifacts } from './made-artifacts.js';
import { mediaTypeOf } from './media-types.js';
import { nothingThere, redirectTo, textAnswer } from './messages.js';
import { mirrorAnswer } from './mirror-answer.js';
import { wantedMetalink } from './negotiation.js';
import { distributionOf, isProof, mirrorsOf, type Publication, urlAt } from './places.js';
import {
  artifactAnswer,
  checksumAnswer,
  type Described,
  detailsAnswer,
  makeArtifact,
  notKnownYet,
} from './record-answers.js';
import type { Records } from './records.js';
import { resolve } from './resolve.js';
import { splitSuffix, type View } from './target.js';

export interface SiteSettings {
  /** of the tree: absolute, without symbolic links */
  readonly base: string;
  /** bytes; smaller files are never left to mirrors */
  readonly minRedirectSize: number;
  readonly publication: Publication;
  /** whether a front server tells where clients are: then what names mirrors is for one client */
  readonly isPlaced: boolean;
  /** as Math.random */
  readonly random: () => number;
}

/** The glance at a record, as far as an answer needs it. */
type Known = NonNullable<ReturnType<Records['glance']>>;

export class Site {
  private readonly tree: VisibleTree;
  private readonly listings: Listings;
  private readonly artifacts = new MadeArtifacts();

  constructor(
    private readonly settings: SiteSettings,
    private readonly records: Records,
  ) {
    this.tree = new VisibleTree(settings.base, (name) => splitSuffix(name) !== null);
    this.listings = new Listings(this.tree);
  }

  /** @throws the system's error when the disk fails */
  answer(asked: Asked): Answer | Promise<Answer> {
    const { target } = asked;
    const found = resolve(this.tree, target);
    switch (found.kind) {
      case 'directory':
        return this.directory(asked, found.directory.path);
      case 'slash':
        // Relative: so it leads nowhere else, and fits below any prefix of a front server.
        return redirectTo('directory', 301, `${encodeText(split(target.path).name)}/`, {});
      case 'nothing':
        return target.path === 'healthz' ? this.health() : nothingThere(asked.headers);
      case 'file':
        if (found.view === 'file') return this.file(asked, found.file);
        // The digests are asked for most, and are so short that the long look would cost a quarter of their time.
        if (!isChecksumView(found.view) && !this.isStill(found.file)) return nothingThere(asked.headers);
        if (found.view === 'mirrorlist') return this.details(asked, found.file);
        return this.artifact(asked, found.file, found.view);
    }
  }

  health(): Answer {
    const headers = { 'Cache-Control': 'no-store' };
    return this.records.isUsable
      ? textAnswer('health', 200, 'ok\n', headers)
      : textAnswer('health', 503, 'the redirector database cannot be read\n', headers);
  }

  private file(asked: Asked, file: VisibleFile): Answer {
    const { path } = file;
    const known = this.records.glance(path, versionOf(file));
    if (known !== null) {
      const metalink = wantedMetalink(asked.headers, mediaTypeOf(nameOf(path)));
      const described =
        metalink === null || !this.isStill(file) ? null : this.artifact(asked, file, metalink);
      // Where there is none of it, the file will do.
      if (described !== null && described.status !== 404)
        return varied(named(described, `${nameOf(path)}.${metalink}`));
      const elsewhere = this.elsewhere(asked, file, known);
      if (elsewhere !== null) return elsewhere;
    }
    return this.deliver(asked, file, known);
  }

  private deliver(asked: Asked, { path }: VisibleFile, known: Known | null): Answer {
    const file = openServed(this.settings.base, path);
    if (file === null) return nothingThere(asked.headers);
    // It may have been replaced after it was looked at.
    const isSame = known !== null && isOf(known, file);
    return fileAnswer(asked, {
      file,
      sha256: isSame ? known.sha256 : null,
      links: this.links(asked, path, isSame),
    });
  }

  /** Null: the file is delivered here. */
  private elsewhere(asked: Asked, file: VisibleFile, known: Known): Answer | null {
    if (file.stat.size < this.settings.minRedirectSize) return null;
    const ranked = this.mirrors(asked, file.path, known.mirrors);
    const mirror = chooseMirror(ranked, this.settings.random);
    // What is no more what it was is not delivered either.
    if (mirror === null || !this.isStill(file)) return null;
    const { sources } = distributionOf(file.path, ranked, asked.client, this.settings.publication);
    return mirrorAnswer({
      mirror,
      url: urlAt(mirror, file.path),
      sha256: known.sha256,
      sources,
      links: this.links(asked, file.path, true),
    });
  }

  private artifact(asked: Asked, file: VisibleFile, name: ArtifactName): Answer {
    if (isChecksum(name)) return this.checksum(asked, file, name);
    const version = versionOf(file);
    const made = this.made(asked, file, name);
    return made === 'unknown' ? notKnownYet(asked, name) : artifactAnswer(asked, name, made, version.mtime);
  }

  /** `unknown`: this version of the file has no record. Null: there is none of this kind. */
  private made(asked: Asked, file: VisibleFile, name: ArtifactName): MadeArtifact | null | 'unknown' {
    const dataVersion = this.records.dataVersion();
    if (dataVersion === null) return 'unknown';
    const { place, root } = asked.client;
    const { size, mtime } = versionOf(file);
    const isSigned = this.hasSignature(file.path);
    const key = JSON.stringify([name, root, place.country, place.region, size, mtime, isSigned, file.path]);
    const held = this.artifacts.get(key, { dataVersion, mirrors: this.records.mirrors() });
    if (held !== null) return held;
    const described = this.described(asked, file, artifacts[name].detail);
    if (described === null) return 'unknown';
    const made = makeArtifact(name, described);
    if (made !== null) this.artifacts.put(key, made);
    return made;
  }

  private checksum(asked: Asked, file: VisibleFile, name: ChecksumArtifact): Answer {
    const version = versionOf(file);
    const digest = this.records.digest(file.path, version, name);
    if (digest === null) return notKnownYet(asked, name);
    return checksumAnswer(asked, name, { path: file.path, digest, mtime: version.mtime });
  }

  private details(asked: Asked, file: VisibleFile): Answer {
    const { path } = asked.target;
    const isLink = asked.target.view === null ? path !== `${file.path}.mirrorlist` : path !== file.path;
    if (isLink) {
      // The page links to what lies beside the file itself.
      const up = '../'.repeat(path.split('/').length - 1) || './';
      const headers = { 'Cache-Control': 'no-cache' };
      return redirectTo('mirrorlist', 302, `${up}${encodePath(file.path)}.mirrorlist`, headers);
    }
    const described = this.described(asked, file, 'digests');
    if (described === null) return notKnownYet(asked, 'mirrorlist');
    return detailsAnswer(asked, described, this.hasSignature(file.path));
  }

  /** Null: this version of the file has no record. */
  private described(
    asked: Asked,
    file: VisibleFile,
    detail: 'digests' | 'pieces' | 'zsums',
  ): Described | null {
    const row = this.records.row(file.path, versionOf(file), detail);
    if (row === null) return null;
    const mirrors = this.mirrors(asked, file.path, row.mirrors);
    return {
      // A record holds the text of a signature, whoever may read the file that it came from.
      file: this.hasSignature(file.path) ? row.file : { ...row.file, signature: null },
      distribution: distributionOf(file.path, mirrors, asked.client, this.settings.publication),
      mirrors,
      isPersonal: this.settings.isPlaced && mirrors.length > 0,
    };
  }

  private async directory(asked: Asked, path: TreePath): Promise<Answer> {
    const entries = await this.listings.get(path);
    const answer = entries === null ? null : listingAnswer(asked, entries, this.records);
    return answer ?? nothingThere(asked.headers);
  }

  private mirrors({ client }: Asked, path: TreePath, ids: string): readonly RankedMirror[] {
    return isProof(nameOf(path)) ? [] : mirrorsOf(ids, this.records.mirrors(), client);
  }

  /** Values of `Link`: what describes the file. */
  private links({ client }: Asked, path: TreePath, isKnown: boolean): readonly string[] {
    if (client.root === null) return [];
    const self = client.root + encodePath(path);
    return [
      // XML cannot hold every name.
      ...(isKnown && isXmlText(nameOf(path)) ? [describedByLink(self, 'meta4')] : []),
      ...(isKnown ? [describedByLink(self, 'torrent')] : []),
      ...(this.hasSignature(path) ? [describedByLink(self, 'asc')] : []),
    ];
  }

  private isStill(file: VisibleFile): boolean {
    return isStillVisible(this.settings.base, file);
  }

  private hasSignature(path: TreePath): boolean {
    const { directory, name } = split(path);
    return this.tree.look(directory, signatureName(name))?.kind === 'file';
  }
}

function versionOf({ stat }: Pick<VisibleFile, 'stat'>): { readonly size: number; readonly mtime: number } {
  return { size: stat.size, mtime: wholeSeconds(stat) };
}

function isOf(known: Known, file: VisibleFile): boolean {
  const { size, mtime } = versionOf(file);
  return known.size === size && known.mtime === mtime;
}

function isChecksumView(view: View): boolean {
  return view !== 'file' && view !== 'mirrorlist' && isChecksum(view);
}

/** Says what stands in the place of the file: aria2 keeps it by the URL's name else, where the file is to go. */
function named(answer: Answer, name: string): Answer {
  const disposition = `attachment; filename*=UTF-8''${encodeText(name)}`;
  return { ...answer, headers: { ...answer.headers, 'Content-Disposition': disposition } };
}

function varied(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, Vary: 'Accept' } };
}
