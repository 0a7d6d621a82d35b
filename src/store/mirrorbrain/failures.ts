/**
 * What a PostgreSQL server or the way to it answers when something is wrong → errors for people.
 *
 * Told apart by code (SQLSTATE, PostgreSQL's manual, appendix A, or the system's), never by the words of a server, which
 * are translated. The few errors that the driver makes itself have no code, but always the same words.
 */
import { MirrorhashError, messageOf, reasonOf, systemCode } from '../../errors.js';

/** What passes by itself: another try later may work. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
  // The socket of a local server that is not running.
  'ENOENT',
  // too many connections; cannot connect now; shut down; crashed
  '53300',
  '57P03',
  '57P01',
  '57P02',
  // the disk is full; no memory; another limit
  '53100',
  '53200',
  '53000',
  // serialization; deadlock; a lock was not given; cancelled, also by its time limit
  '40001',
  '40P01',
  '55P03',
  '57014',
  // a path that was listed went away meanwhile
  '23503',
  // the session stood idle for too long
  '25P03',
  '57P05',
]);

const hints: Readonly<Record<string, string>> = {
  '28P01': 'check the user and the password (in the configuration, PGPASSWORD or ~/.pgpass)',
  '28000': "check the user, and the server's pg_hba.conf",
  '3D000': 'check the name of the database in the URL',
  '42501':
    'grant the user what is missing: it reads and writes the tables, uses the sequence of their ids, and makes a temporary table',
  '25006': 'this server only reads; name the one that writes',
  '23505': 'if tables were restored by hand, bring the sequence of their id up to their rows (setval)',
  '53100': 'make room on the database server; every hash is cached',
  TLS: 'set the sslmode that the server offers, or turn its ssl on',
  ENOTFOUND: 'check the name of the host in the URL',
};

/**
 * What the driver itself finds wrong while it connects, which has no code; its words are not translated. Pattern → code
 * as a server would have it, whose hint fits.
 */
const driverWords: readonly (readonly [RegExp, string])[] = [
  [/^SASL:/, '28P01'],
  [/^The server does not support SSL|^There was an error establishing an SSL/, 'TLS'],
];

/** The SQLSTATE of an answer of the server, null for anything else: the system's EPIPE has five letters, too. */
export function sqlState(error: unknown): string | null {
  const code = systemCode(error);
  return code !== null && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]+$/.test(code) ? code : null;
}

/**
 * The sequence of the tables' numbers is at its end, or behind the rows: no new path can be listed. A path went away
 * meanwhile. The tables have another column, which has no value: that would refuse every row.
 */
const noFaultOfRows = new Set(['2200H', '23505', '23503', '23502']);

/** Whether the data are at fault, and not the server: class 22 (data), 23 (constraint), 54 (limit of a row). */
export function blamesData(error: unknown): boolean {
  const state = sqlState(error);
  return state !== null && ['22', '23', '54'].includes(state.slice(0, 2)) && !noFaultOfRows.has(state);
}

/** @param name the database, without a password */
export function explained(name: string, error: unknown): MirrorhashError {
  if (error instanceof MirrorhashError) return error;
  const [first = error] = error instanceof AggregateError ? error.errors : [error];
  const code = systemCode(first) ?? driverWords.find(([words]) => words.test(messageOf(first)))?.[1] ?? '';
  // Connections that end in the middle of something carry no code at all.
  const isCut = code === '' && !(first instanceof TypeError);
  const isAway = isCut || passing.has(code) || code.startsWith('08');
  const hint = hints[code];
  const words = sqlState(first) === null ? reasonOf(first) : messageOf(first);
  return new MirrorhashError(isAway ? 'REDIRECTOR_AWAY' : 'REDIRECTOR_UNUSABLE', `${name}: ${words}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
