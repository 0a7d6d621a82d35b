#!/usr/bin/env node
/**
 * The program: arguments → command → exit status. Signals, and errors that nobody else took, end here.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { type Command, CommanderError } from 'commander';
import type { Context } from './context.js';
import type { CommonOptions } from './options.js';
import { createProgram } from './program.js';
import { printable, said } from './text.js';

const usage = 2;
/** Milliseconds that an interrupted command has to end by itself; the contract allows two seconds. */
const grace = 1_800;

const interruption = new AbortController();
let exitStatus = 0;
let signalStatus: number | null = null;
let context: Context | null = null;

async function contextFor(options: CommonOptions): Promise<Context> {
  const { createContext } = await import('./context.js');
  context = createContext(interruption, { version, debug: options.debug ?? false });
  return context;
}

function exit(): never {
  context?.stdout.flush();
  context?.stderr.flush();
  process.exit(signalStatus ?? exitStatus);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time somebody is in a hurry: what is committed is safe.
    if (signalStatus !== null || context === null) {
      signalStatus ??= 128 + constants.signals[signal];
      exit();
    }
    signalStatus = 128 + constants.signals[signal];
    interruption.abort();
    setTimeout(exit, grace).unref();
  });
}

// `ulimit -f` ends who does not listen; then a write fails, which has words.
process.on('SIGXFSZ', () => {});

const { version } = JSON.parse(readFileSync(new URL(packageFile(), import.meta.url), 'utf8')) as {
  version: string;
};
const program = createProgram({
  version,
  context: contextFor,
  setStatus: (status) => {
    exitStatus = status;
  },
});
speakAsWe(program);

try {
  await program.parseAsync();
  // Interrupted by no signal: the output was closed.
  if (interruption.signal.aborted && signalStatus === null) await reportAndFail(interruption.signal.reason);
} catch (error) {
  if (error instanceof CommanderError) exitStatus = error.exitCode === 0 ? 0 : usage;
  // What was cut short by a signal is no failure of its own.
  else if (signalStatus === null) await reportAndFail(error);
}
exit();

async function reportAndFail(error: unknown): Promise<void> {
  const { statusOfError } = await import('./exit-status.js');
  const surroundings = context ?? (await contextFor({}));
  surroundings.report(error);
  exitStatus = statusOfError(error);
}

/** Errors of a command, and of those below it, come in our words, and end the program here. */
function speakAsWe(command: Command): void {
  const help = `${wordsOf(command)} --help`;
  command.exitOverride().configureOutput({ outputError: (text, write) => write(inOurWords(text, help)) });
  for (const below of command.commands) speakAsWe(below);
}

/** What is typed to reach a command, such as `mirrorhash mirror add`. */
function wordsOf(command: Command): string {
  return command.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
}

/** The build lies one directory deeper than the source. */
function packageFile(): string {
  return import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
}

/** Commander's `error: …` as ours; what was typed may hold anything. */
function inOurWords(text: string, help: string): string {
  const [first = '', ...rest] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n');
  const suggestion = rest
    .join(' ')
    .replace(/^\(|\?\)$/g, '')
    .replace(/^Did/, 'did');
  const hint = suggestion === '' ? `see ${help}` : suggestion;
  return said(printable(first.replace(/\.$/, '')), printable(hint));
}
