/**
 * Exit statuses, as the contract and `--help` list them. PURE.
 */
import { MirrorhashError, type OutputEvent, type RunEvent, usageCodes } from '../src/index.js';

export const status = {
  done: 0,
  fatal: 1,
  usage: 2,
  filesFailed: 3,
  different: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** Where several apply, the first of these wins. */
const precedence: readonly number[] = [
  status.interrupted,
  status.terminated,
  status.usage,
  status.fatal,
  status.different,
  status.filesFailed,
  status.done,
];

export function worst(statuses: readonly number[]): number {
  return precedence.find((candidate) => statuses.includes(candidate)) ?? status.done;
}

export function statusOfError(error: unknown): number {
  const isUsage = error instanceof MirrorhashError && (usageCodes as readonly string[]).includes(error.code);
  return isUsage ? status.usage : status.fatal;
}

/** What an event does to the exit status. @param strict skipped files and refused rows count as failed */
export function statusOfEvent(event: RunEvent | OutputEvent, strict: boolean): number {
  if (event.event === 'notice') return event.level === 'fatal' ? status.fatal : status.done;
  if (event.event === 'row') return strict ? status.filesFailed : status.done;
  if (event.event === 'output') {
    const isLeft = event.outcome === 'foreign' || event.outcome === 'skipped';
    return strict && isLeft ? status.filesFailed : status.done;
  }
  if (event.outcome === 'failed')
    return event.code === 'CONTENT_DIFFERS' ? status.different : status.filesFailed;
  const counts = strict && event.outcome === 'skipped' && event.code !== 'NOT_A_FILE';
  return counts ? status.filesFailed : status.done;
}
