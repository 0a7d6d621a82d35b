import ts from 'typescript';

/** Path → text, for every source file. */
export type SourceTree = ReadonlyMap<string, string>;

type Room = keyof typeof mayImport;

const below = ['pure', 'hash', 'formats', 'ground'] as const;

/** Which rooms each room may import: what is not listed is forbidden. `workers` are named by URL only. */
const mayImport = {
  cli: ['cli', 'index', 'serving'],
  // Cron loads no server.
  index: ['pipeline', 'files', 'store', ...below],
  serving: ['server'],
  pipeline: ['pipeline', 'files', 'store', ...below],
  server: ['server', 'files', 'store', ...below],
  bench: ['bench', 'test', 'index', 'pipeline', 'server', 'files', 'store', ...below],
  // It stands on everything and under nothing but the benchmarks, which need the same servers.
  test: [],
  workers: ['files', 'store', ...below],
  files: ['files', ...below],
  store: ['store', ...below],
  pure: ['pure', 'ground'],
  hash: ['hash', 'ground'],
  formats: ['formats', 'ground'],
  ground: [],
} as const satisfies Record<string, readonly string[]>;

const pureRooms: ReadonlySet<Room> = new Set(['pure', 'hash', 'formats', 'ground']);
const programRooms: ReadonlySet<Room> = new Set(['cli', 'bench']);
/** They compute and ask nobody. */
const pureBuiltins: ReadonlySet<string> = new Set(['node:crypto', 'node:path']);
const mostLines = 300;
const forProgramsOnly = /^(console\.\w+|process\.(exit|exitCode|env|stdout|stderr|stdin|argv))$/;

/** The rules of the house that a tree breaks, each as `path: what`. */
export function violations(tree: SourceTree): readonly string[] {
  return [...tree].flatMap(([path, text]) => [
    ...importsOf(path, text),
    ...lengthOf(path, text),
    ...programOnly(path, text),
  ]);
}

function importsOf(path: string, text: string): string[] {
  const room = roomOf(path);
  const allowed: readonly string[] = mayImport[room];
  const found: string[] = [];
  for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
    if (!fileName.startsWith('.')) {
      const builtin = fileName.startsWith('node:') && !pureBuiltins.has(fileName);
      if (builtin && pureRooms.has(room)) found.push(`${path}: a pure room imports ${fileName}`);
      if (fileName === 'node:process' && !programRooms.has(room)) found.push(`${path}: imports ${fileName}`);
      continue;
    }
    const target = new URL(fileName, `file:///${path}`).pathname.slice(1);
    const targetRoom = roomOf(target);
    if (!allowed.includes(targetRoom)) found.push(`${path}: ${room} imports ${targetRoom} (${target})`);
  }
  return found;
}

function lengthOf(path: string, text: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > mostLines ? [`${path}: ${lines} lines`] : [];
}

/** Only programs print, read the environment or exit: `cli/`, and `bench/`, which nobody installs. */
function programOnly(path: string, text: string): string[] {
  if (programRooms.has(roomOf(path))) return [];
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = memberName(node)?.replace(/^globalThis\./, '');
    if (name !== undefined && forProgramsOnly.test(name)) found.push(`${path}: uses ${name}`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return found;
}

/** `process.env` of the nodes `process.env` and `process['env']`. */
function memberName(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return nested(node.expression, node.name.text);
  if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)) {
    return nested(node.expression, node.argumentExpression.text);
  }
  return undefined;
}

function nested(owner: ts.Node, name: string): string | undefined {
  const outer = memberName(owner);
  return outer === undefined ? undefined : `${outer}.${name}`;
}

function roomOf(path: string): Room {
  const [top, room = '', inner] = path.split('/');
  if (top === 'cli' || top === 'workers' || top === 'bench' || top === 'test') return top;
  if (top !== 'src') throw new Error(`${path} is in no room`);
  if (inner === undefined) {
    const name = room.replace(/\.[jt]s$/, '');
    if (name === 'index' || name === 'serving') return name;
    return name === 'model' || name === 'errors' ? 'ground' : 'pure';
  }
  if (!Object.hasOwn(mayImport, room)) throw new Error(`${path} is in no room`);
  return room as Room;
}
