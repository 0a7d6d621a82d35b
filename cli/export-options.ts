/**
 * Pure: what was typed for `mirrorhash export` → what is to be written.
 */
import {
  type ExportPlan,
  httpUrl,
  MirrorhashError,
  parseDhtNode,
  parseFormats,
  parsePublisher,
  parseTrackerTier,
} from '../src/index.js';
import { each, type ReadingOptions, value } from './options.js';

export interface ExportOptions extends ReadingOptions {
  readonly to?: string;
  readonly inPlace?: true;
  readonly formats?: readonly string[];
  readonly tag?: true;
  readonly baseUrl?: string;
  readonly mirrorUrl?: readonly string[];
  readonly tracker?: readonly string[];
  readonly dhtNode?: readonly string[];
  readonly publisher?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly adopt?: true;
  readonly maxDelete?: string;
  readonly dryRun?: true;
  readonly strict?: true;
}

type Typed = Pick<ExportPlan, 'formats' | 'sumsStyle' | 'publication' | 'adopt' | 'dryRun' | 'listAll'>;

/** @throws MirrorhashError USAGE that names the option */
export function exportWishFrom(options: ExportOptions): Typed {
  const baseUrl = value('--base-url', options.baseUrl, httpUrl) ?? null;
  const mirrorUrls = each('--mirror-url', options.mirrorUrl, httpUrl);
  const hasSource = baseUrl !== null || mirrorUrls.length > 0;
  const formats = value('--formats', options.formats?.join(','), (text) => parseFormats(text, hasSource));
  if (formats === undefined) {
    throw new MirrorhashError('USAGE', '--formats: say what is to be written', {
      hint: 'such as --formats sha256sums,torrent, or --formats all; mirrorhash export --help names them',
    });
  }
  return {
    formats,
    sumsStyle: options.tag ? 'bsd' : 'gnu',
    publication: {
      baseUrl,
      mirrorUrls,
      trackers: each('--tracker', options.tracker, parseTrackerTier),
      dhtNodes: each('--dht-node', options.dhtNode, parseDhtNode),
      publisher: value('--publisher', options.publisher, parsePublisher) ?? null,
    },
    adopt: options.adopt ?? false,
    dryRun: options.dryRun ?? false,
    listAll: (options.json ?? options.verbose ?? options.dryRun) === true,
  };
}
