/**
 * What people watch while a run works: an overall line and the large files being read.
 *
 * `renderProgress` and `chooseFiles` are pure; `createProgress` adds the clock and the terminal. It is no log:
 * everything shown here is gone at the end. Bars are ASCII, because only ASCII is one column wide everywhere.
 */

import type { createLogUpdate } from 'log-update';
import type { Progress } from '../src/index.js';
import { bytes, clock, columnsOf, count, counted, printable, shorten } from './text.js';

export type ActiveFile = Progress['active'][number];

/** Files from this size on are watched with a bar of their own. */
export const largeFile = 64 * 1024 * 1024;

const maxFiles = 4;
const bar = { min: 8, max: 32, ofFile: 12 };

export interface View {
  readonly progress: Progress;
  /** the files that get a line, see `chooseFiles` */
  readonly files: readonly ActiveFile[];
  /** bytes a second; null while it is not known */
  readonly rate: number | null;
  /** of the terminal; the last one stays empty, as writing into it wraps on some */
  readonly columns: number;
}

/** The lines to show, none wider than `columns - 1`. */
export function renderProgress({ progress, files, rate, columns }: View): string[] {
  const width = columns - 1;
  const lines = [progress.filesTotal === 0 ? walkLine(progress, width) : overallLine(progress, rate, width)];
  for (const file of files) lines.push(fileLine(file, width));
  if (progress.waiting !== null) lines.push(waitingLine(progress.waiting, width));
  return lines.map((line) => shorten(line.trimEnd(), width));
}

function walkLine({ filesSeen, directories }: Progress, width: number): string {
  const files = counted(filesSeen, 'file');
  const places = counted(directories, 'directory', 'directories');
  return firstThatFits(
    [`looked at ${files} in ${places}`, `${files}, ${count(directories)} dirs`, files],
    width,
  );
}

function waitingLine(seconds: number, width: number): string {
  const wait = `waiting ${Math.ceil(seconds)} s`;
  return firstThatFits([`${wait} for files written a moment ago`, `${wait} for new files`, wait], width);
}

function firstThatFits(texts: readonly string[], width: number): string {
  return texts.find((text) => columnsOf(text) <= width) ?? texts.at(-1) ?? '';
}

/** Parts of the overall line, from the left; `keep` is how dear a part is when the line is narrow. */
interface Part {
  readonly text: string;
  readonly keep: number;
  readonly elastic?: true;
}

/**
 * While the walk still finds work the totals are "at least" (`+`), and there is neither bar nor percent nor
 * time left: of an unknown whole they would say nothing, and run backwards.
 */
function overallLine(progress: Progress, rate: number | null, width: number): string {
  const { walked, bytesDone, bytesTotal, filesDone, filesTotal } = progress;
  const more = walked ? '' : '+';
  const reading = !walked || bytesDone < bytesTotal;
  const speed = rate === null || !reading ? '' : `${bytes(rate)}/s`.padStart(9);
  const files = `${count(filesDone)}/${count(filesTotal)}${more} ${filesTotal === 1 && walked ? 'file' : 'files'}`;
  // An export reads no file.
  const hasBytes = bytesTotal > 0 || !walked;
  const parts: Part[] = hasBytes ? [{ text: bytesOf(bytesDone, bytesTotal, more), keep: 5 }] : [];
  if (speed !== '') parts.push({ text: speed, keep: 2 });
  parts.push({ text: files, keep: 1 });
  if (!walked) parts.push({ text: counted(progress.directories, 'directory', 'directories'), keep: 0 });
  else {
    parts.unshift(
      { text: '['.padEnd(bar.min), keep: 3, elastic: true },
      { text: percent(doneOf(progress)).padStart(4), keep: 6 },
    );
    if (rate !== null && rate > 0 && reading) {
      parts.push({ text: `${clock((bytesTotal - bytesDone) / rate)} left`, keep: 4 });
    }
  }
  return joinParts(parts, width, doneOf(progress));
}

function joinParts(parts: readonly Part[], width: number, done: number): string {
  const taken = parts.reduce((sum, part) => sum + part.text.length + 2, -2);
  if (taken > width && parts.length > 1) {
    const cheapest = parts.reduce((a, b) => (b.keep < a.keep ? b : a));
    return joinParts(
      parts.filter((part) => part !== cheapest),
      width,
      done,
    );
  }
  const barWidth = Math.min(bar.max, bar.min + width - taken);
  return parts.map((part) => (part.elastic ? drawBar(done, barWidth) : part.text)).join('  ');
}

/** From 0 to 1; files count when all of them are empty. */
function doneOf({ bytesDone, bytesTotal, filesDone, filesTotal }: Progress): number {
  return bytesTotal > 0 ? bytesDone / bytesTotal : filesDone / filesTotal;
}

function bytesOf(done: number, total: number, more: string): string {
  const [number = '', unit = ''] = bytes(done).split(' ');
  const [totalNumber = '', totalUnit = ''] = bytes(total).split(' ');
  return `${number}${unit === totalUnit ? '' : ` ${unit}`}/${totalNumber}${more} ${totalUnit}`;
}

