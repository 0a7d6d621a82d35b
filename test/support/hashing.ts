import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { Control, JobControl } from '../../src/files/control.js';
import { infohash } from '../../src/formats/infohash.js';
import type { Kernel } from '../../src/hash/kernel.js';
import { ZsumsHash } from '../../src/hash/zsums.js';
import { formatHashLengths } from '../../src/hash/zsync-lengths.js';
import type { FileRecipe, FileTask, Sums } from '../../src/model.js';
import { hex, type Vector } from '../hash/content.js';
import { statFile } from './listing.js';

export const MiB = 1024 * 1024;

const longAgo = new Date('2024-02-29T12:34:56.789Z');

/** Writes an old file. */
export function writeOld(file: string, content: Uint8Array): void {
  writeFileSync(file, content);
  utimesSync(file, longAgo, longAgo);
}

/** To read a file that is there. */
export function taskOf(base: string, name: string, recipe: FileRecipe): FileTask {
  return {
    name,
    stat: statFile(`${base}/${name}`),
    recipe,
    reason: 'new',
    payload: 'read',
    signature: 'none',
  };
}

/** All sums of a content, by node:crypto; zsync's in one go. */
export function sumsOf(
  content: Uint8Array,
  { pieceLength, zsyncBlockSize }: FileRecipe,
  kernel: Kernel,
): Sums {
  const digest = (name: string, bytes = content) => new Uint8Array(createHash(name).update(bytes).digest());
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += pieceLength)
    pieces.push(digest('sha1', content.subarray(at, at + pieceLength)));
  const zsums = zsyncBlockSize === null ? null : new ZsumsHash(content.length, zsyncBlockSize, kernel);
  zsums?.update(content);
  return {
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    pieces: { length: pieceLength, sha1: new Uint8Array(Buffer.concat(pieces)) },
    zsync: zsums?.finish() ?? null,
  };
}

/** Sums in the form of a golden vector. */
export function asVector(name: string, size: number, sums: Sums): Vector {
  const { md5, sha1, sha256, pieces, zsync } = sums;
  const sha1Of = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');
  return {
    name,
    size,
    md5: hex(md5),
    sha1: hex(sha1),
    sha256: hex(sha256),
    pieceLength: pieces.length,
    pieceCount: pieces.sha1.length / 20,
    sha1OfPieces: sha1Of(pieces.sha1),
    btihMirrorBrain: hex(infohash({ name, size, sums })),
    ...(zsync && {
      zsync: {
        blocksize: zsync.blockSize,
        hashLengths: formatHashLengths(zsync.hashLengths),
        bodyLength: zsync.sums.length,
        sha1OfBody: sha1Of(zsync.sums),
      },
    }),
  };
}

/** A control that lets something happen after each chunk that is told of. */
export class WatchedControl extends JobControl {
  constructor(
    private readonly onTold: (file: number, fileBytes: number) => void = () => {},
    control = Control.allocate(1),
  ) {
    super(control, 0, null);
  }

  override tell(file: number, fileBytes: number, bytes: number): void {
    super.tell(file, fileBytes, bytes);
    this.onTold(file, fileBytes);
  }
}

/** What lies below a directory and is open in this process. */
export function openBelow(directory: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${descriptor}`);
      return file.startsWith(directory) ? [file] : [];
    } catch {
      return [];
    }
  });
}
