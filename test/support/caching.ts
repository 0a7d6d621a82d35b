import { onTestFinished } from 'vitest';
import type { FileRecord } from '../../src/model.js';
import { Cache } from '../../src/store/cache.js';
import { recordOf } from './records.js';

/** A cache that is closed when the test has ended. */
export function openCache(file: string): Cache {
  const cache = Cache.open(file);
  onTestFinished(() => cache.close());
  return cache;
}

export function put(cache: Cache, ...records: readonly FileRecord[]): void {
  cache.apply(records.map((record) => ({ kind: 'put', record })));
}

export function putPaths(cache: Cache, ...paths: readonly string[]): void {
  put(cache, ...paths.map((path) => recordOf(path)));
}

/** @returns how many were there */
export function removePaths(cache: Cache, ...paths: readonly string[]): number {
  return cache.remove(paths.flatMap((path) => cache.fileAt(path) ?? []));
}

/** The number and the path of each record that changed after a number. */
export function changed(cache: Cache, after: number): readonly (readonly [number, string])[] {
  return cache.changesAfter(after, 1000, 1e9).map(({ sequence, record }) => [sequence, record.path] as const);
}
