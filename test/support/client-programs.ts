/**
 * What the tests with real download programs share: bytes to download, and a way to run a program beside a mirror that
 * lives in this process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Old enough to be no surprise to anybody, with whole seconds. */
export const mtime = new Date('2026-11-21T19:17:00Z');

/** Bytes that do not repeat, the same in each run. */
export const image = Buffer.alloc(1_300_000);
for (let i = 0, x = 1; i < image.length; i += 1) {
  x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
  image[i] = x >>> 24;
}

/** Not blocking, because this process is a mirror, too. */
export async function runClient(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly status: number | null; readonly text: string }> {
  const child = spawn(program, args, { cwd, timeout: 60_000 });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, text };
}
