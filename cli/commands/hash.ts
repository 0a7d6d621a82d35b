/**
 * `mirrorhash hash`: one run for each tree, and its report.
 */
import {
  generate,
  type HashPlan,
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
import { emptySummary, mergeSummaries } from '../summaries.js';

export async function hash(
  paths: readonly string[],
  options: HashOptions,
  context: Context,
): Promise<number> {
  const config = await loadConfig(options, context);
  const tasks = await hashTasks(paths, options, config, new Locator(config, options, context), context);
  // Of several trees, programs get one summary at the end; people get one after each.
  const together = tasks.length !== 1 && options.json === true;
  const summaries: Summary[] = [];
  const statuses: number[] = [];
  for (const task of tasks) {
    if (context.signal.aborted) break;
    if (tasks.length > 1) announce(task.tree, options, context);
    const { listener, result } = await attempt(task, options, context);
    listener.end();
    if (result.failure !== null) context.report(result.failure);
    // People need no summary where nothing was looked at.
    const sumsUp = options.json ? !together : result.failure === null || result.summary.directories.seen > 0;
    if (sumsUp) {
      listener.reporter.summary(result.summary, { interrupted: context.signal.aborted });
    }
    summaries.push(result.summary);
    statuses.push(result.failure === null ? listener.status() : status.fatal);
  }
  if (together) listen(options, false, context).reporter.summary(mergeSummaries(summaries));
  return worst(statuses);
}

interface Attempt {
  readonly listener: Listener;
  readonly result: RunResult;
}

/** Wrong use ends the command; a state that cannot be used ends the run of this tree. */
async function attempt(task: HashTask, options: HashOptions, context: Context): Promise<Attempt> {
  try {
    return options.dryRun
      ? await rehearseTree(task, options, context)
      : await hashTree(task, options, context);
  } catch (error) {
    if (statusOfError(error) === status.usage) throw error;
    return { listener: listen(options, false, context), result: { summary: emptySummary, failure: error } };
  }
}

async function hashTree(task: HashTask, options: HashOptions, context: Context): Promise<Attempt> {
  const opener = redirectorOf(task.tree, options, context);
  const state = openState(task.tree.place);
  try {
    const { plan, listener } = prepare(task, options, rememberedRecipe(state.cache), context);
    return { listener, result: await generate(plan, state, options.sync ? opener : null, listener.host) };
  } finally {
    state.cache.close();
  }
}

async function rehearseTree(task: HashTask, options: HashOptions, context: Context): Promise<Attempt> {
  redirectorOf(task.tree, options, context);
  const cache = peekState(task.tree.place);
  try {
    const { plan, listener } = prepare(task, options, rememberedRecipe(cache), context);
    const summary = await rehearse(plan, task.tree.place, cache, listener.host);
    return { listener, result: { summary, failure: null } };
  } finally {
    cache?.close();
  }
}

function prepare(
  task: HashTask,
  options: HashOptions,
  remembered: Partial<Settings['recipe']>,
  context: Context,
): { readonly plan: HashPlan; readonly listener: Listener } {
  const settings = resolveSettings(settingsFrom(options), task.tree.settings, { recipe: remembered });
  const listener = listen(options, settings.strict, context);
  const [first] = task.missing;
  if (first !== undefined) {
    const message = `${task.missing.length} of the listed paths do not exist, ${first} for one`;
    listener.host.emit({ event: 'notice', level: 'warning', code: 'LISTED_MISSING', message });
  }
  const plan: HashPlan = {
    scopes: scopesOf(task.wishes),
    settings,
    force: options.force ?? false,
    verbose: options.verbose ?? false,
  };
  return { plan, listener };
}

function redirectorOf(
  tree: Tree,
  options: HashOptions,
  context: Context,
): ReturnType<typeof redirectorOpener> {
  const { redirector } = mergeSettings(settingsFrom(options), tree.settings);
  return redirectorOpener(parseRedirector(redirector ?? null, context.cwd), tree.place);
}

function announce({ name, place }: Tree, options: HashOptions, context: Context): void {
  const { base } = place;
  if (options.json) context.stdout.write(`${JSON.stringify({ event: 'tree', tree: name, base })}\n`);
  else if (!options.quiet) context.say(name === null ? `tree ${base}` : `tree ${name}, ${base}`);
}
