/**
 * Runs programs and takes their time: wall time by our own clock, processor time and peak memory by GNU time, which
 * asks the kernel (`wait4`). Where there is no GNU time those two are not measured. No shell is in between.
 *
 * It compares nothing, and it prepares nothing.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stream } from 'node:stream';
import type { Sample } from './benchmark.js';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory?: string;
  /** its output is the standard input */
  readonly input?: Command;
}

/**
 * Steps run one after the other, the commands of a step side by side. Standard output is thrown away.
 *
 * The peak of a step is the sum of its commands': they need not peak at the same moment, so it is an upper bound.
 */
export type Measure = (steps: readonly (readonly Command[])[]) => Promise<Sample>;

/** A program that did not do its work: then its time means nothing. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

interface Usage {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const gnuTime = '/usr/bin/time';

/** @param scratch a directory for GNU time's answers */
export function createMeasure(scratch: string): Measure {
  const usesTime = hasGnuTime();
  return async (steps) => {
    const started = performance.now();
    const usages: (readonly (Usage | null)[])[] = [];
    for (const commands of steps) {
      usages.push(
        await Promise.all(
          commands.map((command, index) => run(command, usesTime ? join(scratch, `time-${index}`) : null)),
        ),
      );
    }
    const seconds = (performance.now() - started) / 1000;
    return { seconds, ...summed(usages) };
  };
}

function hasGnuTime(): boolean {
  const { stdout, stderr } = spawnSync(gnuTime, ['--version'], { encoding: 'utf8' });
  return /GNU/.test(`${stdout}${stderr}`);
}

function summed(steps: readonly (readonly (Usage | null)[])[]): Omit<Sample, 'seconds'> {
  const known = steps.map((step) => step.flatMap((usage) => usage ?? []));
  if (known.flat().length < steps.flat().length) return { cpuSeconds: null, peakBytes: null };
  return {
    cpuSeconds: known.flat().reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    peakBytes: Math.max(...known.map((step) => step.reduce((sum, usage) => sum + usage.peakBytes, 0))),
  };
}

/** @param report where GNU time puts its answer; null: without it */
async function run(command: Command, report: string | null): Promise<Usage | null> {
  const feeder = command.input === undefined ? null : start(command.input, null, 'pipe');
  const timed: Command =
    report === null
      ? command
      : {
          ...command,
          program: gnuTime,
          args: ['-q', '-f', '%U %S %M', '-o', report, command.program, ...command.args],
        };
  const child = start(timed, feeder?.stdout ?? null, 'ignore');
  // The reader has its own end of the pipe; with ours open, the writer would not hear that the reader died.
  feeder?.stdout?.destroy();
  await Promise.all([ended(child, command), ...(feeder === null ? [] : [ended(feeder, command)])]);
  if (report === null) return null;
  const [user = 0, system = 0, kibibytes = 0] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
  return { cpuSeconds: user + system, peakBytes: kibibytes * 1024 };
}

function start(command: Command, input: Stream | null, output: 'pipe' | 'ignore'): ChildProcess {
  return spawn(command.program, command.args, {
    ...(command.directory === undefined ? {} : { cwd: command.directory }),
    stdio: [input ?? 'ignore', output, 'pipe'],
  });
}

function ended(child: ChildProcess, command: Command): Promise<void> {
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', ({ message }) => reject(new CommandFailed(message)));
    // Not `exit`: what it said last may come after its end.
    child.on('close', (status, signal) => {
      if (status === 0) return resolve();
      const words = Buffer.concat(said).toString('utf8').trim().slice(0, 400);
      reject(new CommandFailed(`${command.program} ended with ${status ?? signal}: ${words}`));
    });
  });
}
