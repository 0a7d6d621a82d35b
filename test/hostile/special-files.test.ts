/**
 * Devices, FIFOs and sockets in a tree: no command opens one (opening a tape winds it, opening a FIFO wakes its writer),
 * as strace sees it; they are told where that is wanted, and the files beside them are hashed.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/asking.js';
import { outcomes, type Site, site, told } from '../support/e2e.js';
import { redirectorRows, write } from '../support/e2e-files.js';
import { exportArguments } from '../support/exporting.js';
import { type Served, serving } from '../support/serving.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('hostile: devices in a tree: skipped: only root makes them\n');
const canTrace =
  spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;
if (!canTrace)
  process.stderr.write('hostile: what is opened: skipped: strace is not installed, or may not trace\n');

/** Kind, major and minor number. */
const devices = {
  null: ['c', '1', '3'],
  zero: ['c', '1', '5'],
  full: ['c', '1', '7'],
  random: ['c', '1', '8'],
  loop: ['b', '7', '0'],
};
const names = ['fifo', 'socket', 'fifo.asc', 'socket.asc', ...(isRoot ? Object.keys(devices) : [])];
let where: Site;
let server: Server;

beforeAll(() => {
  where = site();
  for (const path of ['file', 'e/f', 'd/file']) write(join(where.tree, path), path);
  for (const directory of ['', 'd']) {
    const at = (name: string) => join(where.tree, directory, name);
    for (const name of ['fifo', 'fifo.asc']) execFileSync('mkfifo', [at(name)]);
    if (isRoot)
      for (const [name, node] of Object.entries(devices))
        execFileSync('mknod', ['-m', '666', at(name), ...node]);
    write(at('signed'), 'signed');
    execFileSync('mkfifo', [at('signed.asc')]);
  }
  server = createServer().listen(join(where.tree, 'socket'));
  for (const name of ['socket.asc', 'd/socket', 'd/socket.asc'])
    execFileSync('ln', [join(where.tree, 'socket'), join(where.tree, name)]);
});
afterAll(() => server.close());

const all = (): readonly string[] => [...names, 'signed.asc'].flatMap((name) => [name, `d/${name}`]).sort();

const traced = ['-f', '-qq', '-e', 'trace=?open,openat,?openat2'];

/** A prefix that notes every opening, and what it noted of special files. */
function tracing(name: string): {
  readonly prefix: readonly string[];
  readonly opened: () => readonly string[];
} {
  const log = join(where.directory, `trace-${name}`);
  if (!canTrace) return { prefix: [], opened: () => [] };
  return { prefix: ['strace', ...traced, '-o', log], opened: () => specialsIn(log) };
}

function specialsIn(log: string): readonly string[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  // Or nothing was seen at all.
  expect(lines.filter((line) => line.includes('/file"')).length, log).toBeGreaterThan(0);
  const isSpecial = (line: string): boolean => all().some((path) => line.includes(`/${nameOf(path)}"`));
  return lines.filter((line) => isSpecial(line) && !line.includes('"/dev/'));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

test('hash and verify open none of them, and name them where that is wanted', async () => {
  const hashing = tracing('hash');
  const run = told(
    await where.run(where.hashArguments('--force', '--verbose', '--strict'), { prefix: hashing.prefix }),
  );
  expect(run.status).toBe(0);
  const skipped = outcomes(run).filter((line) => line.includes('skipped'));
  expect(skipped).toEqual(all().map((path) => `${path} skipped NOT_A_FILE`));
  const files = ['d/file', 'd/signed', 'e/f', 'file', 'signed'];
  expect([...redirectorRows(where.state).keys()].sort()).toEqual(files);
  expect(hashing.opened()).toEqual([]);
  const verifying = tracing('verify');
  const verify = await where.run(['verify', where.tree, '--state', where.state], {
    prefix: verifying.prefix,
  });
  expect(verify.status).toBe(0);
  expect(verifying.opened()).toEqual([]);
});

test('one that is named on the command line is refused or skipped, and not opened', async () => {
  for (const name of names) {
    const naming = tracing(`named-${name}`);
    const args = [
      'hash',
      join(where.tree, name),
      join(where.tree, 'file'),
      '--force',
      '--state',
      where.state,
    ];
    const { status, stderr } = await where.run(args, { prefix: naming.prefix });
    expect([name, [0, 2].includes(status ?? -1), stderr.includes('internal')]).toEqual([name, true, false]);
    if (status === 0) expect(naming.opened()).toEqual([]);
  }
});

test('export makes nothing of them, and opens none', async () => {
  const exporting = tracing('export');
  const args = exportArguments(where, 'sha256,sha256sums', '--in-place', '--verbose');
  const { status } = await where.run(args, { prefix: exporting.prefix });
  expect(status).toBe(0);
  expect(
    readdirSync(where.tree).filter((name) => names.some((special) => name === `${special}.sha256`)),
  ).toEqual([]);
  if (canTrace)
    expect(readFileSync(join(where.directory, 'trace-export'), 'utf8')).not.toMatch(/\/(fifo|zero|socket)"/);
});

test('serve answers as if they were not there, and opens none', async () => {
  const served = await serving(where);
  const log = join(where.directory, 'trace-serve');
  if (canTrace) await traceAlong(served, log);
  for (const path of all())
    for (const target of [path, `${path}.sha256`, `${path}/`, `${path}.mirrorlist`])
      expect([target, (await ask(served.origin, `/${target}`)).status]).toEqual([target, 404]);
  expect((await ask(served.origin, '/file')).text).toBe('file');
  const { text } = await ask(served.origin, '/');
  for (const name of names) expect(text).not.toContain(`./${name}"`);
  await served.stop();
  if (canTrace) expect(specialsIn(log)).toEqual([]);
});

/** Under strace from the start, a server would not hear when it is to stop. */
async function traceAlong({ pid, origin }: Served, log: string): Promise<void> {
  const tracer = spawn('strace', [...traced, '-o', log, '-p', String(pid)], { stdio: 'ignore' });
  onTestFinished(() => void tracer.kill('SIGKILL'));
  const isSeen = () => existsSync(log) && readFileSync(log, 'utf8').includes('/file"');
  while (!isSeen() && tracer.exitCode === null) await ask(origin, '/file');
}
