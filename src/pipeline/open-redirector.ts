/**
 * From a redirector's URL to its database.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { MirrorhashError } from '../errors.js';
import { Locks } from '../files/lock.js';
import type { Redirector } from '../store/redirector.js';
import { SqliteRedirector } from '../store/sqlite-redirector.js';
import { redirectorFile, refuseInside, type StatePlace } from './state.js';

export type RedirectorUrl =
  | { readonly kind: 'none' }
  /** null: the one in the state */
  | { readonly kind: 'sqlite'; readonly file: string | null };

/**
 * @param url `sqlite:<file>`, `none`, or null for the database in the state
 * @param directory what a relative file is relative to
 * @throws MirrorhashError USAGE
 */
export function parseRedirector(url: string | null, directory: string): RedirectorUrl {
  if (url === null) return { kind: 'sqlite', file: null };
  if (url === 'none') return { kind: 'none' };
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    const file = url.slice('sqlite:'.length);
    return { kind: 'sqlite', file: isAbsolute(file) ? file : resolve(directory, file) };
  }
  // Not repeated in the message: a URL may hold a password.
  const scheme = /^postgres(ql)?:/.test(url)
    ? 'postgres databases are not supported yet'
    : 'unknown kind of redirector';
  throw new MirrorhashError('USAGE', `--redirector: ${scheme}`, { hint: 'use sqlite:<file> or none' });
}

/** An open database, and the locks that every sync of it asks, whatever its state. */
export interface Target {
  readonly redirector: Redirector;
  readonly locks: Locks;
}

export type RedirectorOpener = () => Promise<Target>;

/** @returns how to open it, null for none */
export function redirectorOpener(url: RedirectorUrl, place: StatePlace): RedirectorOpener | null {
  if (url.kind === 'none') return null;
  const file = resolved(url.file ?? redirectorFile(place.directory));
  refuseInside(place, file, 'redirector database', '--redirector sqlite:<file>');
  return async () => {
    const redirector = SqliteRedirector.open(file);
    return { redirector, locks: new Locks(`${file}.locks`, (work) => redirector.exclusively(work)) };
  };
}

/** One file has one name, whatever links lead to it: or two syncs of it would not meet. */
function resolved(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // Not there yet; what is wrong with it shows when it is opened.
    return existsSync(dirname(file)) ? join(realpathSync(dirname(file)), basename(file)) : file;
  }
}
