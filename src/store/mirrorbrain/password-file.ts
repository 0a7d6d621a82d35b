/**
 * The password file (PostgreSQL's manual, "The Password File"): found and asked as libpq does. Its format, and that nobody
 * else may read it, is the affair of the package pgpass, whose own way to find it knows the environment of the process
 * alone.
 */
import { createReadStream, statSync } from 'node:fs';
import { getPassword, usePgPass } from 'pgpass/lib/helper.js';

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** Where Debian puts the socket of a local server: such a server stands in the file as localhost, too. */
export const socketDirectory = '/var/run/postgresql';

/** @returns null where there is no such file, or no such line in it */
export async function passwordFrom(file: string, place: Place): Promise<string | null> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !usePgPass(found, file)) return null;
  const hosts = place.host === socketDirectory ? ['localhost', place.host] : [place.host];
  for (const host of hosts) {
    const password = await new Promise<string | undefined>((resolve, reject) => {
      getPassword({ ...place, host }, createReadStream(file).on('error', reject), resolve);
    });
    if (password !== undefined) return password;
  }
  return null;
}
