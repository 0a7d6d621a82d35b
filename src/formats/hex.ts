/**
 * Digests in text formats.
 */

/** Lower-case hex. */
export function hex({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('hex');
}

export function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64');
}

/** The SHA-1 of each piece in hex. @param sha1 20 bytes a piece */
export function pieceHashes(sha1: Uint8Array): readonly string[] {
  const digits = hex(sha1);
  return Array.from({ length: sha1.length / 20 }, (_, piece) => digits.slice(piece * 40, piece * 40 + 40));
}
