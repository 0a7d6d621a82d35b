/**
 * Runs the built program as users do: a process of its own, real files, a state and a home in a temporary directory.
 *
 * E2E_ROOT names another checkout whose `dist/` is to be tested; by default it is this one's.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const root = process.env.E2E_ROOT ?? fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist/cli/main.js');

/** Milliseconds after which a program that should have ended is killed and its test fails. */
const patience = process.env.MIRRORHASH_LONG === '1' ? 900_000 : 60_000;

export interface FileLine {
  readonly event: 'file';
  readonly path: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly code: string | null;
  readonly size: number | null;
  readonly pathBase64?: string;
}

export interface DirectoryLine {
  readonly event: 'directory';
  readonly path: string;
  readonly outcome: string;
  readonly code: string;
}

export interface SummaryLine {
  readonly event: 'summary';
  readonly files: Readonly<Record<string, number>>;
  readonly directories: Readonly<Record<string, number>>;
  readonly bytes: { readonly hashed: number };
  readonly seconds: number;
  readonly sync: { readonly redirector: string; readonly upserted: number; readonly deleted: number } | null;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** What a run with `--json` said. */
export interface Told extends Ended {
  readonly lines: readonly { readonly event: string }[];
  readonly files: readonly FileLine[];
  readonly directories: readonly DirectoryLine[];
  readonly summary: SummaryLine;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Buffer;
  /** words before the program's own, such as `setpriv …` */
  readonly prefix?: readonly string[];
  /** milliseconds that it may take, where the usual ones are too few */
  readonly patience?: number;
}

export class Site {
  /** holds everything else; absolute, without links */
  readonly directory: string;
  readonly tree: string;
  readonly state: string;
  readonly home: string;

  constructor() {
    this.directory = mkdtempSync(join(realpathSync(tmpdir()), 'mirrorhash-e2e-'));
    chmodSync(this.directory, 0o755);
    this.tree = join(this.directory, 'tree');
    this.state = join(this.directory, 'state');
    this.home = join(this.directory, 'home');
    mkdirSync(this.tree);
    mkdirSync(this.home);
  }

  remove(): void {
    spawnSync('chmod', ['-R', 'u+rwX', this.directory]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  start(args: readonly string[], options: StartOptions = {}): Running {
    const [command = '', ...rest] = [...(options.prefix ?? []), process.execPath, program, ...args];
    const { PATH = '' } = process.env;
    const child = spawn(command, rest, {
      cwd: options.cwd ?? this.directory,
      env: { PATH, HOME: this.home, MIRRORHASH_STATE: join(this.directory, 'states'), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A program that does not read its input closes it.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    return { child, pid: child.pid ?? 0, ended: ending(child, args, options.patience ?? patience) };
  }

  /** Runs to the end. */
  run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** `hash --json` on the whole tree, with this site's state. */
  async hash(...args: readonly string[]): Promise<Told> {
    return told(await this.run(this.hashArguments(...args)));
  }

  startHash(...args: readonly string[]): Running {
    return this.start(this.hashArguments(...args));
  }

  hashArguments(...args: readonly string[]): readonly string[] {
    return ['hash', this.tree, '--state', this.state, '--json', ...args];
  }
}

const sites: Site[] = [];
afterAll(() => {
  for (const made of sites) made.remove();
});

/** A site that goes when the test file ends. */
export function site(): Site {
  const made = new Site();
  sites.push(made);
  return made;
}

function ending(child: ChildProcess, args: readonly string[], patience: number): Promise<Ended> {
  const started = performance.now();
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`still running after ${patience} ms: ${args.join(' ')}\n${texts.stderr}`));
    }, patience);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...texts, seconds: (performance.now() - started) / 1000 });
    });
  });
}

/** Reads JSON lines; throws when one is none, or when the last one is no summary. */
export function told(ended: Ended): Told {
  const lines = ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly event: string });
  const summary = lines.at(-1);
  if (summary?.event !== 'summary') {
    throw new Error(`status ${ended.status}, no summary at the end of\n${ended.stdout}\n${ended.stderr}`);
  }
  return {
    ...ended,
    lines,
    files: lines.filter((line): line is FileLine => line.event === 'file'),
    directories: lines.filter((line): line is DirectoryLine => line.event === 'directory'),
    summary: summary as SummaryLine,
  };
}

/** `path outcome code` of the files, in order: what most tests compare. */
export function outcomes({ files }: Told): readonly string[] {
  return files.map(({ path, outcome, code }) => [path, outcome, code].filter(Boolean).join(' ')).sort();
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean, what: string, milliseconds = 20_000): Promise<void> {
  for (const end = Date.now() + milliseconds; !holds(); ) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    // The programs under test need the processor, too.
    await sleep(40);
  }
}

/** Waits until the process has the files open. */
export async function untilOpen(pid: number, ...files: readonly string[]): Promise<void> {
  await until(
    () => {
      const open = openFiles(pid);
      return files.every((file) => open.has(file));
    },
    `${files.join(', ')} to be opened`,
  );
}

/** Waits until the process has at least one of the files open. */
export async function untilOneOpen(pid: number, files: readonly string[]): Promise<void> {
  await until(
    () => {
      const open = openFiles(pid);
      return files.some((file) => open.has(file));
    },
    `one of ${files.join(', ')} to be opened`,
  );
}

export function openFiles(pid: number): ReadonlySet<string> {
  const directory = `/proc/${pid}/fd`;
  const found = new Set<string>();
  try {
    for (const name of readdirSync(directory)) {
      try {
        found.add(readlinkSync(`${directory}/${name}`));
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Ended meanwhile.
  }
  return found;
}

/** Whether a program is there; says so when it is not, because then a test is skipped. */
export function installed(tool: string, ...args: readonly string[]): boolean {
  if (spawnSync(tool, args, { stdio: 'ignore' }).error === undefined) return true;
  process.stderr.write(`e2e: ${tool} is not installed: the tests that need it are skipped\n`);
  return false;
}

/**
 * Words that run a program as somebody whom permissions bind: nothing when we are such a one, `setpriv …` when we are
 * root. Null (and a line that says so) when nobody else may run the program.
 */
export function withoutPrivileges(): readonly string[] | null {
  if (process.getuid?.() !== 0) return [];
  const prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const [command = '', ...rest] = [...prefix, process.execPath, program, '--version'];
  if (spawnSync(command, rest, { cwd: '/', stdio: 'ignore' }).status === 0) return prefix;
  process.stderr.write(
    `e2e: ${program} cannot be run without privileges: tests of permissions are skipped\n`,
  );
  return null;
}
