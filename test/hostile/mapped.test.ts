/**
 * Files that are written through memory maps while they are read: their times move only when a page is written for the
 * first time after it went to the disk, so a digest of what the file never was could be stored.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { site } from '../support/e2e.js';
import { redirectorRows } from '../support/e2e-files.js';

const mapper = fileURLToPath(new URL('mapper.py', import.meta.url));
const size = 2 * 1024 * 1024;
/** A file system in memory never writes its pages anywhere. */
const kind = spawnSync('stat', ['-f', '-c', '%T', tmpdir()], { encoding: 'utf8' }).stdout.trim();
const usable = kind !== 'tmpfs';
if (!usable)
  process.stderr.write('hostile: the temporary directory is in memory: memory maps are not tried\n');

/** SHA-256 of a file that begins with B and ends with A, as it never is. */
function sumOfNever(): string {
  const content = Buffer.alloc(size, 'A');
  content[0] = 'B'.charCodeAt(0);
  return createHash('sha256').update(content).digest('hex');
}

test.skipIf(!usable)('nothing is stored of a file as it never was', { timeout: 120_000 }, async () => {
  const place = site();
  const files = Array.from({ length: 40 }, (_, n) => join(place.tree, String(n)));
  const writer = spawn('python3', [mapper, String(size), ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(writer.stdout, 'data');
    // So old that runs do not wait for them.
    await sleep(3_000);
    for (const jobs of ['1', '2']) {
      const { status, summary } = await place.hash('--jobs', jobs, '--force');
      expect([status, summary.files.seen]).toEqual([0, files.length]);
      const sums = [...redirectorRows(place.state).values()].map(({ sha256 }) => sha256.toString('hex'));
      expect(sums.filter((sum) => sum === sumOfNever())).toEqual([]);
    }
  } finally {
    writer.kill('SIGKILL');
    await once(writer, 'close');
  }
  // When it stands still, all are hashed.
  await sleep(2_500);
  const { status, files: told } = await place.hash();
  expect([status, told.filter(({ outcome }) => outcome !== 'hashed')]).toEqual([0, []]);
  expect(redirectorRows(place.state).size).toBe(files.length);
});
