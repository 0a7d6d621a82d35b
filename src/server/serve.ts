/**
 * Puts the server together: the tree and its records behind one address, and who watches over it at another.
 */
import { Front, type FrontSettings } from './front.js';
import { type Address, Listener } from './listener.js';
import { Metrics } from './metrics.js';
import { Monitor } from './monitor.js';
import { Records } from './records.js';
import { Site, type SiteSettings } from './site.js';
import { Tally } from './tally.js';

export interface ServeSettings
  extends Omit<SiteSettings, 'isPlaced' | 'random'>,
    Omit<FrontSettings, 'isClosing'> {
  /** the embedded redirector database */
  readonly database: string;
  readonly listen: Address;
  /** null: nobody watches */
  readonly metricsListen: Address | null;
  /** when the last run ended, milliseconds since 1970; null: there was none, or nobody knows */
  readonly lastRun: () => number | null;
  /** how many requests the access log does not tell, because its reader did not take them */
  readonly droppedAccesses: () => number;
  /** tells people what they may want to mend */
  readonly warn: (message: string) => void;
}

export interface Serving {
  /** such as `http://127.0.0.1:8080/` */
  readonly url: string;
  readonly metricsUrl: string | null;
  /** Takes nothing new; what is under way has so many milliseconds to end. */
  close(patience: number): Promise<void>;
}

/** Idle connections cost little, but not nothing. */
const connectionsPerRequest = 4;
const fewestConnections = 64;
const monitorConnections = 64;

/** @throws MirrorhashError when the database cannot be read, or LISTEN_FAILED */
export async function serve(settings: ServeSettings): Promise<Serving> {
  const { clients, maxRequests } = settings;
  const tally = new Tally();
  const records = new Records(settings.database, settings.warn);
  const isPlaced =
    clients.trusted !== null && (clients.countryHeader !== null || clients.regionHeader !== null);
  const site = new Site({ ...settings, isPlaced, random: Math.random }, records);
  const open: Listener[] = [];
  const isClosing = (): boolean => open.some((listener) => listener.isClosing);
  const close = async (patience: number): Promise<void> => {
    await Promise.all(open.map((listener) => listener.close(patience)));
    records.close();
  };
  try {
    const front = new Front({ ...settings, isClosing }, site, tally);
    const most = Math.max(fewestConnections, maxRequests * connectionsPerRequest);
    const listener = await Listener.open(settings.listen, front, most);
    open.push(listener);
    const { metricsListen } = settings;
    const watched =
      metricsListen === null
        ? null
        : await Listener.open(metricsListen, monitor(settings, { site, records, tally }), monitorConnections);
    if (watched !== null) open.push(watched);
    return { url: listener.url, metricsUrl: watched?.url ?? null, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

function monitor(
  { lastRun, droppedAccesses, onError }: ServeSettings,
  { site, records, tally }: Parts,
): Monitor {
  const metrics = new Metrics({ tally, records: () => records.count(), lastRun, droppedAccesses });
  return new Monitor(metrics, () => site.health(), onError);
}

interface Parts {
  readonly site: Site;
  readonly records: Records;
  readonly tally: Tally;
}
