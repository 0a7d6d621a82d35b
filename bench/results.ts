/**
 * Writes the results of a complete run, dated, as Markdown for people and as JSON with every sample.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';
import { profileMarkdown, type StageResult } from './profile/profile.js';
import { type Outcome, summary, toMarkdown } from './table.js';

export interface Report {
  readonly at: Date;
  readonly machine: Machine;
  readonly outcomes: readonly Outcome[];
  /** empty when there was none */
  readonly profile: readonly StageResult[];
}

const directory = fileURLToPath(new URL('results/', import.meta.url));

/**
 * @param part what was run when it was not everything: those results get a name of their own
 * @returns the Markdown file
 */
export function writeResults(report: Report, part: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  const name = [report.at.toISOString().slice(0, 10), ...part].join('-');
  const file = `${directory}${name}.md`;
  writeFileSync(file, markdown(report));
  writeFileSync(`${directory}${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

/** What the columns of the tables mean. */
export const legend = [
  'Medians of alternating rounds in one run; data in the page cache.',
  '× first: the time, compared with that of the first row.',
  'MB: peak memory of the largest process, of processes side by side their sum.',
  'computes: the others do less than we.',
];

function markdown({ at, machine, outcomes, profile }: Report): string {
  return [
    `# ${at.toISOString().slice(0, 10)}`,
    '',
    ...(outcomes.length === 0 ? [] : [`${summary(outcomes)}.`, '']),
    legend.join(' '),
    '',
    '| machine | |',
    '|---|---|',
    ...Object.entries(machine).map(([what, value]) => `| ${what} | ${value} |`),
    '',
    ...outcomes.flatMap((outcome) => [toMarkdown(outcome), '']),
    ...(profile.length === 0 ? [] : [profileMarkdown(profile), '']),
  ].join('\n');
}
