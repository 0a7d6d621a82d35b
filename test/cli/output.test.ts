import { spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';

const outputUrl = new URL('../../cli/output.ts', import.meta.url).href;

/** A process that writes `lines` long lines to a pipe and then reports on standard error. */
function writer(lines: number, before = '') {
  const program = `
    import { createOutput } from ${JSON.stringify(outputUrl)};
    ${before}
    let closed = 'open';
    let calls = 0;
    const onClosed = (error) => { closed = error.code; calls += 1; };
    const output = createOutput({ fd: 1, isTerminal: false, buffered: true, onClosed });
    const memory = process.memoryUsage().rss;
    for (let i = 0; i < ${lines}; i += 1) output.write('line ' + i + ' ' + 'ü'.repeat(50) + '\\n');
    output.flush();
    const grown = process.memoryUsage().rss - memory;
    process.stderr.write(JSON.stringify({ closed, calls, grown }), () => process.exit());
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  let report = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  const ended = new Promise<{ closed: string; calls: number; grown: number }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(JSON.parse(report)));
  });
  return { child, ended };
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

// net.Socket makes the pipe non-blocking: a full one then answers EAGAIN.
test.each([
  ['blocking', ''],
  ['non-blocking', "import net from 'node:net'; new net.Socket({ fd: 1 });"],
])('a slow reader of a %s pipe gets every line, in order and whole', async (_kind, before) => {
  const { child, ended } = writer(50_000, before);
  await wait(1_000);
  const lines = (await readAll(child.stdout)).split('\n');
  expect(lines).toHaveLength(50_001);
  expect(lines.slice(0, -1).every((line, i) => line === `line ${i} ${'ü'.repeat(50)}`)).toBe(true);
  expect(await ended).toMatchObject({ closed: 'open' });
});

test('a million lines do not gather in memory', async () => {
  const { child, ended } = writer(1_000_000);
  child.stdout.resume();
  expect((await ended).grown).toBeLessThan(80 * 1024 * 1024);
});

test('a reader that goes away is noticed once, and what follows is dropped', async () => {
  const { child, ended } = writer(100_000);
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await ended).toMatchObject({ closed: 'EPIPE', calls: 1 });
});

test('a single line is handed over without waiting for more', async () => {
  const program = `
    import { createOutput } from ${JSON.stringify(outputUrl)};
    createOutput({ fd: 1, isTerminal: false, buffered: true, onClosed() {} }).write('first\\n');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program]);
  const text = await new Promise((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  child.kill('SIGKILL');
  expect(text).toBe('first\n');
});
