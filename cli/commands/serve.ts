/**
 * `mirrorhash serve`: the tree, its hashes and its mirrors over HTTP, until somebody ends it.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  checkPlace,
  embeddedFile,
  MirrorhashError,
  mergeSettings,
  parseRedirector,
  peekState,
  readLastRun,
} from '../../src/index.js';
import { type Access, serve as serveTree } from '../../src/serving.js';
import { AccessLogFile, accessLine } from '../access-log.js';
import type { Context } from '../context.js';
import { findDirectory, findTarget, Locator, loadConfig, type Tree } from '../locate.js';
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
  await aborted(context.signal);
  await serving.close(patience);
  log.close();
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
  // A state of another tree is told now, not found out by its clients.
  peekState(tree.place)?.close();
  const file = embeddedFile(url.file, tree.place);
  if (existsSync(file)) return file;
  if (url.file === null) throw noState();
  throw new MirrorhashError('NO_STATE', `there is no redirector database ${file}`, {
    hint: 'run mirrorhash hash with the same --redirector first',
  });
}

interface AccessLog {
  readonly onAccess: ((access: Access) => void) | null;
  readonly close: () => void;
}

function accessLog({ accessLog: where }: ServeOptions, context: Context): AccessLog {
  if (where === false) return { onAccess: null, close: () => {} };
  if (where === '-') {
    const onAccess = (access: Access) => context.stdout.write(`${accessLine(access)}\n`);
    return { onAccess, close: () => {} };
  }
  const file = new AccessLogFile(resolve(context.cwd, where), context.report);
  return {
    onAccess: (access) => file.write(`${accessLine(access)}\n`),
    close: () => file.close(),
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolved) => signal.addEventListener('abort', () => resolved(), { once: true }));
}
