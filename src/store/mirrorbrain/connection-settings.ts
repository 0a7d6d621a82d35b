/**
 * From a PostgreSQL URL and the environment to the settings of a connection, as libpq makes them (its manual,
 * chapters "Connection Strings", "Environment Variables" and "SSL Support").
 *
 * It connects to nothing. The password file (~/.pgpass or PGPASSFILE) is read when the server asks for a password.
 * Of libpq's settings, service files, several hosts, Kerberos and certificate revocation lists are not known.
 */
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { parse } from 'pg-connection-string';
import { MirrorhashError, reasonOf, systemCode } from '../../errors.js';
import { type Place, passwordFrom, socketDirectory } from './password-file.js';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConnectionSettings {
  /** the database in output: without a password */
  readonly name: string;
  /** tried in this order: with TLS and without, as the mode allows */
  readonly attempts: readonly ClientConfig[];
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

/** What a URL may say; a misspelt sslmode would be one that nobody asked for. */
const parameters = [
  ...['host', 'port', 'user', 'password', 'dbname', 'passfile'],
  ...['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name', 'connect_timeout', 'options'],
];

const connectTimeoutMs = 10_000;

/** @throws MirrorhashError USAGE; never repeats the URL, which may hold a password */
export function connectionSettings(url: string, environment: Environment): ConnectionSettings {
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  const given = (parameter: string, variable: string): string | undefined =>
    query.get(parameter) || environment[variable] || undefined;

  const unknown = [...query.keys()].find((parameter) => !parameters.includes(parameter));
  if (unknown !== undefined) throw unusable(`the parameter "${unknown}" is unknown`);
  const usesSystem = given('sslrootcert', 'PGSSLROOTCERT') === 'system';
  // A URL may say ssl=true, as those of JDBC do.
  const byUrl = query.get('sslmode') ?? (query.get('ssl') === 'true' ? 'require' : null);
  const mode = sslMode(byUrl || environment.PGSSLMODE || (usesSystem ? 'verify-full' : 'prefer'));
  // Anybody may have a certificate of theirs: without the name it tells nothing.
  if (usesSystem && mode !== 'verify-full')
    throw unusable(`sslrootcert=system needs verify-full, not ${mode}`);
  // Cron and systemd may leave HOME out.
  const home = environment.HOME || homedir();
  const files = tlsFiles(mode, given, home);
  const config = (tls: boolean): ClientConfig =>
    parsed(withParameters(url, query, tls ? { sslmode: tlsMode(mode), ...files } : { sslmode: 'disable' }));

  const base = config(false);
  const port = portOf(base.port || environment.PGPORT || 5432);
  const host = base.host || environment.PGHOST || localHost(port);
  const user = base.user || environment.PGUSER || userInfo().username;
  const database = base.database || environment.PGDATABASE || user;
  if (host.includes(',')) throw unusable('it names several hosts');
  const name = `postgres://${encodeURIComponent(user)}@${printableHost(host)}:${port}/${encodeURIComponent(database)}`;
  const passwordFile = given('passfile', 'PGPASSFILE') ?? join(home, '.pgpass');
  const seconds = Number(given('connect_timeout', 'PGCONNECT_TIMEOUT') ?? 0);
  const common: ClientConfig = {
    ...{ host, port, user, database },
    ...definedOnly({
      password:
        base.password ||
        environment.PGPASSWORD ||
        askFile(name, passwordFile, { host, port, user, database }),
      options: given('options', 'PGOPTIONS'),
    }),
    application_name: given('application_name', 'PGAPPNAME') ?? 'mirrorhash',
    connectionTimeoutMillis: seconds > 0 ? seconds * 1000 : connectTimeoutMs,
    keepAlive: true,
  };
  // A socket of the file system has no TLS, whatever the mode: so does libpq.
  const order = host.startsWith('/') ? [false] : tlsOrder[mode];
  return {
    name,
    attempts: order.map((tls) => ({ ...common, ssl: tls ? (config(true).ssl ?? true) : false })),
  };
}

const tlsOrder: Readonly<Record<SslMode, readonly boolean[]>> = {
  disable: [false],
  allow: [false, true],
  prefer: [true, false],
  require: [true],
  'verify-ca': [true],
  'verify-full': [true],
};

function sslMode(text: string): SslMode {
  const mode = sslModes.find((candidate) => candidate === text);
  if (mode !== undefined) return mode;
  throw new MirrorhashError('USAGE', `the redirector's sslmode "${text}" is unknown`, {
    hint: `it is one of ${sslModes.join(', ')}`,
  });
}

/** What a mode means once TLS is tried. */
function tlsMode(mode: SslMode): string {
  return mode === 'allow' ? 'prefer' : mode;
}

/** Certificates: those that were named, else those in libpq's place. */
function tlsFiles(
  mode: SslMode,
  given: (parameter: string, variable: string) => string | undefined,
  home: string,
): Record<string, string> {
  const usual = (name: string): string | undefined => {
    const file = join(home, '.postgresql', name);
    return existsSync(file) ? file : undefined;
  };
  const named = given('sslrootcert', 'PGSSLROOTCERT');
  const verifies = mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
  const root = named ?? (verifies ? usual('root.crt') : undefined);
  if (mode === 'verify-ca' && root === undefined) throw unusable('sslmode=verify-ca needs sslrootcert');
  return definedOnly({
    // The authorities that Node trusts are those of a connection for which none is named.
    sslrootcert: root === 'system' ? undefined : root,
    sslcert: given('sslcert', 'PGSSLCERT') ?? usual('postgresql.crt'),
    sslkey: given('sslkey', 'PGSSLKEY') ?? usual('postgresql.key'),
  }) as Record<string, string>;
}

function withParameters(url: string, query: URLSearchParams, changes: Record<string, string>): string {
  const all = new URLSearchParams(query);
  for (const name of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']) all.delete(name);
  for (const [name, value] of Object.entries(changes)) all.set(name, value);
  return `${url.split('?')[0]}?${all}`;
}

function parsed(url: string): ClientConfig {
  try {
    const config = parse(url, { useLibpqCompat: true });
    return { ...config, database: databaseOf(url) } as unknown as ClientConfig;
  } catch (error) {
    const isUrl = error instanceof TypeError || error instanceof URIError;
    throw unusable(isUrl ? 'it is not a URL' : inFile(error));
  }
}

/** Called when the server asks for a password. */
function askFile(name: string, file: string, place: Place): () => Promise<string> {
  return async () => {
    const password = await passwordFrom(file, place);
    if (password !== null) return password;
    throw new MirrorhashError(
      'REDIRECTOR_UNUSABLE',
      `${name}: the server asks for a password, and none was given`,
      { hint: 'put it into ~/.pgpass, the configuration or PGPASSWORD' },
    );
  };
}

/** The driver leaves a few escapes in it. */
function databaseOf(url: string): string {
  const [address = '', query] = url.split('?');
  const path = /^[^/]*\/\/[^/]*\/(.*)$/.exec(address)?.[1] ?? '';
  return new URLSearchParams(query).get('dbname') || decodeURIComponent(path);
}

function portOf(text: string | number): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw unusable(`the port "${text}" is no number from 1 to 65535`);
}

function inFile(error: unknown): string {
  const file = systemCode(error) !== null ? (error as NodeJS.ErrnoException).path : undefined;
  return file === undefined ? reasonOf(error) : `${file}: ${reasonOf(error)}`;
}

function unusable(reason: string): MirrorhashError {
  return new MirrorhashError('USAGE', `the redirector's URL cannot be used: ${reason}`, {
    hint: 'it looks like postgres://user@host:5432/database?sslmode=verify-full',
  });
}

/** The socket of a local server, where there is one; not in /tmp, where anybody might offer one. */
function localHost(port: number): string {
  return existsSync(`${socketDirectory}/.s.PGSQL.${port}`) ? socketDirectory : 'localhost';
}

function printableHost(host: string): string {
  return host.includes(':') ? `[${host}]` : encodeURIComponent(host);
}

function definedOnly<T extends object>(values: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
