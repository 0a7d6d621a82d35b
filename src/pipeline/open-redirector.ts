/**
 * From a redirector's URL to its database.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { MirrorhashError } from '../errors.js';
import { Locks } from '../files/lock.js';
import type { Environment } from '../store/mirrorbrain/connection-settings.js';
import type { Redirector } from '../store/redirector.js';
import { SqliteRedirector } from '../store/sqlite-redirector.js';
import { redirectorFile, refuseInside, type StatePlace } from './state.js';
import { type Place, refuseStrangers } from './trusted-place.js';

export type RedirectorUrl =
  | { readonly kind: 'none' }
  /** null: the one in the state */
  | { readonly kind: 'sqlite'; readonly file: string | null }
  /** MirrorBrain's; the URL may hold a password */
  | { readonly kind: 'postgres'; readonly url: string };

/**
 * @param url `sqlite:<file>`, `postgres://…`, `none`, or null for the database in the state
 * @param directory what a relative file is relative to
 * @throws MirrorhashError USAGE
 */
export function parseRedirector(url: string | null, directory: string): RedirectorUrl {
  if (url === null) return { kind: 'sqlite', file: null };
  if (url === 'none') return { kind: 'none' };
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'postgres', url };
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    const file = url.slice('sqlite:'.length);
    return { kind: 'sqlite', file: isAbsolute(file) ? file : resolve(directory, file) };
  }
  // Not repeated in the message: a URL may hold a password.
  throw new MirrorhashError('USAGE', '--redirector: unknown kind of redirector', {
    hint: 'use sqlite:<file>, postgres://<user>@<host>/<database> or none',
  });
}

/** Gives a lock back. */
export type Release = () => Promise<void>;

/** An open database, and the lock that every sync of it asks, whatever its state. */
export interface Target {
  readonly redirector: Redirector;
  /** @returns null while another sync holds it */
  readonly lock: () => Promise<Release | null>;
}

/**
 * @param signal aborted: give up what is under way
 * @param purpose an import changes nothing, the tables of an older version included
 */
export type RedirectorOpener = (signal: AbortSignal, purpose?: 'sync' | 'import') => Promise<Target>;

/**
 * @param environment what libpq's variables (PGPASSWORD and so on) are taken from
 * @returns how to open it, null for none
 * @throws MirrorhashError USAGE when the URL cannot be used; nothing was connected to yet
 */
export async function redirectorOpener(
  url: RedirectorUrl,
  place: StatePlace,
  environment: Environment,
): Promise<RedirectorOpener | null> {
  if (url.kind === 'none') return null;
  if (url.kind === 'postgres') return postgresOpener(url.url, environment);
  const file = embeddedFile(url.file, place);
  return async (_, purpose) => {
    refuseStrangersAt(url.file, file);
    const redirector = SqliteRedirector.open(file, purpose === 'import' ? 'readable' : 'newest');
    const locks = new Locks(`${file}.locks`, (work) => redirector.exclusively(work));
    return { redirector, lock: async () => lockWith(locks, `redirector ${redirector.name}`) };
  };
}

/** The driver is loaded where it is used: it takes longer than the rest of the program. */
async function postgresOpener(url: string, environment: Environment): Promise<RedirectorOpener> {
  const { connectionSettings } = await import('../store/mirrorbrain/connection-settings.js');
  const settings = connectionSettings(url, environment);
  return async (signal) => {
    const { MirrorbrainRedirector } = await import('../store/mirrorbrain/mirrorbrain-redirector.js');
    const redirector = new MirrorbrainRedirector(settings, signal);
    const release: Release = () => redirector.unlock();
    return { redirector, lock: async () => ((await redirector.lock()) ? release : null) };
  };
}

/** A lock among those of a directory, as a target gives it out. */
export function lockWith(locks: Locks, name: string): Release | null {
  const lock = locks.acquire(name);
  return lock === null ? null : async () => locks.release([lock]);
}

/**
 * Where an embedded database lies.
 *
 * @param file null: the one in the state
 * @throws MirrorhashError USAGE inside the tree
 */
export function embeddedFile(file: string | null, place: StatePlace): string {
  const real = resolved(file ?? redirectorFile(place.directory));
  refuseInside(place, real, 'redirector database', '--redirector sqlite:<file>');
  return real;
}

/**
 * @param named where it was said to lie, null: in the state
 * @param real  what `embeddedFile` made of it
 * @throws MirrorhashError when somebody else could put another file there
 */
export function refuseStrangersAt(named: string | null, real: string): void {
  const place: Place = {
    title: 'the redirector database',
    option: '--redirector sqlite:<file>',
    code: 'REDIRECTOR_UNUSABLE',
  };
  if (named !== null) refuseStrangers(dirname(named), place);
  refuseStrangers(dirname(real), place);
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
