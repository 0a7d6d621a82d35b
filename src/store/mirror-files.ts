/**
 * Which mirrors have which files: changes `filearr.mirrors`, in small transactions.
 *
 * Readers are never kept waiting (WAL), other writers for one batch: after each one the table is free for as long as
 * it took. Rows are walked in the order in which they lie on the disk, and nothing grows with their number.
 */
import { setTimeout } from 'node:timers/promises';
import type { TreePath } from '../model.js';
import { formatMirrorIds, parseMirrorIds } from './mirror-ids.js';
import type { Connection } from './open.js';

export interface IdEdit {
  /** only paths below this directory; `''`: all */
  readonly below: TreePath;
  /** What a file's mirrors become; the same array when nothing changes. */
  readonly change: (ids: readonly number[], path: TreePath) => readonly number[];
  /** Asked in each transaction before it writes; throws when it must not. */
  readonly check: () => void;
  /** aborted: what is written stays, the rest is left */
  readonly signal: AbortSignal;
}

export interface EditedIds {
  /** rows */
  readonly seen: number;
  readonly changed: number;
  /** rows whose `mirrors` are not understood, as they are left, and the path of one */
  readonly notUnderstood: { readonly count: number; readonly example: TreePath } | null;
}

interface Row {
  readonly id: number;
  readonly path: TreePath;
  readonly mirrors: string | null;
}

/** Some hundredths of a second. */
const batchRows = 5_000;
/** Milliseconds. */
const longestPause = 100;

/** @param exclusively runs work in a transaction of its own */
export async function editMirrorIds(
  connection: Connection,
  exclusively: (work: () => void) => void,
  edit: IdEdit,
): Promise<EditedIds> {
  const batch = connection.prepare(batchQuery(edit.below));
  const again = connection.prepare('SELECT id, path, mirrors FROM filearr WHERE id = ?');
  const update = connection.prepare('UPDATE filearr SET mirrors = ? WHERE id = ?');
  let [after, seen, changed, unknown] = [Number.MIN_SAFE_INTEGER, 0, 0, 0];
  let example: TreePath = '';

  /** Looks at the row again: somebody else may have written meanwhile. */
  function write({ id }: Row): void {
    const row = again.get(id) as Row | undefined;
    const outcome = row === undefined ? null : outcomeOf(row, edit);
    if (outcome === null || outcome === 'not understood') return;
    update.run(outcome.mirrors, id);
    changed += 1;
  }

  while (!edit.signal.aborted) {
    const rows = batch.all({ after, limit: batchRows, ...bounds(edit.below) }) as Row[];
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;
    seen += rows.length;
    const wanting: Row[] = [];
    for (const row of rows) {
      const outcome = outcomeOf(row, edit);
      if (outcome === 'not understood') {
        example = unknown === 0 ? row.path : example;
        unknown += 1;
      } else if (outcome !== null) wanting.push(row);
    }
    const started = performance.now();
    if (wanting.length > 0) {
      exclusively(() => {
        edit.check();
        for (const row of wanting) write(row);
      });
    }
    await setTimeout(wanting.length === 0 ? 0 : Math.min(longestPause, performance.now() - started));
  }
  return { seen, changed, notUnderstood: unknown === 0 ? null : { count: unknown, example } };
}

/** The index of the paths is kept out (`+`): in its order, every row may lie on another page, and each is written. */
function batchQuery(below: TreePath): string {
  const within = below === '' ? '' : 'AND +path > @from AND +path < @to';
  return `SELECT id, path, mirrors FROM filearr WHERE id > @after ${within} ORDER BY id LIMIT @limit`;
}

/** What is below `a` begins with `a/`, and `0` is the character after `/`. */
function bounds(below: TreePath): { readonly from: string; readonly to: string } {
  return { from: `${below}/`, to: `${below}0` };
}

/** @returns null when the row stays as it is */
function outcomeOf(
  { path, mirrors }: Row,
  { change }: IdEdit,
): { readonly mirrors: string } | 'not understood' | null {
  const ids = parseMirrorIds(mirrors);
  if (ids === null) return 'not understood';
  const next = change(ids, path);
  return next === ids ? null : { mirrors: formatMirrorIds(next) };
}
