/**
 * From a redirector's URL to its table of mirrors: only an embedded database has one that is ours to change.
 */
import { MirrorhashError } from '../errors.js';
import { Mirrors } from '../store/mirrors.js';
import { databaseExists } from '../store/open.js';
import { embeddedFile, type RedirectorUrl, refuseStrangersAt } from './open-redirector.js';
import type { StatePlace } from './state.js';

/** @throws MirrorhashError USAGE or NO_SUCH_PATH when there is no such table; nothing was touched */
export function openMirrors(url: RedirectorUrl, place: StatePlace, purpose: 'reading' | 'writing'): Mirrors {
  if (url.kind === 'none') {
    throw new MirrorhashError('USAGE', 'there are no mirrors: the redirector is none', {
      hint: 'name the database that has them with --redirector sqlite:<file>',
    });
  }
  if (url.kind === 'postgres') {
    throw new MirrorhashError('USAGE', 'the mirrors of a MirrorBrain database are not kept by mirrorhash', {
      hint: "use MirrorBrain's own program (mb new, mb list, mb scan …), or --redirector sqlite:<file>",
    });
  }
  const file = embeddedFile(url.file, place);
  if (!databaseExists(file)) {
    throw new MirrorhashError('NO_SUCH_PATH', `there is no redirector database ${file}`, {
      hint: 'run mirrorhash hash on the tree first: it makes the database',
    });
  }
  if (purpose === 'writing') refuseStrangersAt(url.file, file);
  return Mirrors.open(file, purpose);
}
