/**
 * Reads configuration files from the disk: ours, and MirrorBrain's. What they mean, and whether they are right, is the
 * work of config.ts and mirrorbrain-conf.ts.
 */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { MirrorhashError, systemCode } from '../errors.js';
import type { MirrorbrainConf, MirrorbrainPart } from '../mirrorbrain-conf.js';

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no directory',
  EACCES: 'cannot be read: permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'cannot be read: too many symbolic links',
};

/**
 * Reads and checks a configuration file.
 *
 * @throws MirrorhashError CONFIG_INVALID when it cannot be read, is not UTF-8 or is wrong
 */
export async function readConfig(file: string): Promise<Config> {
  const text = decode(await read(file), file);
  // Most runs have no configuration, and its parsers take a while to load.
  const { parseConfig } = await import('../config.js');
  return parseConfig(text, file);
}

/**
 * Reads MirrorBrain's configuration. Old ones may have comments in another encoding than UTF-8: they do no harm.
 *
 * @param instance null: the first one
 * @throws MirrorhashError CONFIG_INVALID when it cannot be read or is wrong, USAGE when there is no such instance
 */
export async function readMirrorbrainConf(
  file: string,
  instance: string | null,
  parts: readonly MirrorbrainPart[],
): Promise<MirrorbrainConf> {
  const text = new TextDecoder('utf-8').decode(await read(file));
  const { parseMirrorbrainConf } = await import('../mirrorbrain-conf.js');
  return parseMirrorbrainConf(text, file, instance, parts);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const problem = problems[systemCode(error) ?? ''];
    if (problem === undefined) throw error;
    throw new MirrorhashError('CONFIG_INVALID', `the configuration file ${file} ${problem}`, {
      cause: error,
    });
  }
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MirrorhashError('CONFIG_INVALID', `the configuration file ${file} is not UTF-8`, {
      cause: error,
    });
  }
}
