/**
 * Pure: the text of a configuration file (TOML) → configured trees, or an error that names the line.
 *
 * Keys are named as the options of the command line (config-keys.ts). It reads no file
 * (files/config-file.ts does) and asks no file system whether a base exists.
 */
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser';
import * as v from 'valibot';
import { defaultsSchema, settingsOf, treeSchema } from './config-keys.js';
import { MirrorhashError } from './errors.js';
import { mergeSettings, type TreeSettings } from './settings.js';

export interface ConfiguredTree {
  readonly name: string;
  /** absolute, normalised, no `/` at its end */
  readonly base: string;
  /** absolute, normalised; null: the usual place */
  readonly state: string | null;
  /** the tree's own settings over those of `[defaults]` */
  readonly settings: TreeSettings;
}

export interface Config {
  /** `[defaults]`, for trees that are not configured */
  readonly defaults: TreeSettings;
  /** in the order of the file */
  readonly trees: readonly ConfiguredTree[];
}

type Path = readonly (string | number)[];
type Lines = readonly { readonly path: Path; readonly line: number }[];
interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Reads the text of a configuration file.
 *
 * @param fileName how messages call the file
 * @throws MirrorhashError CONFIG_INVALID `FILE:LINE: …`, for the first line that is wrong
 */
export function parseConfig(text: string, fileName: string): Config {
  const program = parseText(text, fileName);
  const lines = linesOf(program);
  const refuse = (problems: readonly Problem[]) => {
    const [first] = problems
      .map((problem) => ({ ...problem, line: lineOf(lines, problem.path) }))
      .sort((a, b) => a.line - b.line);
    if (first !== undefined) throw invalid(`${fileName}:${first.line}: ${first.message}`, first.hint);
  };
  refuse(forbidden(lines));
  const { config, problems } = read(getStaticTOMLValue(program));
  refuse(problems);
  return config;
}

function read(document: Record<string, unknown>): { readonly config: Config; readonly problems: Problem[] } {
  const { defaults: defaultsTable = {}, tree: tables = {} } = document;
  const problems = unknownKeys(document, [], ['defaults', 'tree']);
  const defaults = settingsOf(check(defaultsSchema, defaultsTable, ['defaults'], problems) ?? {});
  if (!isTable(tables)) problems.push({ path: ['tree'], message: '"tree" must be tables: [tree.NAME]' });

  const trees: ConfiguredTree[] = [];
  for (const [name, table] of isTable(tables) ? Object.entries(tables) : []) {
    const known = check(treeSchema, table, ['tree', name], problems);
    if (known === null) continue;
    const { base, state = null } = known;
    const settings = mergeSettings(settingsOf(known), defaults);
    for (const other of trees) {
      if (other.base === base) problems.push(shared('base', name, other.name));
      if (state !== null && other.state === state) problems.push(shared('state', name, other.name));
      // Paths are relative to the base: the files of two trees would overwrite each other's rows.
      const { redirector = 'none' } = settings;
      if (redirector !== 'none' && other.settings.redirector === redirector) {
        problems.push(shared('redirector', name, other.name));
      }
    }
    trees.push({ name, base, state, settings });
  }
  return { config: { defaults, trees }, problems };
}

/** @returns what the schema makes of a table, or null after adding to the problems */
function check<S extends typeof defaultsSchema | typeof treeSchema>(
  schema: S,
  table: unknown,
  path: Path,
  problems: Problem[],
): v.InferOutput<S> | null {
  const place = placeOf(path);
  if (!isTable(table)) {
    problems.push({ path, message: `${place} must be a table of settings` });
    return null;
  }
  const unknown = unknownKeys(table, path, Object.keys(schema.entries));
  const found = v.safeParse(schema, table);
  const wrong = (found.issues ?? []).map((issue): Problem => {
    const keys = (issue.path ?? []).map((item) => item.key as string | number);
    const [key = ''] = keys;
    if (!Object.hasOwn(table, key)) return { path, message: `${place} has no "${key}"` };
    return { path: [...path, ...keys], message: `"${key}" in ${place} ${issue.message}` };
  });
  problems.push(...unknown, ...wrong);
  return found.success && unknown.length === 0 ? found.output : null;
}

