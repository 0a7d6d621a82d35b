/** What the cache must know, in plain maps. */
import type { FileRecord, Signature, TreePath } from '../../../src/model.js';
import type { StoredProblem, StoredRefusal } from '../../../src/store/cache-reader.js';
import { isBelow } from './paths.js';

export interface Entry {
  readonly record: FileRecord;
  readonly sequence: number;
  readonly adopted: boolean;
}

export class CacheModel {
  readonly files = new Map<TreePath, Entry>();
  readonly tombstones = new Map<TreePath, number>();
  readonly settings = new Map<string, string>();
  /** by the target's name */
  readonly positions = new Map<string, { readonly identity: string; readonly sequence: number }>();
  readonly refusals = new Map<TreePath, StoredRefusal>();
  readonly problems = new Map<TreePath, StoredProblem>();
  sequence = 0;

  put(record: FileRecord, adopted: boolean): void {
    const before = this.files.get(record.path);
    const isSame = before?.record.size === record.size && before.record.mtimeNs === record.mtimeNs;
    this.files.set(record.path, {
      record,
      sequence: ++this.sequence,
      adopted: adopted || (before?.adopted === true && isSame),
    });
    this.tombstones.delete(record.path);
  }

  amend(path: TreePath, dropZsync: boolean, signature: Signature | null | undefined): void {
    const before = this.files.get(path);
    if (before === undefined) return;
    const { record } = before;
    const zsync = dropZsync ? null : record.zsync;
    const amended = { ...record, zsync, signature: signature === undefined ? record.signature : signature };
    this.files.set(path, { ...before, record: amended, sequence: ++this.sequence });
  }

  /** @param versions numbers of the changes that made them what they were when they were seen */
  remove(versions: readonly number[]): number {
    let removed = 0;
    for (const version of versions) {
      const found = [...this.files].find(([, { sequence }]) => sequence === version);
      if (found === undefined) continue;
      this.files.delete(found[0]);
      this.tombstones.set(found[0], ++this.sequence);
      removed++;
    }
    return removed;
  }

  refuse(tried: ReadonlyMap<TreePath, number>, refusals: readonly StoredRefusal[]): void {
    for (const path of tried.keys()) this.refusals.delete(path);
    for (const refusal of refusals) this.refusals.set(refusal.path, refusal);
  }

  replaceProblems(scopes: readonly TreePath[], problems: readonly StoredProblem[]): void {
    for (const path of [...this.problems.keys()]) {
      if (scopes.some((scope) => path === scope || isBelow(path, scope))) this.problems.delete(path);
    }
    for (const problem of problems) this.problems.set(problem.path, problem);
  }

  below(directory: TreePath): readonly [TreePath, Entry][] {
    return [...this.files].filter(([path]) => isBelow(path, directory));
  }

  /** In the order of their changes. */
  changes(): readonly Entry[] {
    return [...this.files.values()].sort((one, other) => one.sequence - other.sequence);
  }

  graves(): readonly { readonly path: TreePath; readonly sequence: number }[] {
    return [...this.tombstones]
      .map(([path, sequence]) => ({ path, sequence }))
      .sort((one, other) => one.sequence - other.sequence);
  }
}