function percent(done: number): string {
  return `${Math.floor(clamp(done) * 100)} %`;
}

function drawBar(done: number, width: number): string {
  const full = Math.floor(clamp(done) * (width - 2));
  return `[${'#'.repeat(full).padEnd(width - 2, '-')}]`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function fileLine(file: ActiveFile, width: number): string {
  const name = printable(file.path);
  if (file.size < largeFile) return `  ${shorten(name, width - 2)}`;
  const done = file.done / file.size;
  const share = percent(done).padStart(5);
  const front = width < 50 ? `${share}  ` : `  ${drawBar(done, bar.ofFile)} ${share}  `;
  return front + shorten(name, width - front.length);
}

/**
 * The files that get a line: large ones, and a small one only when nothing larger runs. Those that had a line
 * keep it and their place, so that the lines do not jump.
 */
export function chooseFiles(active: readonly ActiveFile[], before: readonly ActiveFile[]): ActiveFile[] {
  const large = active.filter((file) => file.size >= largeFile);
  const [candidates, room] = large.length > 0 ? [large, maxFiles] : [active, 1];
  const kept = before
    .flatMap((old) => candidates.find((file) => file.path === old.path) ?? [])
    .slice(0, room);
  const added = candidates.filter((file) => !kept.includes(file));
  return [...kept, ...added].slice(0, room);
}

/** The chosen files as they are now; one that is no longer active has just been finished. */
function asOfNow(files: readonly ActiveFile[], active: readonly ActiveFile[]): ActiveFile[] {
  return files.map((file) => active.find((now) => now.path === file.path) ?? { ...file, done: file.size });
}

const rateWindow = 5_000;

/** Bytes a second over the last seconds; null until there is a second to look back on. */
export function createRate(): (bytesDone: number, now: number) => number | null {
  const samples: { readonly at: number; readonly done: number }[] = [];
  return (done, at) => {
    samples.push({ at, done });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) >= rateWindow) samples.shift();
    const first = samples[0];
    if (first === undefined || at - first.at < 1_000) return null;
    return Math.max(0, ((done - first.done) * 1000) / (at - first.at));
  };
}

export interface ProgressView {
  /** Shows this moment, unless the last redraw was a moment ago; to be called several times a second. */
  show(progress: Progress): void;
  /** Removes the live region, before an ordinary line is written. */
  clear(): void;
  /** Removes it for good. */
  done(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  /** see `canRedraw`; nothing is ever written when it is false */
  readonly isTerminal: boolean;
  readonly columns: () => number;
  /** milliseconds, for tests */
  readonly now?: () => number;
}

/** Whether a stream is a terminal on which lines can be taken back. */
export function canRedraw(stream: { readonly isTTY?: boolean }, term: string | undefined): boolean {
  return stream.isTTY === true && term !== 'dumb';
}

const redrawEvery = 100;
/** A name stays this long: small files end faster than anyone reads. */
const chooseEvery = 500;
/** Below this many columns (0 on some pseudo-terminals) there is nothing sensible to show. */
const minColumns = 10;

type Region = ReturnType<typeof createLogUpdate>;

export function createProgress(options: ProgressOptions): ProgressView {
  const { stream, isTerminal, columns, now = () => performance.now() } = options;
  const rate = createRate();
  let files: readonly ActiveFile[] = [];
  let drawnAt = now();
  let chosenAt = -Infinity;
  let region: Region | null = null;
  let height = 0;
  let loading = false;
  let ended = !isTerminal;

  /** Loaded when first needed: it costs a tenth of a second, which a cron job need not pay. */
  async function load(): Promise<void> {
    loading = true;
    const { createLogUpdate } = await import('log-update');
    // The cursor stays: hiding it means signal handlers, and no cursor after a SIGKILL.
    region = createLogUpdate(stream, { showCursor: true });
  }

  function show(progress: Progress): void {
    const at = now();
    if (ended || at - drawnAt < redrawEvery) return;
    drawnAt = at;
    const bytesASecond = rate(progress.bytesDone, at);
    if (region === null) {
      if (!loading) void load();
      return;
    }
    if (at - chosenAt >= chooseEvery) {
      files = chooseFiles(progress.active, files);
      chosenAt = at;
    }
    const width = columns();
    if (width < minColumns) {
      clear();
      return;
    }
    const shown = asOfNow(files, progress.active);
    const lines = renderProgress({ progress, files: shown, rate: bytesASecond, columns: width });
    // The top line must not scroll out of a low window: what has scrolled cannot be taken back.
    draw(lines.slice(0, Math.max(1, (stream.rows || 24) - 2)), region);
  }

  function draw(lines: readonly string[], region: Region): void {
    // log-update 7 leaves a line behind when lines come or go between two that stay.
    if (lines.length !== height) clear();
    region(lines.join('\n'));
    height = lines.length;
  }

  function clear(): void {
    if (height > 0) region?.clear();
    height = 0;
  }

  function done(): void {
    clear();
    ended = true;
  }

  return { show, clear, done };
}
