/**
 * The programs that we are measured against: whether they are installed, which version, and their command lines.
 * Each is asked for as much of what we compute as it can, and writes to nowhere. It runs none of them.
 */
import { spawnSync } from 'node:child_process';
import type { Command } from './measure.js';

export type Program = keyof typeof versionOf;

/** How each tells its version. */
const versionOf = {
  rhash: ['--version'],
  hashdeep: ['-V'],
  zsyncmake: ['-V'],
  mktorrent: ['-h'],
  find: ['--version'],
  xargs: ['--version'],
  md5sum: ['--version'],
  sha1sum: ['--version'],
  sha256sum: ['--version'],
  wrk: ['-v'],
} as const;

export const coreutils = ['md5sum', 'sha1sum', 'sha256sum'] as const;

/** The first line that a program says of itself; absent when it is not installed. */
export type Versions = ReadonlyMap<Program, string>;

export function installedPrograms(): Versions {
  const found = new Map<Program, string>();
  for (const program of Object.keys(versionOf) as Program[]) {
    const { error, stdout, stderr } = spawnSync(program, versionOf[program], { encoding: 'utf8' });
    if (error === undefined) found.set(program, firstLine(stdout) || firstLine(stderr));
  }
  return found;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() ?? '';
}

export function rhash(tree: string): Command {
  return { program: 'rhash', args: ['-r', '--md5', '--sha1', '--sha256', '--btih', tree] };
}

export function hashdeep(tree: string): Command {
  return { program: 'hashdeep', args: ['-r', '-c', 'md5,sha1,sha256', tree] };
}

export function findStats(tree: string): Command {
  return { program: 'find', args: [tree, '-printf', '%p %s %T@\\n'] };
}

const url = 'http://example.org/file';

export function zsyncmake(blockSize: number): Command {
  return { program: 'zsyncmake', args: ['-b', String(blockSize), '-u', url, '-o', '/dev/null'] };
}

/** @param output makes the torrent here; without it, NAME.torrent in the working directory */
export function mktorrent(threads: number, output: string | null): Command {
  const out = output === null ? [] : ['-o', output];
  return { program: 'mktorrent', args: ['-t', String(threads), '-l', '18', '-a', url, ...out] };
}

export function withFile({ program, args, ...rest }: Command, file: string): Command {
  return { program, args: [...args, file], ...rest };
}

/** `find TREE -type f -print0 | xargs -0 -P CORES -n FILES COMMAND` */
export function eachFile(tree: string, command: Command, cores: number, files: number): Command {
  return {
    program: 'xargs',
    args: ['-0', '-P', String(cores), '-n', String(files), command.program, ...command.args],
    input: { program: 'find', args: [tree, '-type', 'f', '-print0'] },
  };
}
