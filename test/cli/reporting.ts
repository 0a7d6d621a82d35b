/** One event of every kind, and a reporter whose lines can be read back. */

import { expect } from 'vitest';
import type { Output } from '../../cli/output.js';
import { createReporter, type ReporterOptions } from '../../cli/report.js';
import type { RunEvent, Summary } from '../../src/model.js';

export const hashed: RunEvent = {
  event: 'file',
  path: 'iso/a.iso',
  outcome: 'hashed',
  reason: 'mtime',
  size: 3_500_000,
};
export const fresh: RunEvent = { event: 'file', path: 'b', outcome: 'unchanged', reason: null, size: 1 };
export const updated: RunEvent = {
  event: 'file',
  path: 'c',
  outcome: 'unchanged',
  reason: 'signature added',
  size: 1,
};
export const pruned: RunEvent = { event: 'file', path: 'old', outcome: 'pruned', size: null };
export const deferred: RunEvent = {
  event: 'file',
  path: 'd',
  outcome: 'deferred',
  code: 'FILE_CHANGED',
  message: 'grew while it was read',
  size: 7,
};
export const skipped: RunEvent = {
  event: 'file',
  path: 'e\ufffd',
  outcome: 'skipped',
  code: 'NAME_NOT_UTF8',
  message: 'the name is not UTF-8',
  pathBase64: 'Zf8=',
  size: null,
};
export const link: RunEvent = {
  event: 'file',
  path: 'latest',
  outcome: 'skipped',
  code: 'NOT_A_FILE',
  message: 'a link or special file',
  size: null,
};
export const failed: RunEvent = {
  event: 'file',
  path: 'f',
  outcome: 'failed',
  code: 'FILE_UNREADABLE',
  message: 'permission denied',
  size: 0,
};
export const locked: RunEvent = {
  event: 'directory',
  path: 'iso',
  outcome: 'locked',
  code: 'DIRECTORY_LOCKED',
  message: 'another run works on it',
};
export const unreadable: RunEvent = {
  event: 'directory',
  path: '',
  outcome: 'failed',
  code: 'DIRECTORY_UNREADABLE',
  message: 'permission denied',
};
export const warning: RunEvent = {
  event: 'notice',
  level: 'warning',
  code: 'SYNC_FULL',
  message: 'the redirector was restored',
  hint: 'nothing to do',
};
export const fatal: RunEvent = {
  event: 'notice',
  level: 'fatal',
  code: 'DELETE_GUARD',
  message: 'too many would go',
};

export const everything = [
  hashed,
  fresh,
  updated,
  pruned,
  deferred,
  skipped,
  link,
  failed,
  locked,
  unreadable,
  warning,
  fatal,
];

export const quietRun: Summary = {
  files: {
    seen: 46_232,
    unchanged: 46_230,
    updated: 0,
    hashed: 2,
    deferred: 0,
    skipped: 0,
    failed: 0,
    pruned: 1,
    excluded: 0,
  },
  directories: { seen: 3111, locked: 0, failed: 0 },
  bytes: { hashed: 1_288_490_189 },
  seconds: 3.4,
  sync: { redirector: 'sqlite:/state/redirector.db', upserted: 2, deleted: 1, refused: 0 },
};

/** What a reporter says of events: lines of standard output, and of standard error with a `!` before them. */
export function report(
  events: readonly RunEvent[],
  options: Partial<ReporterOptions> = {},
  summary?: Summary,
): string[] {
  const lines: string[] = [];
  const reporter = createReporter({ ...quietOptions(lines), ...options });
  for (const event of events) reporter.event(event);
  if (summary !== undefined) reporter.summary(summary);
  return lines;
}

export function quietOptions(lines: string[]): ReporterOptions {
  return {
    mode: 'text',
    quiet: false,
    verbose: false,
    strict: false,
    explain: false,
    dryRun: false,
    stdout: memoryOutput(lines, ''),
    stderr: memoryOutput(lines, '!'),
    progress: { show() {}, clear() {}, done() {} },
  };
}

export function memoryOutput(lines: string[], mark: string): Output {
  const write = (text: string) => {
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.slice(0, -1).split('\n')) lines.push(mark + line);
  };
  return { isTerminal: false, write, flush() {} };
}

export const problems = [
  '!mirrorhash: d: deferred: grew while it was read',
  '!mirrorhash: e\ufffd: skipped: the name is not UTF-8',
  '!mirrorhash: f: failed: permission denied',
  '!mirrorhash: iso/: locked: another run works on it',
  '!mirrorhash: ./: failed: permission denied',
  '!mirrorhash: warning: the redirector was restored',
  '!hint: nothing to do',
  '!mirrorhash: too many would go',
];
