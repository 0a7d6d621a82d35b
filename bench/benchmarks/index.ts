/**
 * All benchmarks, in the order in which they run and are told.
 */
import type { Benchmark } from '../benchmark.js';
import { exported } from './exported.js';
import { firstSync } from './first-sync.js';
import { laterSync } from './later-sync.js';
import { manyLarge } from './many-large.js';
import { oneFileDirectories } from './one-file-directories.js';
import { oneLarge } from './one-large.js';
import { servedHashes } from './served-hashes.js';
import { servedLarge } from './served-large.js';
import { small } from './small.js';
import { sparse } from './sparse.js';
import { startUp } from './start-up.js';
import { warm } from './warm.js';

export const benchmarks: readonly Benchmark[] = [
  startUp,
  manyLarge,
  oneLarge,
  small,
  oneFileDirectories,
  warm,
  exported,
  servedHashes,
  servedLarge,
  firstSync,
  laterSync,
  sparse,
];
