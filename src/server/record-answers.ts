/**
 * Answers that are made of a file's record: artifacts, and the page about the file.
 */
import { hash } from 'node:crypto';
import {
  type ArtifactName,
  artifactNames,
  artifacts,
  type ChecksumArtifact,
  checksumText,
} from '../formats/artifacts.js';
import type { Distribution } from '../formats/distribution.js';
import { magnet } from '../formats/magnet.js';
import type { RankedMirror } from '../mirror-choice.js';
import type { Published, TreePath } from '../model.js';
import type { Answer, AnswerKind, Asked } from './answer.js';
import { madeAnswer } from './made-answer.js';
import type { MadeArtifact } from './made-artifacts.js';
import { messageAnswer } from './messages.js';
import { detailsPage, pageHeaders } from './pages/index.js';
import { urlAt } from './places.js';

/** One version of a file, as one client is told of it. */
export interface Described {
  readonly file: Published;
  readonly distribution: Distribution;
  /** those that have the file, nearest first */
  readonly mirrors: readonly RankedMirror[];
  /** whether another client would be told other places */
  readonly isPersonal: boolean;
}

export interface KnownDigest {
  readonly path: TreePath;
  readonly digest: Uint8Array;
  /** of the file, whole seconds since 1970 */
  readonly mtime: number;
}

/** Seconds after which asking again may help: a run finds new files within hours, mostly. */
const retryAfter = 600;

/** Null: this file has none of this kind. */
export function makeArtifact(name: ArtifactName, described: Described): MadeArtifact | null {
  const { file, distribution, isPersonal } = described;
  const made = artifacts[name].make(file, distribution);
  if (made === null) return null;
  const bytes = typeof made === 'string' ? Buffer.from(made) : made;
  return { bytes, tag: hash('sha1', bytes, 'base64url'), isPersonal };
}

/** @param mtime of the file, whole seconds since 1970 */
export function artifactAnswer(
  asked: Asked,
  name: ArtifactName,
  made: MadeArtifact | null,
  mtime: number,
): Answer {
  if (made === null) {
    const message = `There is no .${name} of this file.`;
    return messageAnswer({ kind: name, status: 404, message }, asked.headers);
  }
  return madeAnswer(asked, {
    kind: name,
    ...made,
    headers: { 'Content-Type': artifacts[name].mediaType, 'X-Content-Type-Options': 'nosniff' },
    mtime,
  });
}

/** What any other artifact is answered as, but of the digest alone: these are asked for most. */
export function checksumAnswer(asked: Asked, name: ChecksumArtifact, known: KnownDigest): Answer {
  const bytes = checksumText(known.digest, known.path);
  return madeAnswer(asked, {
    kind: name,
    bytes,
    // Nearly all of an MD5 in hex, or as much of another digest.
    tag: bytes.slice(0, 32),
    headers: { 'Content-Type': artifacts[name].mediaType, 'X-Content-Type-Options': 'nosniff' },
    mtime: known.mtime,
    isPersonal: false,
  });
}

/** @param described the large sums are not looked at */
export function detailsAnswer(asked: Asked, described: Described, hasSignatureFile: boolean): Answer {
  const { file, distribution, mirrors, isPersonal } = described;
  const page = detailsPage({
    file,
    artifacts: artifactNames.filter((name) => artifacts[name].make(file, distribution) !== null),
    hasSignatureFile,
    magnet: magnet(file, distribution),
    mirrors: mirrors.map(({ mirror, nearness }) => ({
      identifier: mirror.identifier,
      url: urlAt(mirror, file.path),
      country: mirror.country,
      region: mirror.region,
      nearness,
    })),
  });
  return madeAnswer(asked, {
    kind: 'mirrorlist',
    bytes: page,
    headers: pageHeaders,
    mtime: null,
    isPersonal,
  });
}

/** Never a stale hash: this version of the file was not hashed yet. */
export function notKnownYet(asked: Asked, kind: AnswerKind): Answer {
  return messageAnswer(
    {
      kind,
      status: 404,
      message: 'This version of the file is not known yet. Please try again later.',
      headers: { 'Retry-After': retryAfter },
    },
    asked.headers,
  );
}
