/**
 * A file on which a program holds a write lease (fcntl(2), F_SETLEASE), as Samba does for its clients and NFS servers
 * for theirs. Any uploader with a shell can do so, and opening such a file waits for the holder, or fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/asking.js';
import { outcomes, type Site, site } from '../support/e2e.js';
import { knownPaths, write } from '../support/e2e-files.js';
import { python } from '../support/python.js';
import { serving } from '../support/serving.js';

const holder = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()`;

/** Holds a lease until it is released; false where the file system knows none. */
async function lease(file: string): Promise<(() => Promise<void>) | null> {
  const child = spawn(python, ['-c', holder, file], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  const release = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  onTestFinished(release);
  const isHeld = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isHeld) process.stderr.write('hostile: files under a lease: skipped: no leases on this file system\n');
  return isHeld ? release : null;
}

function withTwoFiles(): { readonly place: Site; readonly file: string } {
  const place = site();
  for (const name of ['leased', 'other']) write(join(place.tree, name), name);
  return { place, file: join(place.tree, 'leased') };
}

test('a leased file failed the run', async (context) => {
  const { place, file } = withTwoFiles();
  const release = await lease(file);
  if (release === null) return context.skip();
  const run = await place.hash();
  expect(run.status).toBe(0);
  expect(outcomes(run)).toEqual(['leased deferred FILE_CHANGED', 'other hashed']);
  expect(run.stdout).toContain('another program has it open for writing');
  await release();
  expect(outcomes(await place.hash())).toEqual(['leased hashed']);
  expect(knownPaths(place.state)).toEqual(['leased', 'other']);
});

test('a leased file was an error of ours when it was asked for', async (context) => {
  const { place, file } = withTwoFiles();
  await place.hash();
  const release = await lease(file);
  if (release === null) return context.skip();
  const served = await serving(place);
  const { status, headers, text } = await ask(served.origin, '/leased');
  expect([status, headers['retry-after']]).toEqual([503, '5']);
  expect(text).toContain('This file is being written');
  expect((await ask(served.origin, '/other')).text).toBe('other');
  await release();
  expect((await ask(served.origin, '/leased')).text).toBe('leased');
  expect((await served.stop()).stderr).not.toContain('EAGAIN');
});

test('a leased file is verified later, and is no damage', async (context) => {
  const { place, file } = withTwoFiles();
  await place.hash();
  const release = await lease(file);
  if (release === null) return context.skip();
  const { status, stderr } = await place.run(['verify', place.tree, '--state', place.state]);
  expect([status, stderr]).toEqual([0, expect.stringContaining('1 file verified')]);
});
