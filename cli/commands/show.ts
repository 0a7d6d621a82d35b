/**
 * `mirrorhash show`: all that is known about one file.
 */
import {
  type FileRecord,
  formatHashLengths,
  inspectFile,
  MirrorhashError,
  signatureName,
  split,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { findTarget, Locator, loadConfig } from '../locate.js';
import type { CommonOptions } from '../options.js';
import { bytes, count, counted, jsonLine, printable } from '../text.js';

export async function show(file: string, options: CommonOptions, context: Context): Promise<number> {
  const locator = new Locator(await loadConfig(options, context, []), options, context);
  const target = findTarget(file, context.cwd);
  const { tree, path } = locator.treeOf(target);
  const found = locator.withCache(tree, (cache) => inspectFile(cache, tree.place.base, path));
  if (found.state !== 'current') {
    const why = found.state === 'stale' ? `has no valid record: ${found.why}` : 'is not cached';
    throw new MirrorhashError('NOT_CACHED', `${target.path} ${why}`, {
      hint: 'run mirrorhash hash on it, then try again',
    });
  }
  const { record } = found;
  context.stdout.write(options.json ? `${jsonLine(toJson(record))}\n` : toText(record));
  return 0;
}

/** The contract's shape. */
function toJson({ path, size, mtimeNs, pieces, zsync, signature, ...digests }: FileRecord): object {
  return {
    path,
    size,
    mtime: isoTime(mtimeNs),
    md5: hex(digests.md5),
    sha1: hex(digests.sha1),
    sha256: hex(digests.sha256),
    pieces: { length: pieces.length, sha1: pieceHashes(pieces.sha1) },
    btih: hex(digests.btih),
    zsync:
      zsync === null
        ? null
        : {
            blocksize: zsync.blockSize,
            hashLengths: formatHashLengths(zsync.hashLengths),
            sums: Buffer.from(zsync.sums).toString('base64'),
          },
    pgp:
      textOf(signature) === null
        ? null
        : { name: signatureName(split(path).name), signature: textOf(signature) },
  };
}

function toText(record: FileRecord): string {
  const { path, size, mtimeNs, pieces, zsync, signature } = record;
  const lines: [string, string][] = [
    ['path', printable(path)],
    ['size', size < 1024 ? `${size}` : `${size} (${bytes(size)})`],
    ['mtime', isoTime(mtimeNs)],
    ['md5', hex(record.md5)],
    ['sha1', hex(record.sha1)],
    ['sha256', hex(record.sha256)],
    ['pieces', `${count(pieces.sha1.length / 20)} of ${bytes(pieces.length)}`],
    ['btih', hex(record.btih)],
    ['zsync', zsync === null ? 'none' : zsyncText(zsync)],
    [
      'pgp',
      textOf(signature) === null
        ? 'none'
        : `detached signature in ${printable(signatureName(split(path).name))}`,
    ],
  ];
  return lines.map(([key, value]) => `${key.padEnd(8)}${value}\n`).join('');
}

function zsyncText({ blockSize, hashLengths, sums }: NonNullable<FileRecord['zsync']>): string {
  const blocks = sums.length / (hashLengths.rsum + hashLengths.checksum);
  return `${counted(blocks, 'block')} of ${bytes(blockSize)}, hash lengths ${formatHashLengths(hashLengths)}`;
}

function textOf(signature: FileRecord['signature']): string | null {
  return signature?.text ?? null;
}

function pieceHashes(sha1: Uint8Array): readonly string[] {
  return Array.from({ length: sha1.length / 20 }, (_, index) =>
    hex(sha1.subarray(index * 20, index * 20 + 20)),
  );
}

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}

/** ISO 8601 in UTC with nine digits of a second. */
function isoTime(ns: bigint): string {
  const second = 1_000_000_000n;
  const fraction = ((ns % second) + second) % second;
  const whole = new Date(Number((ns - fraction) / second) * 1000).toISOString().slice(0, -5);
  return `${whole}.${String(fraction).padStart(9, '0')}Z`;
}
