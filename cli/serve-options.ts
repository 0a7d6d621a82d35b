/**
 * Pure: what was typed for `mirrorhash serve` → settings.
 */
import {
  httpUrl,
  MirrorhashError,
  parseDhtNode,
  parsePublisher,
  parseSize,
  parseTrackerTier,
} from '../src/index.js';
import {
  parseAddress,
  parseHeaderName,
  parseRequests,
  parseTrusted,
  type ServeSettings,
} from '../src/serving.js';
import { type CommonOptions, each, value } from './options.js';

export interface ServeOptions extends CommonOptions {
  readonly listen?: string;
  readonly publicUrl?: string;
  readonly trustProxy?: string;
  readonly countryHeader?: string;
  readonly regionHeader?: string;
  readonly minRedirectSize?: string;
  readonly tracker?: readonly string[];
  readonly dhtNode?: readonly string[];
  readonly publisher?: string;
  readonly metricsListen?: string;
  /** false when switched off, `-` for standard output */
  readonly accessLog: string | false;
  readonly maxRequests?: string;
}

type Typed = Pick<
  ServeSettings,
  'listen' | 'metricsListen' | 'clients' | 'minRedirectSize' | 'publication' | 'maxRequests'
>;

const defaultAddress = { host: '127.0.0.1', port: 8080 } as const;
const defaultMinRedirectSize = 4096;
const defaultMaxRequests = 1024;

/** @throws MirrorhashError USAGE that names the option */
export function serveSettingsFrom(options: ServeOptions): Typed {
  if (options.accessLog === '') throw new MirrorhashError('USAGE', '--access-log: the path is empty');
  const countryHeader = value('--country-header', options.countryHeader, parseHeaderName) ?? null;
  const regionHeader = value('--region-header', options.regionHeader, parseHeaderName) ?? null;
  const trusted = value('--trust-proxy', options.trustProxy, parseTrusted) ?? null;
  if (trusted === null && (countryHeader !== null || regionHeader !== null)) {
    const option = countryHeader === null ? '--region-header' : '--country-header';
    throw new MirrorhashError('USAGE', `${option}: nobody is trusted to send it`, {
      hint: 'name the front server with --trust-proxy, such as --trust-proxy loopback',
    });
  }
  return {
    listen: value('--listen', options.listen, parseAddress) ?? defaultAddress,
    metricsListen: value('--metrics-listen', options.metricsListen, parseAddress) ?? null,
    clients: {
      trusted,
      publicUrl: value('--public-url', options.publicUrl, httpUrl) ?? null,
      countryHeader,
      regionHeader,
    },
    minRedirectSize:
      value('--min-redirect-size', options.minRedirectSize, parseSize) ?? defaultMinRedirectSize,
    publication: {
      trackers: each('--tracker', options.tracker, parseTrackerTier),
      dhtNodes: each('--dht-node', options.dhtNode, parseDhtNode),
      publisher: value('--publisher', options.publisher, parsePublisher) ?? null,
    },
    maxRequests: value('--max-requests', options.maxRequests, parseRequests) ?? defaultMaxRequests,
  };
}
