/**
 * `--mirrorbrain-conf`: what was typed → the layer of settings that MirrorBrain's own configuration gives, which goes
 * before the configured trees and behind all other options.
 */
import { resolve } from 'node:path';
import {
  type MirrorbrainPart,
  MirrorhashError,
  readMirrorbrainConf,
  type TreeSettings,
} from '../src/index.js';
import type { Context } from './context.js';
import type { HashOptions } from './options.js';
import { printable } from './text.js';

/**
 * @param parts what the command uses: nothing else of the file is looked at, nor what another option says
 * @returns null when no such file was named
 */
export async function mirrorbrainLayer(
  options: Partial<HashOptions>,
  parts: readonly MirrorbrainPart[],
  context: Context,
): Promise<TreeSettings | null> {
  const { mirrorbrainConf: typed, instance = null } = options;
  if (typed === undefined && instance === null) return null;
  if (typed === undefined) {
    throw new MirrorhashError('USAGE', '--instance is of no use without --mirrorbrain-conf', {
      hint: 'name the file too: --mirrorbrain-conf /etc/mirrorbrain.conf',
    });
  }
  if (typed === '') throw new MirrorhashError('USAGE', '--mirrorbrain-conf: the path is empty');
  const asked = parts.filter((part) => options[part] === undefined);
  const { settings, notices } = await readMirrorbrainConf(resolve(context.cwd, typed), instance, asked);
  for (const notice of options.quiet ? [] : notices) context.say(printable(notice));
  return settings;
}
