/**
 * MD4 (RFC 1320) of short blocks, for zsync.
 *
 * Node's own crypto has none: OpenSSL 3 leaves MD4 out by default. This one is hash-wasm's WebAssembly. MD4
 * is broken as a cryptographic hash; it is here because zsync's format asks for it, and for nothing else.
 */

/** The 16 bytes of a block's MD4. */
export type Md4 = (block: Uint8Array) => Uint8Array;

let loading: Promise<Md4> | undefined;

/** Loads MD4, once per thread: every call answers the same function, which many files may share. */
export function loadMd4(): Promise<Md4> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Md4> {
  const { createMD4 } = await import('hash-wasm');
  const hasher = await createMD4();
  return (block) => hasher.init().update(block).digest('binary');
}
