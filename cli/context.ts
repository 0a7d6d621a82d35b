/**
 * What a command gets from the outside world: environment, working directory, output, interruption.
 *
 * Only `cli/` knows these; they are gathered here once, so that nothing else asks the process.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { MirrorhashError, messageOf, reasonOf, systemCode } from '../src/index.js';
import { createOutput, type Output } from './output.js';
import { printable, said } from './text.js';

export interface Context {
  /** of the program */
  readonly version: string;
  readonly cwd: string;
  /** variables that others define: libpq's, say */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** where states of trees lie that are given no place of their own */
  readonly stateHome: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Tells people something, on standard error. */
  readonly say: (message: string, hint?: string) => void;
  /** Tells people what went wrong. */
  readonly report: (error: unknown) => void;
  readonly terminal: { readonly type: string | undefined; readonly columns: () => number };
  /** aborted when the user interrupts, the system terminates, or nobody reads the output any more */
  readonly signal: AbortSignal;
}

export interface ContextOptions {
  readonly version: string;
  /** tell where errors come from */
  readonly debug: boolean;
}

export function createContext(interruption: AbortController, { version, debug }: ContextOptions): Context {
  const onClosed = (error: unknown): void => {
    interruption.abort(closedOutput(error));
  };
  const { env: environment } = process;
  const stdout = createOutput({ fd: 1, isTerminal: process.stdout.isTTY === true, buffered: true, onClosed });
  const stderr = createOutput({
    fd: 2,
    isTerminal: process.stderr.isTTY === true,
    buffered: false,
    onClosed: () => {},
  });
  function say(message: string, hint?: string): void {
    stdout.flush();
    stderr.write(said(message, hint));
  }
  function report(error: unknown): void {
    say(printable(errorText(error)), hintOf(error));
    if (debug && error instanceof Error) stderr.write(`${inspect(error)}\n`);
  }
  return {
    version,
    cwd: process.cwd(),
    environment,
    // When it is asked for: a user without a home may well name a state.
    get stateHome() {
      return stateHome(environment, process.getuid?.() === 0);
    },
    stdout,
    stderr,
    say,
    report,
    terminal: { type: environment.TERM, columns: () => process.stderr.columns ?? 80 },
    signal: interruption.signal,
  };
}

export function closedOutput(error: unknown): MirrorhashError {
  const why = systemCode(error) === 'EPIPE' ? 'its reader went away' : messageOf(error);
  return new MirrorhashError('OUTPUT_CLOSED', `standard output cannot be written: ${why}`);
}

function errorText(error: unknown): string {
  if (error instanceof MirrorhashError) return error.message;
  const path = systemPath(error);
  return path === null ? `internal error: ${messageOf(error)}` : `${path}: ${reasonOf(error)}`;
}

/** The file that a system call failed on. */
function systemPath(error: unknown): string | null {
  const isSystem = /^E[A-Z0-9]+$/.test(systemCode(error) ?? '');
  return isSystem && error instanceof Error && 'path' in error ? String(error.path) : null;
}

function hintOf(error: unknown): string | undefined {
  if (error instanceof MirrorhashError) return error.hint;
  if (systemPath(error) !== null) return undefined;
  return 'this is a mistake in mirrorhash; run it again with --debug and report what it prints';
}

/** The contract's order: our own variable, systemd's, root's place, XDG's. */
export function stateHome(environment: NodeJS.ProcessEnv, isRoot: boolean): string {
  const { MIRRORHASH_STATE: own, STATE_DIRECTORY: systemd, XDG_STATE_HOME: xdg } = environment;
  if (own !== undefined && own !== '') return resolve(own);
  // systemd separates several directories by colons.
  const [first] = (systemd ?? '').split(':');
  if (first !== undefined && first !== '') return first;
  if (isRoot) return '/var/lib/mirrorhash';
  // The specification has relative paths ignored.
  return xdg !== undefined && isAbsolute(xdg)
    ? join(xdg, 'mirrorhash')
    : join(homedir(), '.local/state/mirrorhash');
}
