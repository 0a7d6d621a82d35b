/**
 * mirrorhash as its users run it: the built program, everything on, and a state of its own for every tree.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant, Site } from './benchmark.js';
import type { Command } from './measure.js';

/** A tree, and where its state lies. */
export interface HashedTree {
  readonly tree: string;
  readonly state: string;
}

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

export const ours = 'mirrorhash';
const everything = 'everything, cache and database';

export function mirrorhash(...args: readonly string[]): Command {
  return { program: process.execPath, args: [program, ...args] };
}

/** A first run: every file is read. The state of the run before is removed outside of the time. */
export function coldRun(site: Site, tree: string, who = ours, does = everything): Contestant {
  const state = join(site.directory, `state of ${who}`);
  return {
    who,
    does,
    before: () => rmSync(state, { recursive: true, force: true }),
    run: () => site.measure([[mirrorhash('hash', '--quiet', '--state', state, tree)]]),
  };
}

/** Runs after the first; whoever asks for it makes the first. */
export function warmRun(site: Site, { tree, state }: HashedTree, does: string): Contestant {
  return {
    who: ours,
    does,
    run: () => site.measure([[mirrorhash('hash', '--quiet', '--state', state, tree)]]),
  };
}

/** A server for a tree that was hashed, without a log. */
export function serve({ tree, state }: HashedTree): Command {
  return mirrorhash('serve', '--no-access-log', '--listen', '127.0.0.1:0', '--state', state, tree);
}
