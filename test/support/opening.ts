/** A program that opens the same database again and again, as programs do that start at the same moment. */

import { messageOf } from '../../src/errors.js';
import { Cache } from '../../src/store/cache.js';
import { CacheReader } from '../../src/store/cache-reader.js';
import { databaseExists } from '../../src/store/open.js';
import { answer } from './children.js';
import { becomeNobody } from './nobody.js';

export interface Request {
  readonly what: 'make' | 'watch';
  readonly files: readonly string[];
}

if (process.argv[2] === 'nobody') becomeNobody();

function make(file: string): string {
  try {
    const cache = Cache.open(file);
    cache.set('made', 'yes');
    cache.close();
    return 'made';
  } catch (error) {
    return messageOf(error);
  }
}

/** Waits for the file, and looks into it as soon as it is there. */
function watch(file: string): string {
  const deadline = Date.now() + 20_000;
  while (!databaseExists(file)) if (Date.now() > deadline) return 'never made';
  try {
    const reader = CacheReader.open(file);
    const sequence = reader.lastSequence();
    reader.close();
    return `sequence ${sequence}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** What happened, each thing once. */
answer<Request>(({ what, files }) => [...new Set(files.map(what === 'make' ? make : watch))]);
