/**
 * What became of files, directories and the run, as text for people or as one JSON object a line.
 *
 * Data goes to standard output, everything else to standard error. It decides what is said and in which words;
 * what happened is decided elsewhere, and so is the exit status.
 */

import type { NoticeEvent, OutputEvent, Reason, RunEvent, Summary } from '../src/index.js';
import type { Output } from './output.js';
import type { ProgressView } from './progress.js';
import { bytes, count, counted, duration, jsonLine, printable, said } from './text.js';

export interface Reporter {
  event(event: RunEvent | OutputEvent): void;
  /** The last word: ends the progress and hands everything over. */
  summary(summary: Summary, extra?: { readonly interrupted?: boolean }): void;
}

export interface ReporterOptions {
  readonly mode: 'text' | 'json';
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly explain: boolean;
  readonly dryRun: boolean;
  /** skipped files and refused rows count as failed */
  readonly strict: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly progress: ProgressView;
}

export function createReporter(options: ReporterOptions): Reporter {
  const { mode, quiet, dryRun, stdout, stderr, progress } = options;

  function data(line: string): void {
    if (stdout.isTerminal) progress.clear();
    stdout.write(`${line}\n`);
  }

  function say(message: string, hint?: string): void {
    // Both may be one terminal or one log: what was written first must be read first.
    stdout.flush();
    progress.clear();
    stderr.write(said(message, hint));
  }

  function event(e: RunEvent | OutputEvent): void {
    const line = dataLine(e, options);
    if (line !== null) data(line);
    if (!isSaid(e, options, line !== null)) return;
    if (e.event === 'notice') say(noticeText(e), e.hint === undefined ? undefined : printable(e.hint));
    else say(eventText(e));
  }

  function summary(s: Summary, { interrupted = false } = {}): void {
    progress.done();
    if (mode === 'json') data(summaryJson(s, dryRun));
    else if (!quiet) for (const line of summaryText(s, { dryRun, interrupted })) say(line);
    stdout.flush();
    stderr.flush();
  }

  return { event, summary };
}

type DataEvent = Exclude<RunEvent | OutputEvent, NoticeEvent>;
type FileEvent = DataEvent & { readonly event: 'file' };

/** Told only to those who want to know all. */
function isRoutine(e: DataEvent): boolean {
  return e.outcome === 'unchanged' || (e.outcome === 'skipped' && e.code === 'NOT_A_FILE');
}

/** The line that an event is on standard output, or null. */
function dataLine(
  e: RunEvent | OutputEvent,
  { mode, verbose, dryRun, explain }: ReporterOptions,
): string | null {
  if (e.event === 'notice') return null;
  if (mode === 'json') return verbose || !isRoutine(e) ? eventJson(e, dryRun) : null;
  if (e.event === 'output') return dryRun ? outputExplanation(e) : null;
  return e.event === 'file' && (dryRun || explain) ? explanation(e, dryRun) : null;
}

/** What counts as failed with --strict. */
function isLeftOut(e: DataEvent): boolean {
  return e.event === 'row' || e.outcome === 'foreign' || (e.outcome === 'skipped' && e.code !== 'NOT_A_FILE');
}

/** Whether an event is named on standard error; `told`: whether it is a line on standard output already. */
function isSaid(
  e: RunEvent | OutputEvent,
  { mode, quiet, verbose, strict }: ReporterOptions,
  told: boolean,
): boolean {
  if (e.event === 'notice') return e.level === 'fatal' || !quiet;
  // Failures are named for people even when programs read the rest: cron mails what is on standard error.
  if (e.outcome === 'failed' || (strict && isLeftOut(e))) return true;
  if (mode === 'json' || quiet || told) return false;
  if (e.outcome === 'hashed' || e.outcome === 'pruned') return verbose;
  if (e.outcome === 'written' || e.outcome === 'removed') return verbose;
  return verbose || !isRoutine(e);
}

/** What `--dry-run` and `--explain` tell of a file, or null when there is nothing to do for it. */
function explanation(e: FileEvent, dryRun: boolean): string | null {
  const path = printable(e.path);
  if (e.outcome === 'pruned') return dryRun ? `would prune ${path}` : `${path}: vanished`;
  if ((e.outcome !== 'hashed' && e.outcome !== 'unchanged') || e.reason === null) return null;
  const reason = reasons[e.reason];
  if (!dryRun) return `${path}: ${reason}`;
  return `would ${e.outcome === 'hashed' ? 'hash' : 'update'} ${path} (${reason})`;
}

/** What `--dry-run` tells of an output. */
function outputExplanation(e: OutputEvent): string | null {
  if (e.outcome !== 'written' && e.outcome !== 'removed') return null;
  return `would ${e.outcome === 'written' ? 'write' : 'remove'} ${printable(e.path)}`;
}

const reasons: Readonly<Record<Reason, string>> = {
  new: 'new',
  size: 'size changed',
  mtime: 'mtime changed',
  inode: 'inode changed',
  'piece length': 'piece length changed',
  'zsync wanted': 'zsync sums wanted',
  'zsync block size': 'zsync block size changed',
  forced: 'forced',
  'zsync dropped': 'zsync sums no longer wanted',
  'signature added': 'signature added',
  'signature changed': 'signature changed',
  'signature removed': 'signature removed',
};

