/**
 * What every command that works through files has in common: reporter, progress, listening, exit status.
 */
import type { Host, OutputEvent, Progress, RunEvent } from '../src/index.js';
import type { Context } from './context.js';
import { statusOfEvent, worst } from './exit-status.js';
import type { HashOptions, ReadingOptions } from './options.js';
import { canRedraw, createProgress, type ProgressView } from './progress.js';
import { createReporter, type Reporter } from './report.js';

/** Milliseconds between two looks at how far the run is. */
const lookInterval = 100;

export interface Listener {
  readonly host: Host & { readonly emit: (event: RunEvent | OutputEvent) => void };
  readonly reporter: Reporter;
  /** the worst of what was heard so far */
  readonly status: () => number;
  /** ends the watching */
  readonly end: () => void;
}

export function listen(
  options: ReadingOptions & Pick<HashOptions, 'explain' | 'dryRun'>,
  strict: boolean,
  context: Context,
): Listener {
  const progress = progressFor(options, context);
  const reporter = createReporter({
    mode: options.json ? 'json' : 'text',
    quiet: options.quiet ?? false,
    verbose: options.verbose ?? false,
    explain: options.explain ?? false,
    dryRun: options.dryRun ?? false,
    strict,
    stdout: context.stdout,
    stderr: context.stderr,
    progress,
  });
  const heard = new Set<number>();
  let timer: NodeJS.Timeout | undefined;
  const host: Listener['host'] = {
    signal: context.signal,
    emit(event: RunEvent | OutputEvent) {
      heard.add(statusOfEvent(event, strict));
      reporter.event(event);
    },
    watch(current: () => Progress) {
      timer = setInterval(() => progress.show(current()), lookInterval);
    },
  };
  const end = (): void => {
    clearInterval(timer);
    progress.done();
  };
  return { host, reporter, status: () => worst([...heard]), end };
}

function progressFor({ quiet, progress }: ReadingOptions, { terminal }: Context): ProgressView {
  const wanted = progress && !quiet && canRedraw(process.stderr, terminal.type);
  return createProgress({ stream: process.stderr, isTerminal: wanted, columns: terminal.columns });
}
