/**
 * The mirrors of an embedded redirector database: the table `server`, and which of them `filearr` says has a file.
 *
 * The number of a mirror is not another's later (in a table of another program: not while a file has it), or clients
 * would be sent to files that are not there.
 */
import { MirrorhashError } from '../errors.js';
import type { Mirror, TreePath } from '../model.js';
import { type EditedIds, editMirrorIds, type IdEdit } from './mirror-files.js';
import { parseMirrorIds } from './mirror-ids.js';
import { type Connection, explained, openForReading, openForWriting } from './open.js';
import { closeForReaders } from './readers.js';
import { hasMirrors, mirrorColumns, redirectorSchema, toMirror } from './redirector-schema.js';

export type NewMirror = Omit<Mirror, 'id'>;

/** What a list of paths means for the rows there are: how many of them are … */
export interface ListedPaths {
  /** paths that `filearr` has */
  readonly files: number;
  /** directories of such paths */
  readonly directories: number;
  /** neither */
  readonly unknown: number;
}

const columns = mirrorColumns.join(', ');

/** A higher one in `filearr` is a mistake of somebody, and no reason to count on from there. */
const highestBelieved = 2 ** 31;

export class Mirrors {
  private constructor(
    private readonly connection: Connection,
    private readonly file: string,
  ) {}

  /**
   * Opens a database that is there; an older one gets its table of mirrors when it is opened for writing.
   *
   * @throws MirrorhashError when it cannot be used, or is another program's and has no mirrors
   */
  static open(file: string, purpose: 'reading' | 'writing'): Mirrors {
    // Who is refused has not even had its journal mode changed.
    const reader = openForReading(file, redirectorSchema);
    try {
      checkMirrors(reader, file);
      if (purpose === 'reading') return new Mirrors(reader, file);
    } catch (error) {
      reader.close();
      throw error;
    }
    reader.close();
    return new Mirrors(openForWriting(file, redirectorSchema), file);
  }

  /** In the order of their identifiers. */
  list(): readonly Mirror[] {
    return this.ask(() => {
      if (!hasMirrors(this.connection)) return [];
      const rows = this.connection.prepare(`SELECT ${columns} FROM server ORDER BY identifier`).all();
      return rows.map((row) => toMirror(row as Parameters<typeof toMirror>[0]));
    });
  }

