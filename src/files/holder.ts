/**
 * Who holds a lock: enough about a process to tell later, on the same machine, whether it still lives.
 *
 * A process number alone is reused; together with the boot, the PID namespace and the start time of the
 * process (proc(5), field 22 of /proc/PID/stat) it names one process for ever.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../errors.js';

export interface Holder {
  readonly host: string;
  /** '' where the system does not tell (not Linux) */
  readonly boot: string;
  readonly pidNamespace: string;
  readonly pid: number;
  readonly started: string;
}

/** This process. */
export function self(): Holder {
  return {
    // Clones of one image share a machine-id, and many machines are called localhost: take both.
    host: `${hostname()} ${optional(() => readFileSync('/etc/machine-id', 'utf8').trim())}`,
    boot: optional(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: optional(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    started: startOf(process.pid) ?? '',
  };
}

/** `unknown`: it runs (or ran) where we cannot look. */
export function stateOf(holder: Holder, me: Holder): 'alive' | 'dead' | 'unknown' {
  if (holder.host !== me.host) return 'unknown';
  if (holder.boot !== me.boot) return 'dead';
  if (holder.pidNamespace !== me.pidNamespace) return 'unknown';
  if (me.boot === '') return signalReaches(holder.pid) ? 'alive' : 'dead';
  return startOf(holder.pid) === holder.started ? 'alive' : 'dead';
}

/** Reads what `JSON.stringify` wrote of a holder; null when it is none (a half-written note, say). */
export function parseHolder(text: string): Holder | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isHolder(value) ? value : null;
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { host, boot, pidNamespace, pid, started } = value as Record<string, unknown>;
  const texts = [host, boot, pidNamespace, started];
  return typeof pid === 'number' && texts.every((text) => typeof text === 'string');
}

function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name of the program stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  // A zombie has ended; only its parent has not noticed.
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

function optional(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
