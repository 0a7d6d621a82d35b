/**
 * `mirrorhash serve`: the tree, its hashes and its mirrors over HTTP, until somebody ends it.
 */
import { resolve } from 'node:path';
import {
  checkPlace,
  databaseExists,
  embeddedFile,
  MirrorhashError,
  mergeSettings,
  parseRedirector,
  peekState,
  readLastRun,
} from '../../src/index.js';
import { type Access, serve as serveTree } from '../../src/serving.js';
import { AccessLogFile, accessLine } from '../access-log.js';
import { type Context, closedOutput } from '../context.js';
import { findDirectory, findTarget, Locator, loadConfig, type Tree } from '../locate.js';
import { LogOutput } from '../log-output.js';
import { settingsFrom } from '../options.js';
import { type ServeOptions, serveSettingsFrom } from '../serve-options.js';
import { printable } from '../text.js';

/** Milliseconds that downloads have to end by themselves; then the program has some left to end in two seconds. */
const patience = 1200;

export async function serve(directory: string, options: ServeOptions, context: Context): Promise<number> {
  const typed = serveSettingsFrom(options);
  const locator = new Locator(await loadConfig(options, context, ['redirector']), options, context);
  findDirectory(directory, '<dir>', context);
  const { tree, path } = locator.treeOf(findTarget(directory, context.cwd));
  if (path !== '') {
    throw new MirrorhashError('USAGE', `${directory} is a directory in the tree ${tree.place.base}`, {
      hint: `only a whole tree is served: mirrorhash serve ${tree.place.base}`,
    });
  }
  const database = await databaseOf(tree, options, context, () => locator.noState(tree));
  const log = accessLog(options, context);
  const serving = await serveTree({
    ...typed,
    base: tree.place.base,
    database,
    onAccess: log.onAccess,
    droppedAccesses: log.dropped,
    onError: context.report,
    warn: (message) => context.say(printable(message)),
    lastRun: () => {
      const run = readLastRun(tree.place);
      return run === null ? null : Date.parse(run.at);
    },
  });
  if (!options.quiet) {
    context.say(`serving ${printable(tree.place.base)} at ${serving.url}`);
    if (serving.metricsUrl !== null) context.say(`metrics at ${serving.metricsUrl}metrics`);
  }
  await aborted(AbortSignal.any([context.signal, log.ended]));
  await serving.close(patience);
  log.close();
  if (log.ended.aborted) throw closedOutput(log.ended.reason);
  return 0;
}

/** @throws MirrorhashError USAGE when the redirector is another than an embedded database, NO_STATE without any */
async function databaseOf(
  tree: Tree,
  options: ServeOptions,
  context: Context,
  noState: () => MirrorhashError,
): Promise<string> {
  checkPlace(tree.place);
  const { redirector = null } = mergeSettings(await settingsFrom(options), tree.settings);
  const url = parseRedirector(redirector, context.cwd);
  if (url.kind === 'none') {
    throw new MirrorhashError('USAGE', 'nothing can be served of the redirector none', {
      hint: 'name an embedded database with --redirector sqlite:<file>',
    });
  }
  if (url.kind === 'postgres') {
    throw new MirrorhashError('USAGE', 'a MirrorBrain database is served by MirrorBrain, not by mirrorhash', {
      hint: 'have mirrorhash hash fill an embedded database as well, and name it with --redirector sqlite:<file>',
    });
  }
  checkTree(tree.place);
  const file = embeddedFile(url.file, tree.place);
  if (databaseExists(file)) return file;
  if (url.file === null) throw noState();
  throw new MirrorhashError('NO_STATE', `there is no redirector database ${file}`, {
    hint: 'run mirrorhash hash with the same --redirector first',
  });
}

/**
 * A state of another tree is told now, not found out by its clients. Who may only read a state cannot always open its
 * cache, and needs it for nothing else.
 */
function checkTree(place: Tree['place']): void {
  try {
    peekState(place)?.close();
  } catch (error) {
    if (!(error instanceof MirrorhashError && error.code === 'CACHE_UNUSABLE')) throw error;
  }
}

interface AccessLog {
  readonly onAccess: ((access: Access) => void) | null;
  /** how many lines its reader did not take */
  readonly dropped: () => number;
  /** aborted with the error when standard output cannot be written any more: then the program ends, as all do */
  readonly ended: AbortSignal;
  readonly close: () => void;
}

function accessLog({ accessLog: where }: ServeOptions, context: Context): AccessLog {
  const ended = new AbortController();
  let dropped = 0;
  const none = { onAccess: null, dropped: () => dropped, ended: ended.signal, close: () => {} };
  if (where === false) return none;
  const onDropped = (): void => {
    dropped += 1;
    if (dropped === 1) context.say('the access log is not read, or too slowly: lines of it are dropped');
  };
  // Node has made standard output non-blocking where it is a pipe.
  const output =
    where === '-'
      ? new LogOutput({ descriptor: 1, onDropped, onClosed: (error) => ended.abort(error) })
      : new AccessLogFile(resolve(context.cwd, where), onDropped, context.report);
  return {
    ...none,
    onAccess: (access) => output.write(`${accessLine(access)}\n`),
    close: () => output.close(),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolved) => signal.addEventListener('abort', () => resolved(), { once: true }));
}