function eventText(e: DataEvent): string {
  const name = e.event === 'directory' ? `${e.path === '' ? '.' : e.path}/` : e.path;
  // A message of the system names the path as it is.
  if ('message' in e) return `${printable(name)}: ${e.outcome}: ${printable(e.message)}`;
  if (e.event === 'output' || e.outcome === 'pruned' || e.reason === null)
    return `${printable(name)}: ${e.outcome}`;
  return `${printable(name)}: ${e.outcome} (${reasons[e.reason]})`;
}

function noticeText({ level, message }: NoticeEvent): string {
  return level === 'warning' ? `warning: ${printable(message)}` : printable(message);
}

export function eventJson(e: DataEvent, dryRun: boolean): string {
  const code = 'code' in e ? e.code : null;
  const message = 'message' in e ? { message: e.message } : {};
  if (e.event !== 'file') {
    const dry = dryRun && e.event === 'output' ? { dryRun } : {};
    return jsonLine({ event: e.event, path: e.path, outcome: e.outcome, code, ...message, ...dry });
  }
  return jsonLine({
    event: e.event,
    path: e.path,
    outcome: e.outcome,
    reason: 'reason' in e ? e.reason : null,
    code,
    size: e.size,
    ...message,
    ...('pathBase64' in e ? { pathBase64: e.pathBase64 } : {}),
    ...(dryRun ? { dryRun } : {}),
  });
}

function summaryJson({ files, directories, bytes, seconds, sync }: Summary, dryRun: boolean): string {
  const { seen, unchanged, hashed, deferred, skipped, failed, pruned, excluded, updated } = files;
  return jsonLine({
    event: 'summary',
    files: { seen, unchanged, hashed, deferred, skipped, failed, pruned, excluded, updated },
    directories: { seen: directories.seen, locked: directories.locked, failed: directories.failed },
    bytes: { hashed: bytes.hashed },
    seconds,
    sync: sync && syncJson(sync),
    ...(dryRun ? { dryRun } : {}),
  });
}

/** The counts of a sync, in the order that they are documented in. */
export function syncJson({ redirector, upserted, deleted, refused }: NonNullable<Summary['sync']>): object {
  return { redirector, upserted, deleted, refused };
}

interface Circumstances {
  readonly dryRun: boolean;
  readonly interrupted: boolean;
}

/** The summary in words: a line for the files, and one for the redirector. */
export function summaryText(s: Summary, { dryRun, interrupted }: Circumstances): string[] {
  const { files, directories } = s;
  const opening = `${dryRun ? 'dry run: ' : ''}${interrupted ? 'interrupted, what was finished is kept: ' : ''}`;
  const seen = `${counted(files.seen, 'file')} in ${counted(directories.seen, 'directory', 'directories')}`;
  const parts = [hashedText(s, dryRun)];
  if (files.unchanged > 0)
    parts.push(`${count(files.unchanged)} unchanged${updatedText(files.updated, dryRun)}`);
  if (files.pruned > 0)
    parts.push(dryRun ? `would prune ${count(files.pruned)}` : `${count(files.pruned)} pruned`);
  for (const outcome of ['deferred', 'skipped', 'failed', 'excluded'] as const) {
    if (files[outcome] > 0) parts.push(`${count(files[outcome])} ${outcome}`);
  }
  for (const outcome of ['locked', 'failed'] as const) {
    const n = directories[outcome];
    if (n > 0) parts.push(`${counted(n, 'directory', 'directories')} ${outcome}`);
  }
  const line = `${opening}${seen}: ${parts.join(', ')}`;
  return s.sync === null ? [line] : [line, `${printable(s.sync.redirector)}: ${syncText(s.sync, dryRun)}`];
}

function hashedText({ files, bytes: { hashed }, seconds }: Summary, dryRun: boolean): string {
  if (dryRun)
    return files.hashed === 0 ? 'would hash none' : `would hash ${count(files.hashed)} (${bytes(hashed)})`;
  if (files.hashed === 0) return `none hashed (${duration(seconds)})`;
  const rate = hashed > 0 && seconds > 0 ? `, ${bytes(hashed / seconds)}/s` : '';
  return `${count(files.hashed)} hashed (${bytes(hashed)} in ${duration(seconds)}${rate})`;
}

function updatedText(updated: number, dryRun: boolean): string {
  if (updated === 0) return '';
  return dryRun ? ` (would update ${count(updated)} of them)` : ` (${count(updated)} of them updated)`;
}

/** What was, or would be, done to the redirector. */
export function syncText(sync: NonNullable<Summary['sync']>, dryRun: boolean): string {
  const { refused } = sync;
  return `${writtenText(sync, dryRun)}${refused === 0 ? '' : `, ${counted(refused, 'row')} refused`}`;
}

function writtenText({ upserted, deleted }: NonNullable<Summary['sync']>, dryRun: boolean): string {
  if (upserted === 0 && deleted === 0) return 'up to date';
  if (dryRun) {
    const parts = [];
    if (upserted > 0) parts.push(`write ${counted(upserted, 'row')}`);
    if (deleted > 0) parts.push(`delete ${upserted > 0 ? count(deleted) : counted(deleted, 'row')}`);
    return `would ${parts.join(', ')}`;
  }
  if (upserted === 0) return `${counted(deleted, 'row')} deleted`;
  return `${counted(upserted, 'row')} written${deleted === 0 ? '' : `, ${count(deleted)} deleted`}`;
}
