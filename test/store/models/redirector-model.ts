/** What a redirector's database must know, in plain maps; the database, and what is done to it by two who write. */
import { deepStrictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import type { TreePath } from '../../../src/model.js';
import { glanceAt, type RedirectorRow, toRow } from '../../../src/store/redirector.js';
import { SqliteRedirector } from '../../../src/store/sqlite-redirector.js';
import { recordOf } from '../../support/records.js';
import { path, somePaths, sorted } from './paths.js';
import { type Deed, deeds } from './running.js';
import { Scratch } from './scratch.js';

export class RedirectorModel {
  readonly rows = new Map<TreePath, RedirectorRow>();
  /** also of files that are gone */
  readonly listed = new Set<TreePath>();
}

export class RealRedirector {
  readonly model = new RedirectorModel();
  private readonly scratch = new Scratch();
  private readonly file = join(this.scratch.directory, 'redirector.db');
  private readonly writers = [SqliteRedirector.open(this.file), SqliteRedirector.open(this.file)];
  private checks = 0;

  writer(number: number): SqliteRedirector {
    return this.writers[number] as SqliteRedirector;
  }

  async reopen(number: number): Promise<void> {
    const before = await this.writer(number).identity();
    await this.writer(number).close();
    this.writers[number] = SqliteRedirector.open(this.file);
    deepStrictEqual(await this.writer(number).identity(), before);
  }

  async copyAsKilled(): Promise<void> {
    const copy = SqliteRedirector.open(this.scratch.copyOf(this.file));
    await this.compare(copy);
    await copy.close();
  }

  async check(): Promise<void> {
    await this.compare(this.writer(this.checks++ % 2));
  }

  async end(): Promise<void> {
    for (const writer of this.writers) await writer.close();
    this.scratch.end();
  }

  private async compare(redirector: SqliteRedirector): Promise<void> {
    const { rows, listed } = this.model;
    const all = sorted(rows.keys());
    const asked = [...listed, 'never', ''];
    for (const detail of ['all', 'glance'] as const) {
      const found = await redirector.fetch(asked, detail);
      const wanted = all.map((path) => rows.get(path) as RedirectorRow);
      const view = wanted.map((row) => spelled(detail === 'all' ? row : glanceAt(row)));
      deepStrictEqual(
        sorted(found.keys()).map((path) => spelled(found.get(path))),
        view,
      );
    }
    const middle = all[Math.floor(all.length / 2)] ?? '';
    deepStrictEqual(await redirector.paths('', 10_000), all);
    deepStrictEqual(await redirector.paths(middle, 3), all.slice(all.indexOf(middle) + 1).slice(0, 3));
    deepStrictEqual(await redirector.listed(asked), listed);
    deepStrictEqual(await redirector.listedCount(10_000), listed.size);
    deepStrictEqual(await redirector.listedCount(2), Math.min(2, listed.size));
  }
}

function spelled(row: RedirectorRow | undefined): string {
  const values = Object.entries(row ?? {}).map(([column, value]) => [
    column,
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  ]);
  return JSON.stringify(values.sort());
}

type RedirectorDeed = fc.Arbitrary<Deed<RedirectorModel, RealRedirector>>;

const by = fc.constantFrom(0, 1);
const row = fc
  .record({
    path,
    seed: fc.constantFrom('one', 'other'),
    size: fc.constantFrom(0, 5_000_000_000_000),
    mtimeNs: fc.constantFrom(-1_500_000_000n, 1_600_000_000_123_456_789n),
    isShort: fc.boolean(),
    text: fc.constantFrom(null, 'a\nü💾'),
  })
  .map(({ path, isShort, text, ...rest }) =>
    toRow(
      recordOf(path, {
        ...rest,
        ...(isShort ? { zsync: null } : {}),
        signature: text === null ? null : { size: 9, mtimeNs: 1n, text },
      }),
    ),
  );
const rows = fc.record({ rows: fc.array(row, { maxLength: 8, size: 'max' }), by });

const upserting: RedirectorDeed = deeds('upsert', rows, async ({ rows, by }, model, real) => {
  const { written, refusals } = await real.writer(by).upsert(rows);
  let changed = 0;
  for (const row of rows) {
    if (spelled(model.rows.get(row.path)) !== spelled(row)) changed++;
    model.rows.set(row.path, row);
    model.listed.add(row.path);
  }
  deepStrictEqual([written, refusals], [changed, []]);
});

const broken: RedirectorDeed = deeds('fail to upsert', rows, async ({ rows, by }, _, real) => {
  const lame = { ...toRow(recordOf('broken')), md5: null } as unknown as RedirectorRow;
  const error: unknown = await real
    .writer(by)
    .upsert([...rows, lame])
    .catch((error: unknown) => error);
  deepStrictEqual(error instanceof Error, true);
});

const removing: RedirectorDeed = deeds(
  'remove',
  fc.record({ paths: somePaths, by }),
  async ({ paths, by }, model, real) => {
    const removed = await real.writer(by).remove(paths);
    deepStrictEqual(removed, paths.filter((path) => model.rows.delete(path)).length);
  },
);

export const redirectorDeeds: RedirectorDeed[] = [
  ...[upserting, upserting, upserting, removing, broken],
  deeds('reopen', by, (by, _, real) => real.reopen(by)),
  deeds('kill', fc.constant(''), (_, __, real) => real.copyAsKilled()),
];
