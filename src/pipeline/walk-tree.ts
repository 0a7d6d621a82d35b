/**
 * Walks the scopes of a run, directory by directory, and hands each scan on as it comes.
 *
 * Level by level: all the directories of one depth are looked at side by side, and only their paths are kept.
 */
import pMap from 'p-map';
import type { ScanDetail, ScanResult } from '../jobs.js';
import type { TreePath } from '../model.js';
import type { ScanPool } from './pools.js';
import type { Scope } from './scopes.js';

export interface WalkOptions {
  readonly scopes: readonly Scope[];
  readonly scans: ScanPool;
  readonly detail: ScanDetail;
  /** how many directories are asked for at once */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onScan: (reply: ScanResult, scope: Scope) => void;
}

export async function walkTree(options: WalkOptions): Promise<void> {
  let level: readonly Scope[] = options.scopes;
  while (level.length > 0 && !options.signal.aborted) {
    const next: TreePath[] = [];
    await pMap(
      level,
      async (scope) => {
        if (options.signal.aborted) return;
        const reply = await options.scans.run({ path: scope.path, only: scope.only, detail: options.detail });
        if (options.signal.aborted) return;
        options.onScan(reply, scope);
        if (reply.status !== 'scanned' || !scope.recursive) return;
        for (const path of reply.subdirectories) next.push(path);
      },
      { concurrency: options.concurrency },
    );
    level = next.map((path) => ({ path, recursive: true, only: null }));
  }
}
