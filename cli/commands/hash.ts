/**
 * `mirrorhash hash`: one run for each tree, and its report.
 */
import {
  checkPlace,
  emptySummary,
  generate,
  type HashPlan,
  MirrorhashError,
  mergeSettings,
  openState,
  parseRedirector,
  peekState,
  type RunResult,
  redirectorOpener,
  rehearse,
  rememberedRecipe,
  resolveSettings,
  type Settings,
  type Summary,
  scopesOf,
} from '../../src/index.js';
import type { Context } from '../context.js';
import { status, statusOfError, worst } from '../exit-status.js';
import { type HashTask, hashTasks } from '../hash-targets.js';
import { Locator, loadConfig, type Tree } from '../locate.js';
import { type HashOptions, settingsFrom } from '../options.js';
import { type Listener, listen } from '../run.js';
import { mergeSummaries } from '../summaries.js';
import { count, jsonLine, printable } from '../text.js';

export async function hash(
  paths: readonly string[],
  options: HashOptions,
  context: Context,
): Promise<number> {
  const config = await loadConfig(options, context);
  const locator = new Locator(config, options, context);
  const { tasks, failures } = await hashTasks(paths, options, config, locator, context);
  await refuseShared(tasks, options);
  const [failure] = failures;
  if (tasks.length === 0 && failures.length === 1) throw failure;
  for (const error of failures) context.report(error);
  const alone = tasks.length === 1 && failures.length === 0;
  const runs: Run[] = [];
  for (const task of tasks) {
    if (context.signal.aborted) break;
    if (!alone) announce(task.tree, options, context);
    runs.push(await runTree(task, alone, options, context));
  }
  // Of several trees, programs get one summary at the end; people got one after each.
  if (!alone && options.json) {
    listen(options, false, context).reporter.summary(mergeSummaries(runs.map(({ summary }) => summary)));
  }
  return worst([...runs.map((run) => run.status), ...failures.map(() => status.fatal)]);
}

/** Paths are relative to the base: the files of two trees would overwrite each other's rows. */
async function refuseShared(tasks: readonly HashTask[], options: HashOptions): Promise<void> {
  if (!options.sync) return;
  const said = await settingsFrom(options);
  const users = new Map<string, Tree>();
  for (const { tree } of tasks) {
    const { redirector = 'none' } = mergeSettings(said, tree.settings);
    const other = users.get(redirector);
    if (redirector !== 'none' && other !== undefined) {
      throw new MirrorhashError(
        'USAGE',
        `${other.place.base} and ${tree.place.base} have the same redirector`,
        {
          hint: 'a redirector has one document root: name one tree, or give each a redirector of its own',
        },
      );
    }
    users.set(redirector, tree);
  }
}

interface Run {
  readonly summary: Summary;
  readonly status: number;
}

async function runTree(task: HashTask, alone: boolean, options: HashOptions, context: Context): Promise<Run> {
  const { listener, result } = await attempt(task, alone, options, context);
  const { summary, failure } = result;
  listener.end();
  if (failure !== null) context.report(failure);
  // People need no summary where nothing was looked at.
  const sumsUp = options.json ? alone : failure === null || summary.directories.seen > 0;
  if (sumsUp) listener.reporter.summary(summary, { interrupted: context.signal.aborted });
  return { summary, status: failure === null ? listener.status() : status.fatal };
}

interface Attempt {
  readonly listener: Listener;
  readonly result: RunResult;
}

/**
 * What is wrong with the only tree is wrong use and ends the command, before anything was touched. Of several trees,
 * one that cannot be done leaves the others alone.
 */
async function attempt(
  task: HashTask,
  alone: boolean,
  options: HashOptions,
  context: Context,
): Promise<Attempt> {
  try {
    checkPlace(task.tree.place);
    return options.dryRun
      ? await rehearseTree(task, options, context)
      : await hashTree(task, options, context);
  } catch (error) {
    if (alone && statusOfError(error) === status.usage) throw error;
    return {
      listener: listen(options, false, context),
      result: { summary: emptySummary, failure: error },
    };
  }
}

async function hashTree(task: HashTask, options: HashOptions, context: Context): Promise<Attempt> {
  const opener = await redirectorOf(task.tree, options, context);
  const state = openState(task.tree.place);
  try {
    const { plan, listener } = await prepare(task, options, rememberedRecipe(state.cache), context);
    return { listener, result: await generate(plan, state, options.sync ? opener : null, listener.host) };
  } finally {
    state.cache.close();
  }
}

async function rehearseTree(task: HashTask, options: HashOptions, context: Context): Promise<Attempt> {
  await redirectorOf(task.tree, options, context);
  const cache = peekState(task.tree.place);
  try {
    const { plan, listener } = await prepare(task, options, rememberedRecipe(cache), context);
    const summary = await rehearse(plan, task.tree.place, cache, listener.host);
    return { listener, result: { summary, failure: null } };
  } finally {
    cache?.close();
  }
}

async function prepare(
  task: HashTask,
  options: HashOptions,
  remembered: Partial<Settings['recipe']>,
  context: Context,
): Promise<{ readonly plan: HashPlan; readonly listener: Listener }> {
  const settings = resolveSettings(await settingsFrom(options), task.tree.settings, { recipe: remembered });
  const listener = listen(options, settings.strict, context);
  const [first] = task.missing;
  if (first !== undefined) {
    const others = task.missing.length - 1;
    const message = `listed, but not there: ${first}${others === 0 ? '' : ` and ${count(others)} more`}`;
    listener.host.emit({ event: 'notice', level: 'warning', code: 'LISTED_MISSING', message });
  }
  const plan: HashPlan = {
    scopes: scopesOf(task.wishes),
    settings,
    force: options.force ?? false,
    verbose: options.verbose ?? false,
    newPaths: options.newPaths ?? false,
  };
  return { plan, listener };
}

async function redirectorOf(
  tree: Tree,
  options: HashOptions,
  context: Context,
): ReturnType<typeof redirectorOpener> {
  const { redirector } = mergeSettings(await settingsFrom(options), tree.settings);
  const url = parseRedirector(redirector ?? null, context.cwd);
  return redirectorOpener(url, tree.place, context.environment);
}

function announce({ name, place }: Tree, options: HashOptions, context: Context): void {
  const { base } = place;
  if (options.json) context.stdout.write(`${jsonLine({ event: 'tree', tree: name, base })}\n`);
  else if (!options.quiet) context.say(printable(name === null ? `tree ${base}` : `tree ${name}, ${base}`));
}
