/**
 * A sync of its own, without a run: opens the redirector, syncs, and waits a while for one that is away.
 */
import type { SyncResult, TreePath } from '../model.js';
import type { Limit } from '../quantities.js';
import type { RedirectorOpener } from './open-redirector.js';
import { patienceMs, patiently } from './patience.js';
import { Sync, type SyncParts } from './sync.js';

export interface SyncRequest extends Omit<SyncParts, 'target' | 'recent'> {
  /** compare everything at and below `path`, and remove rows of files that are gone; null: what changed */
  readonly full: { readonly path: TreePath; readonly maxDelete: Limit | null } | null;
  /** told once when the redirector is away */
  readonly onAway?: (message: string) => void;
}

/** @returns null when it was interrupted */
export async function syncTarget(open: RedirectorOpener, request: SyncRequest): Promise<SyncResult | null> {
  const { signal, full, onAway } = request;
  const target = await open(signal);
  try {
    const sync = new Sync({ ...request, target });
    await patiently(() => (full === null ? sync.run() : sync.runFull(full.path, full.maxDelete)), {
      signal,
      until: (since) => since + patienceMs,
      achieved: () => sync.reached,
      onAway: (error) => onAway?.(`${error.message}: trying again`),
    });
    return sync.result;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    await target.redirector.close();
  }
}
