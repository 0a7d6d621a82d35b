/**
 * A process that swaps things of a tree while a program works on it (swapper.py), and a place where nobody may read: the
 * canary, outside of the tree, of the same names, sizes and times as what it is swapped with.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { seed } from '../faults/plan.js';
import { longAgo, write } from '../support/e2e-files.js';
import { python } from '../support/python.js';

export interface SwapPlan {
  readonly pairs: readonly (readonly [string, string])[];
  readonly contents?: Readonly<Record<string, readonly string[]>>;
  /** seconds between a few swaps at most */
  readonly pause?: number;
}

export interface Swapping {
  /** @returns how often it swapped */
  stop(): Promise<number>;
}

const script = new URL('swapper.py', import.meta.url).pathname;
const running: Swapping[] = [];
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

/** It ends with the test at the latest. */
export async function swapping({ pairs, contents = {}, pause = 0.002 }: SwapPlan): Promise<Swapping> {
  const child = spawn(python, [script]);
  child.stdin.write(`${JSON.stringify({ pairs, contents, pause, seed })}\n`);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  const stop = async (): Promise<number> => {
    child.stdin.end();
    await ended;
    const swaps = Number(said.stdout.split('\n')[1]);
    if (!(swaps > 0)) throw new Error(`the swapper failed: ${said.stderr}`);
    return swaps;
  };
  running.push({ stop });
  return { stop };
}

/** What nobody may read. @param like what it is swapped with: of the same length */
export class Canary {
  readonly text: string;

  constructor(
    readonly directory: string,
    name: string,
    like: string,
  ) {
    this.text = 'CANARY '.repeat(like.length).slice(0, like.length);
    this.file = join(directory, name);
    write(this.file, this.text);
    write(join(directory, 'canary-name'), this.text);
    for (const path of [this.file, directory]) utimesSync(path, new Date(0), longAgo);
  }

  readonly file: string;

  /** Whether it was read: the system notes the first reading since long ago (relatime). */
  get isRead(): boolean {
    return [this.file, this.directory].some((path) => lstatSync(path).atimeMs !== 0);
  }

  /** All that a database could hold of it. */
  get traces(): readonly Buffer[] {
    const digests = ['md5', 'sha1', 'sha256'].map((name) => createHash(name).update(this.text).digest());
    return [...digests, Buffer.from(this.text.slice(0, 20))];
  }
}

/** Whether the system notes readings at all; says so when it does not. */
export function notesReading(directory: string): boolean {
  const control = new Canary(join(directory, 'control'), 'file', 'something');
  spawnSync('cat', [control.file]);
  if (control.isRead) return true;
  process.stderr.write(
    `hostile: ${directory} lies on a file system without access times: readings are not noticed\n`,
  );
  return false;
}

/** Files below a state in which one of the byte strings stands. */
export function filesWith(state: string, traces: readonly Buffer[]): readonly string[] {
  if (!existsSync(state)) return [];
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const bytes = readIfThere(file);
      return traces.some((trace) => bytes.includes(trace));
    });
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    // A lock, say, that was given back.
    return Buffer.alloc(0);
  }
}
