/**
 * Picks up a detached OpenPGP signature (`NAME.asc`).
 *
 * Only its armour is looked at (RFC 9580, section 6.2): whether the signature is good is for the client.
 */
import { systemCode } from '../errors.js';
import type { FileStat, FileTask, Signature } from '../model.js';
import { signatureName } from '../paths.js';
import { lstatIn, toFileStat } from './file-stat.js';
import { type ReadOutcome, readStable } from './read.js';
import type { TreeDirectory } from './tree-directory.js';

/** bytes; a detached signature is a few hundred, anything above is something else */
export const largestSignature = 64 * 1024;

const firstLine = /^-----BEGIN PGP SIGNATURE-----[ \t]*\r?\n/;
const lastLine = /\n-----END PGP SIGNATURE-----\s*$/;

/**
 * Reads `name` and tells what it holds. A file that is no signature is remembered as such (`text` null), so
 * that it is not read again until it changes.
 */
export function readSignature(
  directory: TreeDirectory,
  name: string,
  stat: FileStat,
): { readonly signature: Signature } | { readonly outcome: ReadOutcome } {
  const version = { size: stat.size, mtimeNs: stat.mtimeNs };
  if (stat.size > largestSignature) return { signature: { ...version, text: null } };
  const content = Buffer.alloc(stat.size);
  let filled = 0;
  const outcome = readStable(directory, name, stat, {
    buffer: new Uint8Array(Math.max(1, stat.size)),
    consume: (chunk) => {
      content.set(chunk, filled);
      filled += chunk.length;
    },
    proceed: () => true,
  });
  if (outcome.status !== 'complete') return { outcome };
  return { signature: { ...version, text: signatureText(content) } };
}

/**
 * The signature of a task's file. Undefined: it stays as it was. One that cannot be read now is tried again in the next
 * run; the sums of the file are not thrown away for it.
 */
export function pickUpSignature(directory: TreeDirectory, task: FileTask): Signature | null | undefined {
  if (task.signature === 'keep') return undefined;
  if (task.signature === 'none') return null;
  const name = signatureName(task.name);
  const untouched = task.payload === 'read' ? null : undefined;
  try {
    const found = lstatIn(directory, name);
    if (!found?.isFile()) return null;
    const read = readSignature(directory, name, toFileStat(found));
    return 'signature' in read ? read.signature : untouched;
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return untouched;
  }
}

/** The text of an armoured detached signature, exactly as it stands in the file; null for anything else. */
export function signatureText(content: Buffer): string | null {
  const text = content.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(content)) return null;
  if (text.includes('\0')) return null;
  return firstLine.test(text) && lastLine.test(text) ? text : null;
}
