/**
 * The access log and a reader of it that sleeps, goes, or never was there: clients must not notice.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { ask, exchange } from '../support/asking.js';
import { program, type Site, site, until } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { type Served, serving } from '../support/serving.js';

/** Far more than a pipe and the server's own buffer take. */
const requests = 1000;
const path = `/f?${'x'.repeat(7000)}`;

let where: Site;

beforeAll(async () => {
  where = site();
  write(join(where.tree, 'f'), 'x');
  await where.hash();
});

/** As many as are asked at once, so that it takes no seconds. */
async function load(origin: string): Promise<void> {
  const one = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const last = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  const answers = await exchange(origin, one.repeat(requests - 1) + last);
  expect(answers.split('HTTP/1.1 200 OK').length - 1).toBe(requests);
}

function fifo(name: string): string {
  const file = join(where.home, name);
  expect(spawnSync('mkfifo', [file]).status).toBe(0);
  return file;
}

function reader(file: string): number {
  return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** What lies in a pipe. */
function readAll(descriptor: number): string {
  const buffer = Buffer.alloc(1 << 20);
  let text = '';
  try {
    for (let length = -1; length !== 0; ) {
      length = readSync(descriptor, buffer);
      text += buffer.toString('utf8', 0, length);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  return text;
}

/** A server that is watched at an address of its own, and how many lines it has dropped. */
async function watched(
  file: string,
): Promise<{ readonly served: Served; readonly dropped: () => Promise<number> }> {
  const served = await serving(where, '--access-log', file, '--metrics-listen', '127.0.0.1:0');
  const [, metrics = ''] = /metrics at (http:\/\/[^/]+)\/metrics\n/.exec(served.said()) ?? [];
  const dropped = async (): Promise<number> => {
    const { text } = await ask(metrics, '/metrics');
    return Number(/^mirrorhash_access_log_dropped_total (\d+)$/m.exec(text)?.[1]);
  };
  return { served, dropped };
}

test('a reader that sleeps loses lines, and nobody else loses anything', async () => {
  const file = fifo('sleeping');
  const descriptor = reader(file);
  const { served, dropped: droppedNow } = await watched(file);
  await load(served.origin);
  const dropped = await droppedNow();
  expect(dropped).toBeGreaterThan(100);
  expect(served.said().split('lines of it are dropped')).toHaveLength(2);
  // It wakes up, and finds whole lines: what was held, and what comes from now on.
  let text = '';
  const lines = (): number => text.split('\n').length - 1;
  for (let round = 0; round < 200 && lines() < requests - dropped; round += 1) {
    text += readAll(descriptor);
    await sleep(20);
  }
  expect(lines()).toBe(requests - dropped);
  await ask(served.origin, '/f');
  await until(() => {
    text += readAll(descriptor);
    return lines() > requests - dropped;
  }, 'the last line');
  const read = text.trimEnd().split('\n');
  expect(read.map((line) => JSON.parse(line).target)).toEqual([...Array(read.length - 1).fill(path), '/f']);
  expect(await droppedNow()).toBe(dropped);
  closeSync(descriptor);
  expect((await served.stop()).status).toBe(143);
});

test('a reader that goes is told of once, and the next one reads on', async () => {
  const file = fifo('going');
  const first = reader(file);
  const { served, dropped } = await watched(file);
  closeSync(first);
  await ask(served.origin, '/f?1');
  await until(() => served.said().includes('cannot be written'), 'the word of it');
  await sleep(1100);
  const before = await dropped();
  await ask(served.origin, '/f?2');
  // A line is written after its answer was: a reader that comes in between gets it.
  while ((await dropped()) === before) await sleep(10);
  const second = reader(file);
  await sleep(1100);
  await ask(served.origin, '/f?3');
  let text = '';
  await until(() => {
    text += readAll(second);
    return text.endsWith('\n');
  }, 'a line');
  expect(text).toMatch(/^\{[^\n]*"target":"\/f\?3"[^\n]*\}\n$/);
  closeSync(second);
  await served.stop();
  expect(served.said().match(/cannot be written: its reader went away/g)).toHaveLength(1);
});

test('a FIFO that nobody reads is refused at once', async () => {
  const file = fifo('unread');
  const ended = await where.run(['serve', where.tree, '--state', where.state, '--access-log', file]);
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain(`cannot write ${file}: nobody reads this FIFO`);
});

test('standard output that nobody reads stalls neither answers nor the end', async () => {
  const words = [program, 'serve', where.tree, '--state', where.state, '--listen', '127.0.0.1:0'];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const originIn = (): string | undefined => / at (http:\/\/[^/\s]+)\/\n/.exec(said)?.[1];
  try {
    await until(() => originIn() !== undefined, 'the server to listen');
    await load(originIn() ?? '');
    await until(() => said.includes('lines of it are dropped'), 'the word of it');
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await Promise.race([ended, sleep(5000)])).toEqual([143, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
