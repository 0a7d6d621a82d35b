/** Records as text, so that a difference can be read, and equal bytes are equal whoever holds them. */
import type { CachedFile } from '../../../src/freshness.js';
import type { FileRecord } from '../../../src/model.js';

export function spelled(record: FileRecord | null): string | null {
  if (record === null) return null;
  const { path, size, mtimeNs, inode, pieces, signature } = record;
  const sums = [digestsOf(record), pieces.length, hex(pieces.sha1), zsyncText(record)];
  const beside = signature === null ? null : [signature.size, String(signature.mtimeNs), signature.text];
  return JSON.stringify([path, size, String(mtimeNs), String(inode), sums, beside]);
}

function zsyncText({ zsync }: FileRecord): string | null {
  if (zsync === null) return null;
  const { sequence, rsum, checksum } = zsync.hashLengths;
  return [zsync.blockSize, sequence, rsum, checksum, hex(zsync.sums)].join(' ');
}

type Digested = Pick<FileRecord, 'md5' | 'sha1' | 'sha256' | 'btih'>;

export function digestsOf({ md5, sha1, sha256, btih }: Digested): string {
  return [md5, sha1, sha256, btih].map(hex).join(' ');
}

/** A record without what is large. */
export function glance(record: FileRecord): FileRecord {
  const nothing = new Uint8Array(0);
  const { pieces, zsync } = record;
  return {
    ...record,
    pieces: { ...pieces, sha1: nothing },
    zsync: zsync === null ? null : { ...zsync, sums: nothing },
  };
}

/** What the freshness of a file is judged by. */
export function freshnessText(name: string, file: CachedFile & { readonly sequence: number }): string {
  const { sequence, size, mtimeNs, inode, pieceLength, zsyncBlockSize, signature, adopted } = file;
  const payload = [sequence, size, mtimeNs, inode, pieceLength, zsyncBlockSize, adopted];
  return [name, ...payload, signature?.size, signature?.mtimeNs].join(' ');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
