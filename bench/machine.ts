/**
 * Describes the machine and the programs: without that a time means nothing. No host name, no user.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Versions } from './programs.js';

/** What is described → how it is. */
export type Machine = Readonly<Record<string, string>>;

/** @param directory where the data lie */
export function describeMachine(directory: string, versions: Versions): Machine {
  return {
    mirrorhash: ownVersion(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: String(availableParallelism()),
    memory: `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    'file system': fileSystemOf(directory),
    'load before': loadavg()
      .map((load) => load.toFixed(2))
      .join(', '),
    Node: `${process.version}, OpenSSL ${process.versions.openssl}`,
    ...Object.fromEntries(versions),
  };
}

function ownVersion(): string {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
  const { stdout } = spawnSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' });
  const commit = stdout?.trim() ?? '';
  return commit === '' ? version : `${version}, commit ${commit}`;
}

/** The type of the mount that holds a path: the last of the longest that lead to it. */
function fileSystemOf(path: string): string {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8');
  } catch {
    // Not Linux: then it stays untold.
    return 'unknown';
  }
  let best = { place: '', kind: 'unknown' };
  for (const line of mounts.split('\n')) {
    const [, place = '', kind = ''] = line.split(' ');
    const holds = place === '/' || path === place || path.startsWith(`${place}/`);
    if (place !== '' && holds && place.length >= best.place.length) best = { place, kind };
  }
  return best.kind;
}
