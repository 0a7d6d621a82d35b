/**
 * Summaries of several trees as one. PURE.
 */
import { emptySummary, type Summary, type SyncResult } from '../src/index.js';

export function mergeSummaries(summaries: readonly Summary[]): Summary {
  return summaries.reduce(
    (sum, next) => ({
      files: addUp(sum.files, next.files),
      directories: addUp(sum.directories, next.directories),
      bytes: addUp(sum.bytes, next.bytes),
      seconds: sum.seconds + next.seconds,
      sync: mergeSync(sum.sync, next.sync),
    }),
    emptySummary,
  );
}

/** Several redirectors are named one after the other. */
function mergeSync(a: SyncResult | null, b: SyncResult | null): SyncResult | null {
  if (a === null || b === null) return a ?? b;
  const names = new Set([...a.redirector.split(' '), b.redirector]);
  return {
    redirector: [...names].join(' '),
    upserted: a.upserted + b.upserted,
    deleted: a.deleted + b.deleted,
    refused: a.refused + b.refused,
  };
}

function addUp<T extends { readonly [key: string]: number }>(a: T, b: T): T {
  return Object.fromEntries(Object.entries(a).map(([key, value]) => [key, value + (b[key] ?? 0)])) as T;
}
