/**
 * Pure: what was typed → settings. The parsers of single values are the configuration file's too.
 */
import {
  checkGlob,
  defaultScore,
  given,
  httpUrl,
  MirrorhashError,
  type NewMirror,
  parseCountry,
  parseIdentifier,
  parseJobs,
  parseLimit,
  parsePieceLength,
  parseRate,
  parseRegion,
  parseScore,
  parseShare,
  parseSize,
  parseZsyncBlockSize,
  type TreeSettings,
} from '../src/index.js';

/** Options of every command, as they were typed. */
export interface CommonOptions {
  readonly base?: string;
  readonly state?: string;
  readonly redirector?: string;
  readonly mirrorbrainConf?: string;
  readonly instance?: string;
  readonly config?: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly debug?: true;
}

/** Options of commands that read files. */
export interface ReadingOptions extends CommonOptions {
  readonly jobs?: string;
  readonly readLimit?: string;
  /** false when switched off */
  readonly progress: boolean;
}

export interface HashOptions extends ReadingOptions {
  readonly all?: true;
  readonly tree?: readonly string[];
  readonly filesFrom?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** false when switched off */
  readonly defaultExcludes: boolean;
  readonly oneFileSystem?: true;
  readonly pieceLength?: string;
  readonly zsync?: boolean;
  readonly zsyncInclude?: readonly string[];
  readonly zsyncBlockSize?: string;
  readonly zsyncMaxSize?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly explain?: true;
  readonly checkInode?: true;
  readonly maxDelete?: string;
  readonly newPaths?: true;
  readonly strict?: true;
  /** false when switched off */
  readonly sync: boolean;
}

export interface MirrorOptions extends CommonOptions {
  readonly country?: string;
  readonly region?: string;
  readonly score?: string;
  readonly disabled?: true;
  readonly allFiles?: true;
  readonly replace?: true;
}

/**
 * What was said on the command line, and nothing else.
 *
 * @throws MirrorhashError USAGE that names the option
 */
export async function settingsFrom(options: Partial<HashOptions>): Promise<TreeSettings> {
  return {
    ...given<TreeSettings>({
      redirector: options.redirector,
      jobs: value('--jobs', options.jobs, parseJobs),
      checkInode: options.checkInode,
      maxDelete: value('--max-delete', options.maxDelete, parseLimit),
      readLimit: value('--read-limit', options.readLimit, parseRate),
      strict: options.strict,
    }),
    recipe: given<NonNullable<TreeSettings['recipe']>>({
      pieceLength: value('--piece-length', options.pieceLength, parsePieceLength),
      zsync: options.zsync,
      zsyncInclude: await globs('--zsync-include', options.zsyncInclude),
      zsyncBlockSize: value('--zsync-block-size', options.zsyncBlockSize, parseZsyncBlockSize),
      zsyncMaxSize: value('--zsync-max-size', options.zsyncMaxSize, parseSize),
    }),
    selection: given<NonNullable<TreeSettings['selection']>>({
      include: await globs('--include', options.include),
      exclude: await globs('--exclude', options.exclude),
      defaultExcludes: options.defaultExcludes === false ? false : undefined,
      oneFileSystem: options.oneFileSystem,
    }),
  };
}

/** @returns percent */
export function sampleFrom(text: string | undefined): number {
  return value('--sample', text, parseShare) ?? 100;
}

/** @returns percent, null when no sample is wanted */
export function verifySampleFrom(text: string | undefined): number | null {
  return value('--verify-sample', text, parseShare) ?? null;
}

/** @throws MirrorhashError USAGE that names what is wrong */
export function mirrorFrom(identifier: string, url: string, options: MirrorOptions): NewMirror {
  return {
    identifier: required('identifier', identifier, parseIdentifier),
    baseurl: required('url', url, httpUrl),
    country: value('--country', options.country, parseCountry) ?? '',
    region: value('--region', options.region, parseRegion) ?? '',
    score: value('--score', options.score, parseScore) ?? defaultScore,
    enabled: !options.disabled,
  };
}

/** A value that may not have been typed; an error names its option. */
export function value<T>(
  option: string,
  text: string | undefined,
  parse: (text: string) => T,
): T | undefined {
  return text === undefined ? undefined : required(option, text, parse);
}

/** The values of an option that may be repeated; an error names it. */
export function each<T>(
  option: string,
  texts: readonly string[] = [],
  parse: (text: string) => T,
): readonly T[] {
  return texts.map((text) => required(option, text, parse));
}

function required<T>(option: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    throw named(option, error);
  }
}

function named(option: string, error: unknown): unknown {
  if (!(error instanceof MirrorhashError)) return error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return new MirrorhashError('USAGE', `${option}: ${error.message}`, hint);
}

async function globs(
  option: string,
  typed: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  for (const glob of typed ?? []) {
    await checkGlob(glob).catch((error: unknown) => {
      throw named(option, error);
    });
  }
  return typed;
}
