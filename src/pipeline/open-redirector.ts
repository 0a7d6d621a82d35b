/**
 * From a redirector's URL to its database.
 */
import { isAbsolute, resolve } from 'node:path';
import { MirrorhashError } from '../errors.js';
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

/** @returns how to open it, null for none */
export function redirectorOpener(url: RedirectorUrl, place: StatePlace): (() => Promise<Redirector>) | null {
  if (url.kind === 'none') return null;
  const file = url.file ?? redirectorFile(place.directory);
  refuseInside(place, file, 'redirector database', '--redirector sqlite:<file>');
  return async () => SqliteRedirector.open(file);
}
