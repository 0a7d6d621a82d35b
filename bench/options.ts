/**
 * What was typed → what is meant. Pure.
 */
import { parseArgs } from 'node:util';

export interface Options {
  /** ids, `profile` among them; null: all */
  readonly only: ReadonlySet<string> | null;
  readonly rounds: number;
  readonly quick: boolean;
  readonly long: boolean;
  /** where the data are made; null: a fresh temporary directory */
  readonly dir: string | null;
  readonly keep: boolean;
  readonly profile: boolean;
  readonly help: boolean;
}

/** What was typed makes no sense. */
export class Usage extends Error {
  override readonly name = 'Usage';
}

export const profileId = 'profile';

/** @throws Usage */
export function parseOptions(args: readonly string[], ids: readonly string[]): Options {
  const { values } = parsed(args);
  const only = values.only === undefined ? null : new Set(values.only.split(','));
  const known = [...ids, profileId];
  for (const id of only ?? []) {
    if (!known.includes(id)) throw new Usage(`there is no benchmark ${id}; there are ${known.join(', ')}`);
  }
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Usage('--rounds takes a number of at least 1');
  return {
    only,
    rounds,
    quick: values.quick,
    long: values.long,
    dir: values.dir ?? null,
    keep: values.keep,
    profile: values.profile || (only?.has(profileId) ?? false),
    help: values.help,
  };
}

function parsed(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const value = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: value,
        rounds: value,
        quick: flag,
        long: flag,
        dir: value,
        keep: flag,
        profile: flag,
        help: flag,
      },
    });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

export function helpText(benchmarks: readonly { readonly id: string; readonly claim: string }[]): string {
  const width = Math.max(...benchmarks.map(({ id }) => id.length));
  return `Usage: npm run bench -- [options]

Measures mirrorhash and, where they are installed, programs that do a part of it, in the same run.

  --only <id,…>   only these; "profile" for the profile alone
  --rounds <n>    how often everybody has a turn (default 5; fewer for what is very long)
  --quick         small data, one round, no results written: does everything work?
  --long          with what takes very long
  --profile       also what each stage costs, single-threaded
  --dir <dir>     make the data in <dir>/mirrorhash-bench (default: a temporary directory)
  --keep          leave the data there; the next run with the same --dir takes them
  --help          print this

${benchmarks.map(({ id, claim }) => `  ${id.padEnd(width)}  ${claim}`).join('\n')}
`;
}
