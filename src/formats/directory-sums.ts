/**
 * Checksum files of a whole directory (`SHA256SUMS` and its like), in the order of the names' bytes.
 *
 * They are what `sha256sum * > SHA256SUMS` writes in the C locale: any checker reads them, and a signature over them
 * stays valid as long as the directory does not change.
 */
import type { Digests } from '../model.js';
import { bsdLine, type ChecksumName, gnuLine } from './checksums.js';

interface SumsFile {
  /** its name in the directory */
  readonly name: string;
  readonly algorithm: ChecksumName;
  readonly digest: keyof Digests;
}

export const sumsFiles = {
  sha256sums: { name: 'SHA256SUMS', algorithm: 'SHA256', digest: 'sha256' },
  sha1sums: { name: 'SHA1SUMS', algorithm: 'SHA1', digest: 'sha1' },
  md5sums: { name: 'MD5SUMS', algorithm: 'MD5', digest: 'md5' },
} as const satisfies Record<string, SumsFile>;

export type SumsFormat = keyof typeof sumsFiles;

export interface NamedDigests extends Digests {
  /** a file's own name, without directories */
  readonly name: string;
}

/**
 * @param files of one directory, in any order
 * @param style `bsd`: as `sha256sum --tag` writes it
 */
export function directorySums(
  format: SumsFormat,
  files: readonly NamedDigests[],
  style: 'gnu' | 'bsd',
): string {
  const { algorithm, digest } = sumsFiles[format];
  return [...files]
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .map((file) =>
      style === 'gnu' ? gnuLine(file[digest], file.name) : bsdLine(algorithm, file[digest], file.name),
    )
    .join('');
}