function unknownKeys(table: object, path: Path, known: readonly string[]): Problem[] {
  const keys = Object.keys(table).filter((key) => !known.includes(key));
  return keys.map((key): Problem => {
    const message = `unknown key ${JSON.stringify(key)}`;
    if (path.length === 0) {
      return { path: [key], message, hint: 'settings stand below [defaults] or [tree.NAME]' };
    }
    const meant = nearest(key, known);
    const hint = meant === null ? `known keys: ${known.join(', ')}` : `did you mean "${meant}"?`;
    return { path: [...path, key], message: `${message} in ${placeOf(path)}`, hint };
  });
}

/** Reading the values of `[tree.__proto__]` would change the prototype of every object of the process. */
function forbidden(lines: Lines): Problem[] {
  return lines
    .filter(({ path }) => path.includes('__proto__'))
    .map(({ path }) => ({ path, message: 'the name "__proto__" is not allowed' }));
}

function shared(key: 'base' | 'state' | 'redirector', name: string, other: string): Problem {
  return {
    path: ['tree', name, key],
    message: `${placeOf(['tree', name])} has the same ${key} as ${placeOf(['tree', other])}`,
  };
}

function parseText(text: string, fileName: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const before = text.slice(0, error.index);
    // What never came is noticed behind the ends of lines that follow: name the last line with text.
    const noticedLate = /\n[ \t\r]*$/.test(before) && /^\s*(\n|$)/.test(text.slice(error.index));
    const line = (noticedLate ? before.trimEnd() : before).split('\n').length;
    const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    throw invalid(`${fileName}:${line}: not valid TOML: ${message}`, undefined, error);
  }
}

/** Where each table, key and list element stands, in the order of the file. */
function linesOf(program: AST.TOMLProgram): Lines {
  const lines: { path: Path; line: number }[] = [];
  const visit = (node: AST.TOMLKeyValue | AST.TOMLTable | AST.TOMLContentNode, parent: Path): void => {
    let path = parent;
    if (node.type === 'TOMLTable') path = node.resolvedKey;
    if (node.type === 'TOMLKeyValue') {
      path = [...parent, ...node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))];
    }
    lines.push({ path, line: node.loc.start.line });
    if (node.type === 'TOMLKeyValue') visit(node.value, path);
    if (node.type === 'TOMLArray')
      for (const [index, element] of node.elements.entries()) visit(element, [...path, index]);
    if (node.type === 'TOMLTable' || node.type === 'TOMLInlineTable') {
      for (const entry of node.body) visit(entry, path);
    }
  };
  for (const node of program.body[0].body) visit(node, []);
  return lines;
}

/** The line of a path or of the first thing below it; else of the nearest thing above it. */
function lineOf(lines: Lines, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const start = path.slice(0, length);
    const found = lines.find((entry) => start.every((key, index) => entry.path[index] === key));
    if (found !== undefined) return found.line;
  }
  return 1;
}

function placeOf(path: Path): string {
  return path[0] === 'tree' ? `tree ${JSON.stringify(path[1])}` : `[${path.join('.')}]`;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The known key that is at most two letters away, the nearest first. */
function nearest(key: string, known: readonly string[]): string | null {
  const close = known
    .map((candidate) => ({ candidate, distance: editDistance(key, candidate) }))
    .filter(({ distance }) => distance <= 2)
    .sort((a, b) => a.distance - b.distance);
  return close[0]?.candidate ?? null;
}

/** Letters to insert, remove or replace to make one word of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const above = row;
    row = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replace = (above[j - 1] ?? 0) + (letter === to[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[to.length] ?? 0;
}

function invalid(message: string, hint?: string, cause?: unknown): MirrorhashError {
  return new MirrorhashError('CONFIG_INVALID', message, { ...(hint === undefined ? {} : { hint }), cause });
}
