/**
 * What the commands' definitions have in common: options, the words about exit statuses, and how a command is run.
 */
import type { Command } from 'commander';
import type { Context } from './context.js';
import type { CommonOptions } from './options.js';

export interface Surroundings {
  readonly version: string;
  /** made when a command runs: help and version need none */
  readonly context: (options: CommonOptions) => Promise<Context>;
  readonly setStatus: (status: number) => void;
}

type Run = (argument: never, options: never, context: Context) => Promise<number>;

export const exitStatuses = `
Exit status:
  0    done; nothing failed
  1    the run could not do its job
  2    wrong use or configuration; nothing was touched
  3    done, but some files or directories failed
  4    verify, or the sample of an import, found differences
  130  interrupted (143: terminated); what was finished is kept`;

/** Options of commands that read files. */
export function reading(command: Command): Command {
  command
    .option('--jobs <n>', 'files read at once (default: the processors)')
    .option('--read-limit <bytes/s>', 'read at most so much a second, all together')
    .option('--no-progress', 'no progress on a terminal');
  return common(command);
}

/** Options of every command. */
export function common(command: Command): Command {
  return command
    .option('--base <dir>', "the redirector's document root (default: the tree that holds the path)")
    .option('--state <dir>', 'where cache, redirector database and locks lie')
    .option(
      '--redirector <url>',
      'postgres://user@host/database (MirrorBrain), sqlite:<file> (default: in the state) or none',
    )
    .option(
      '--mirrorbrain-conf <file>',
      "take database, piece length and zsync from MirrorBrain's configuration",
    )
    .option('--instance <name>', 'with --mirrorbrain-conf: this instance (default: the first one)')
    .option('--config <file>', 'configuration (default: /etc/mirrorhash.toml, if it exists)')
    .option('--json', 'one JSON object a line on standard output')
    .option('--quiet', 'no progress, no summary; errors are always told')
    .option('--verbose', 'name unchanged files, links and special files too')
    .option('--debug', 'tell where errors come from')
    .helpOption('--help', 'print this help');
}

/** A command with several arguments gets them as one list. */
export function runs(command: Command, { context, setStatus }: Surroundings, load: () => Promise<Run>): void {
  command.action(async (...given: readonly unknown[]) => {
    // The command itself is the last one.
    const [args, options] = [given.slice(0, -2), given.at(-2) as CommonOptions];
    const run = await load();
    const argument = args.length > 1 ? args : args[0];
    setStatus(await run(argument as never, options as never, await context(options)));
  });
}

export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
