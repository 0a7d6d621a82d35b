/**
 * Results as text for a terminal (at most 100 columns) and as Markdown. Pure; it measures and writes nothing.
 */

import { type Benchmark, type Goal, median, type Result, Results, verdict } from './benchmark.js';

/** What came out of one benchmark. */
export interface Outcome {
  readonly id: string;
  readonly claim: Benchmark['claim'];
  readonly work: string;
  readonly rounds: number;
  readonly results: readonly Result[];
  readonly goals: readonly Goal[];
  readonly remarks: readonly string[];
}

export interface Table {
  readonly head: readonly string[];
  /** which columns are numbers */
  readonly numbers: readonly boolean[];
  readonly rows: readonly (readonly string[])[];
}

export function outcomeTable({ results }: Pick<Outcome, 'results'>): Table {
  const [reference] = results;
  return {
    head: ['who', 'median s', 'min–max s', '× first', 'MB', 'computes'],
    numbers: [false, true, true, true, true, false],
    rows: results.map((result) => row(result, reference?.who ?? '', new Results(results))),
  };
}

function row({ who, does, samples, missing }: Result, reference: string, results: Results): string[] {
  if (missing !== null) return [who, '', '', '', '', missing.split(':')[0] ?? ''];
  const seconds = samples.map((sample) => sample.seconds);
  const middle = median(seconds) ?? Number.NaN;
  const peak = results.peakMegabytes(who);
  return [
    who,
    digits(middle),
    `${digits(Math.min(...seconds))}–${digits(Math.max(...seconds))}`,
    (middle / (results.seconds(reference) ?? Number.NaN)).toFixed(2),
    peak === null ? '' : peak.toFixed(0),
    does,
  ];
}

/** Three that mean something, as far as a decimal point allows. */
function digits(seconds: number): string {
  if (seconds >= 100) return seconds.toFixed(0);
  return seconds.toFixed(seconds >= 10 ? 1 : seconds >= 1 ? 2 : 3);
}

export function toText(outcome: Outcome): string {
  const { id, claim, work, rounds, goals } = outcome;
  return [
    `${id}: ${claim}`,
    `  ${work}; ${roundsText(rounds)}`,
    ...alignedLines(outcomeTable(outcome)).map((line) => `  ${line}`),
    ...notes(outcome).map((line) => `  ${line}`.slice(0, 100)),
    ...goals.flatMap((goal) => [`  goal ${goal.text}`, `       ${verdict(goal)}`]),
  ].join('\n');
}

export function toMarkdown(outcome: Outcome): string {
  const { id, claim, work, rounds, goals } = outcome;
  return [
    `### ${id}: ${claim}`,
    '',
    `${work}; ${roundsText(rounds)}.`,
    '',
    ...markdownLines(outcomeTable(outcome)),
    '',
    ...goals.map((goal) => `- goal ${goal.text}: **${verdict(goal)}**`),
    ...notes(outcome).map((line) => `- ${line}`),
  ].join('\n');
}

function roundsText(rounds: number): string {
  return rounds === 1 ? 'one round' : `${rounds} rounds`;
}

/** What has no place in the table. */
function notes({ results, remarks }: Outcome): string[] {
  const reasons = results.flatMap(({ who, missing }) => (missing === null ? [] : [`${who}: ${missing}`]));
  return [...remarks, ...reasons];
}

export function alignedLines({ head, numbers, rows }: Table): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return numbers[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

export function markdownLines({ head, numbers, rows }: Table): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(numbers.map((isNumber) => (isNumber ? '--:' : '---'))), ...rows.map(line)];
}

/** In one line, for the end. */
export function summary(outcomes: readonly Outcome[]): string {
  const goals = outcomes.flatMap((outcome) => outcome.goals.map((goal) => ({ id: outcome.id, goal })));
  const reached = goals.filter(({ goal }) => verdict(goal).includes(': reached'));
  const missed = goals.filter(({ goal }) => verdict(goal).includes(': missed')).map(({ id }) => id);
  const where = missed.length === 0 ? '' : `; missed in ${[...new Set(missed)].join(', ')}`;
  return `${reached.length} of ${goals.length} goals reached${where}`;
}
