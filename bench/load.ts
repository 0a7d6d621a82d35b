/**
 * Load on an HTTP server of this machine, by wrk: one thread, which costs less than any server that it asks. What it
 * counts becomes a sample: the seconds that ten thousand answers take.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from './benchmark.js';
import { CommandFailed } from './measure.js';

/** What a rate is told in: seconds for so many answers. */
export const answers = 10_000;

const connections = 32;

/** A server process, and where it listens. */
export interface Served {
  readonly child: ChildProcess;
  /** without a `/` at its end */
  readonly origin: string;
}

/** Starts a server that tells its address on standard error, as `… http://HOST:PORT/`. */
export async function startServer(args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const chunk of child.stderr) {
    said += String(chunk);
    const origin = /https?:\/\/[^/\s]+/.exec(said)?.[0];
    if (origin === undefined) continue;
    child.stderr.resume();
    return { child, origin };
  }
  throw new CommandFailed(`${args.join(' ')} ended: ${said.trim().slice(0, 400)}`);
}

export async function stopServer({ child }: Served): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Load of one kind. */
export interface Load {
  /** percent-encoded path and query */
  readonly path: string;
  /** the path has this many variants: `%d` in it stands for numbers of so many digits, from 0 */
  readonly numbers?: readonly { readonly below: number; readonly digits: number }[];
  readonly status: number;
  readonly seconds: number;
}

export interface Answered extends Sample {
  /** milliseconds within which 99 of 100 were answered */
  readonly p99: number;
}

/**
 * @param scratch a directory for wrk's script
 * @throws CommandFailed when answers are not as expected
 */
export async function ask({ child, origin }: Served, load: Load, scratch: string): Promise<Answered> {
  // wrk counts statuses of 400 and above by itself; to look at each of them in Lua costs it time.
  const { status } = await fetch(origin + example(load), { redirect: 'manual' });
  if (status !== load.status) throw new CommandFailed(`${load.path} was answered ${status}`);
  const script = join(scratch, 'load.lua');
  writeFileSync(script, luaOf(load));
  const args = ['-t1', `-c${connections}`, `-d${load.seconds}s`, '--latency', '-s', script, origin];
  const wrk = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [wrk.stdout, wrk.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  await once(wrk, 'close');
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  const [, latency, unit = ''] = /99%\s+([\d.]+)(us|ms|s|m)\b/.exec(text) ?? [];
  if (!(rate > 0) || /Non-2xx|Socket errors/.test(text))
    throw new CommandFailed(`wrk on ${load.path}: ${text.slice(0, 600)}`);
  return {
    seconds: answers / rate,
    cpuSeconds: null,
    peakBytes: peakOf(child.pid),
    p99: Number(latency) * (inMilliseconds[unit] ?? Number.NaN),
  };
}

const inMilliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function example({ path, numbers = [] }: Load): string {
  let next = 0;
  return path.replaceAll('%d', () => '0'.repeat(numbers[next++]?.digits ?? 1));
}

/** A path for each request. */
function luaOf({ path, numbers = [] }: Load): string {
  const draws = numbers.map(({ below }) => `, math.random(0, ${below - 1})`).join('');
  let next = 0;
  const format = path.replaceAll('%', '%%').replaceAll('%%d', () => `%0${numbers[next++]?.digits ?? 1}d`);
  return `
math.randomseed(1)
request = function() return wrk.format('GET', string.format(${JSON.stringify(format)}${draws})) end
`;
}

/** Bytes resident at most, null where the system does not tell. */
function peakOf(pid: number | undefined): number | null {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}