  /** How many files each number has; also numbers that are no mirror's. */
  fileCounts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    return this.ask(() => {
      // Few texts are common to many files.
      const query = this.connection.prepare(
        'SELECT mirrors, count(*) AS files FROM filearr GROUP BY mirrors',
      );
      for (const row of query.iterate()) {
        const { mirrors, files } = row as { readonly mirrors: string | null; readonly files: number };
        for (const id of new Set(parseMirrorIds(mirrors))) counts.set(id, (counts.get(id) ?? 0) + files);
      }
      return counts;
    });
  }

  /**
   * @param whenThere `replace`: the mirror of that identifier gets the other values; its number and its files stay
   * @throws MirrorhashError USAGE when there is one of that identifier
   */
  add(mirror: NewMirror, whenThere: 'refuse' | 'replace' = 'refuse'): 'added' | 'replaced' {
    const named = this.highestNamed();
    const assigned = mirrorColumns.filter((name) => name !== 'id').map((name) => `${name} = @${name}`);
    return this.exclusively(() => {
      const known = this.find(mirror.identifier);
      if (known !== undefined && whenThere === 'refuse') throw taken(mirror.identifier);
      const statement =
        known === undefined
          ? `INSERT INTO server (${columns}) VALUES (${mirrorColumns.map((name) => `@${name}`).join(', ')})`
          : `UPDATE server SET ${assigned.join(', ')} WHERE id = @id`;
      const id = known?.id ?? Math.max(named, this.lastId()) + 1;
      this.connection.prepare(statement).run({ ...mirror, id, enabled: mirror.enabled ? 1 : 0 });
      return known === undefined ? 'added' : 'replaced';
    });
  }

  /** All of them, or none: @throws MirrorhashError USAGE when one is not there */
  enable(identifiers: readonly string[], enabled: boolean): void {
    this.exclusively(() => {
      const update = this.connection.prepare('UPDATE server SET enabled = ? WHERE id = ?');
      for (const { id } of identifiers.map((identifier) => this.get(identifier)))
        update.run(enabled ? 1 : 0, id);
    });
  }

  /**
   * Removes mirrors, and their numbers from all files. Nobody is sent to them from the first moment on; interrupted, it
   * leaves them disabled.
   *
   * @throws MirrorhashError USAGE when one is not there: then none is removed
   */
  async remove(identifiers: readonly string[], signal: AbortSignal): Promise<EditedIds> {
    this.enable(identifiers, false);
    const ids = new Set(identifiers.map((identifier) => this.get(identifier).id));
    const withoutThem = (before: readonly number[]): readonly number[] =>
      before.some((id) => ids.has(id)) ? before.filter((id) => !ids.has(id)) : before;
    const edit = { below: '', change: withoutThem, check: () => {}, signal };
    const edited = await this.edit(edit);
    if (signal.aborted) return edited;
    this.exclusively(() => {
      const remove = this.connection.prepare('DELETE FROM server WHERE id = ?');
      for (const id of ids) remove.run(id);
    });
    // Until then, somebody else may have said that they have files.
    const { changed } = await this.edit(edit);
    return { ...edited, changed: edited.changed + changed };
  }

  /** What paths mean below a directory (`''`: anywhere). */
  listed(paths: ReadonlySet<TreePath>, below: TreePath): ListedPaths {
    const [after, end] = below === '' ? ['', null] : [`${below}/`, `${below}0`];
    const within = `path > @after ${end === null ? '' : 'AND path < @end'}`;
    const left = new Set(paths);
    return this.ask(() => {
      const all = this.connection.prepare(`SELECT path FROM filearr WHERE ${within}`).pluck();
      const one = this.connection.prepare(
        `SELECT 1 FROM filearr WHERE ${within} AND path > @from AND path < @to`,
      );
      for (const path of all.iterate({ after, end })) left.delete(path as TreePath);
      let directories = 0;
      for (const path of left) {
        if (one.get({ after, end, from: `${path}/`, to: `${path}0` }) !== undefined) directories += 1;
      }
      return { files: paths.size - left.size, directories, unknown: left.size - directories };
    });
  }

  /**
   * Says which of the files below a directory a mirror has; the others there it has not. What it has elsewhere stays.
   *
   * @throws MirrorhashError USAGE when there is no such mirror, or not any more
   */
  async setFiles(
    identifier: string,
    below: TreePath,
    has: (path: TreePath) => boolean,
    signal: AbortSignal,
  ): Promise<EditedIds> {
    const { id } = this.get(identifier);
    const change = (ids: readonly number[], path: TreePath): readonly number[] => {
      if (ids.includes(id) === has(path)) return ids;
      return has(path) ? [...ids, id] : ids.filter((other) => other !== id);
    };
    const check = (): void => {
      if (this.get(identifier).id !== id) throw unknownMirror(identifier);
    };
    return await this.edit({ below, change, check, signal });
  }

  close(): void {
    if (this.connection.readonly) this.connection.close();
    else closeForReaders(this.connection, this.file);
  }

  private async edit(edit: IdEdit): Promise<EditedIds> {
    try {
      return await editMirrorIds(this.connection, (work) => this.exclusively(work), edit);
    } catch (error) {
      return this.ask(() => {
        throw error;
      });
    }
  }

  private get(identifier: string): { readonly id: number } {
    const found = this.find(identifier);
    if (found === undefined) throw unknownMirror(identifier);
    return found;
  }

  private find(identifier: string): { readonly id: number } | undefined {
    const query = 'SELECT id FROM server WHERE identifier = ?';
    return this.ask(() => this.connection.prepare(query).get(identifier)) as Pick<Mirror, 'id'> | undefined;
  }

  /** A number that files name already is not free, whoever wrote it. */
  private highestNamed(): number {
    let highest = 0;
    for (const id of this.fileCounts().keys()) if (id > highest && id <= highestBelieved) highest = id;
    return highest;
  }

  /** The highest number that was ever given out, as far as the table can tell. */
  private lastId(): number {
    const highest = this.connection.prepare('SELECT max(id) FROM server').pluck().get() as number | null;
    const remembers = "SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'";
    if (this.connection.prepare(remembers).get() === undefined) return highest ?? 0;
    const sequence = this.connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'server'").pluck();
    return Math.max(highest ?? 0, (sequence.get() as number | undefined) ?? 0);
  }

  private ask<T>(work: () => T): T {
    return explained(this.file, redirectorSchema, work);
  }

  private exclusively<T>(work: () => T): T {
    return this.ask(() => this.connection.transaction(work).immediate());
  }
}

/** Refuses a table `server` that is not ours to use; one of our own database that is older has none yet. */
function checkMirrors(connection: Connection, file: string): void {
  explained(file, redirectorSchema, () => {
    if (hasMirrors(connection)) return;
    const isOwn = connection.pragma('application_id', { simple: true }) === redirectorSchema.applicationId;
    const isOlder = connection.prepare("SELECT 1 FROM pragma_table_info('server')").get() === undefined;
    if (isOwn && isOlder) return;
    const what = isOwn
      ? `the table server of ${file} is not the one of mirrors`
      : `${file} is another program's database, and has no table server with mirrors`;
    throw new MirrorhashError('REDIRECTOR_UNUSABLE', what, {
      hint: `nothing was changed; the table needs the columns ${columns}`,
    });
  });
}

function taken(identifier: string): MirrorhashError {
  return new MirrorhashError('USAGE', `there is a mirror ${identifier} already`, {
    hint: 'give it these values with --replace, or take another identifier',
  });
}

function unknownMirror(identifier: string): MirrorhashError {
  return new MirrorhashError('USAGE', `there is no mirror ${identifier}`, {
    hint: 'mirrorhash mirror list <dir> names those that there are',
  });
}
