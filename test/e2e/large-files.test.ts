/**
 * Files larger than 32 bits can count, within little memory. The largest takes minutes: MIRRORHASH_LONG=1 adds it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Running, type Site, site, told } from '../support/e2e.js';
import { coreutils, redirectorRows, writeSparse } from '../support/e2e-files.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const long = process.env.MIRRORHASH_LONG === '1';
if (!long) process.stderr.write('e2e: the test with 20 GB is skipped; MIRRORHASH_LONG=1 runs it\n');

/** bytes; the most that the process ever held in memory */
async function peakOf({ pid, child }: Running): Promise<number> {
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It ended meanwhile.
    }
    await sleep(50);
  }
  return peak;
}

async function hashSparse(place: Site, size: number) {
  const file = join(place.tree, 'sparse.iso');
  writeSparse(file, size);
  const running = place.startHash();
  const [peak, ended] = await Promise.all([peakOf(running), running.ended]);
  const run = told(ended);
  expect(run.summary.files).toMatchObject({ hashed: 1, failed: 0 });
  expect(run.summary.bytes.hashed).toBe(size);
  expect(peak).toBeGreaterThan(20 * MiB);
  const row = redirectorRows(place.state).get('sparse.iso');
  if (row === undefined) throw new Error('no row');
  expect(row.size).toBe(size);
  expect(row.sha256.toString('hex')).toBe(coreutils('sha256sum', [file]).get(file));
  return { peak, row };
}

test('2 GiB and a bit, within 400 MB', async () => {
  const size = 2 * GiB + 5;
  const { peak, row } = await hashSparse(site(), size);
  expect(peak).toBeLessThan(400e6);
  expect(row.sha1piecesize).toBe(256 * 1024);
  expect(row.sha1pieces.length).toBe(20 * 8193);
  expect(row.zblocksize).toBe(8192);
});

test.skipIf(!long)('20 GB, within 400 MB', { timeout: 900_000 }, async () => {
  const size = 20_000_000_000;
  const { peak, row } = await hashSparse(site(), size);
  expect(peak).toBeLessThan(400e6);
  // 256 KiB would be 76,294 pieces; 2 MiB is the first that stays at or below 16,384.
  expect(row.sha1piecesize).toBe(2 * MiB);
  expect(row.sha1pieces.length).toBe(20 * Math.ceil(size / (2 * MiB)));
  // Above --zsync-max-size there are no zsync sums.
  expect({ blocksize: row.zblocksize, lengths: row.zhashlens, sums: row.zsums.length }).toEqual({
    blocksize: 0,
    lengths: '',
    sums: 0,
  });
});
