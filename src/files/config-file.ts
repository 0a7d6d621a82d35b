/**
 * Reads a configuration file from the disk. What it means, and whether it is right, is config.ts' work.
 */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config.js';
import { MirrorhashError, systemCode } from '../errors.js';

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
