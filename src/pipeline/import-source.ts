/**
 * The redirector whose rows are to be taken over. Unlike one that is synced to, it must be there already.
 */
import { existsSync } from 'node:fs';
import { MirrorhashError } from '../errors.js';
import type { Environment } from '../store/mirrorbrain/connection-settings.js';
import { type RedirectorOpener, type RedirectorUrl, redirectorOpener } from './open-redirector.js';
import { redirectorFile, type StatePlace } from './state.js';

/**
 * @param dryRun nothing may be written, no lock either
 * @throws MirrorhashError USAGE or NO_SUCH_PATH when there is nothing to import from
 */
export async function importSource(
  url: RedirectorUrl,
  place: StatePlace,
  environment: Environment,
  dryRun: boolean,
): Promise<RedirectorOpener> {
  const open = await redirectorOpener(url, place, environment);
  const hint =
    'name the database that has the rows: --mirrorbrain-conf /etc/mirrorbrain.conf, or --redirector <url>';
  if (open === null)
    throw new MirrorhashError('USAGE', 'nothing to import from: the redirector is none', { hint });
  const source: RedirectorOpener = (signal) => open(signal, 'import');
  if (url.kind !== 'sqlite') return source;
  const file = url.file ?? redirectorFile(place.directory);
  if (!existsSync(file)) {
    throw new MirrorhashError('NO_SUCH_PATH', `nothing to import from: there is no ${file}`, { hint });
  }
  // Its lock is a file, while that of a server goes with the connection.
  return dryRun
    ? async (signal) => ({ ...(await source(signal)), lock: async () => async () => {} })
    : source;
}
