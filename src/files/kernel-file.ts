/**
 * Loads the kernel of src/hash from the file that `npm run build` makes of workers/simd.
 *
 * Once per thread: its memory is some 17 MiB. What it computes is not known here.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../errors.js';
import { createKernel, type Kernel } from '../hash/kernel.js';

// From the sources too (under vitest, say), it is the built file: nothing but a build makes one.
const built = import.meta.url.endsWith('.ts') ? '../../dist/workers' : '../../workers';
const file = fileURLToPath(new URL(`${built}/simd/kernel.wasm`, import.meta.url));

let kernel: Kernel | undefined;

/**
 * Every call answers the same kernel, which many files may share.
 *
 * @throws Error when the file is missing or is no such module
 */
export function loadKernel(): Kernel {
  kernel ??= createKernel(new WebAssembly.Module(readModule()));
  return kernel;
}

function readModule(): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${file} cannot be read (run npm run build): ${reasonOf(error)}`);
  }
}
