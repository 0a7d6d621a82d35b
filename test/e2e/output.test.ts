/**
 * What people and programs read.
 */

import { spawn } from 'node:child_process';
import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { program, type Site, site, type Told, withoutPrivileges } from '../support/e2e.js';
import { longAgo, write } from '../support/e2e-files.js';

const prefix = withoutPrivileges();

const counts = ['seen', 'unchanged', 'hashed', 'deferred', 'skipped', 'failed', 'pruned', 'excluded'];

/** Keys as in the contract; `updated` is ours: records renewed without reading. */
function expectContract({ summary, lines }: Told): void {
  expect(Object.keys(summary).sort()).toEqual(['bytes', 'directories', 'event', 'files', 'seconds', 'sync']);
  expect(Object.keys(summary.files).filter((key) => key !== 'updated')).toEqual(counts);
  expect(Object.keys(summary.directories)).toEqual(['seen', 'locked', 'failed']);
  expect(Object.keys(summary.bytes)).toEqual(['hashed']);
  expect(Object.keys(summary.sync ?? {})).toEqual(['redirector', 'upserted', 'deleted', 'refused']);
  const { seen = 0, pruned, excluded, updated, ...outcomes } = summary.files;
  expect(Object.values(outcomes).reduce((sum, n) => sum + n, 0)).toBe(seen);
  expect(lines.filter(({ event }) => event === 'summary')).toHaveLength(1);
}

/** The lines and the summary tell the same. */
function expectTally({ files, directories, summary }: Told, outcomes: readonly string[]): void {
  for (const outcome of outcomes) {
    const told = files.filter((line) => line.outcome === outcome);
    expect({ outcome, n: told.length }).toEqual({ outcome, n: summary.files[outcome] });
  }
  for (const outcome of ['locked', 'failed'])
    expect(directories.filter((line) => line.outcome === outcome).length).toBe(summary.directories[outcome]);
  const bytes = files
    .filter(({ outcome }) => outcome === 'hashed')
    .reduce((sum, { size }) => sum + (size ?? 0), 0);
  expect(bytes).toBe(summary.bytes.hashed);
}

async function eventful(): Promise<Site> {
  const place = site();
  for (const path of ['stays', 'd/stays', 'goes', 'x.tmp', 'signed']) write(join(place.tree, path), path);
  await place.hash('--exclude', '*.tmp');
  unlinkSync(join(place.tree, 'goes'));
  write(join(place.tree, 'new'), 'new');
  write(join(place.tree, 'stays'), 'changed');
  write(join(place.tree, 'signed.asc'), '-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n');
  writeFileSync(Buffer.concat([Buffer.from(join(place.tree, 'bad-')), Buffer.from([0xff])]), 'x');
  return place;
}

describe('--json', () => {
  test.concurrent('every line parses, and the last is the summary that tallies with the others', async () => {
    const place = await eventful();
    const run = await place.hash('--exclude', '*.tmp');
    expectContract(run);
    expectTally(run, ['hashed', 'deferred', 'skipped', 'failed', 'pruned']);
    expect(run.summary.files).toMatchObject({
      seen: 6,
      unchanged: 2,
      hashed: 3,
      skipped: 1,
      pruned: 1,
      excluded: 1,
    });
    expect(run.summary.sync).toMatchObject({ upserted: 4, deleted: 1 });
    for (const line of run.files) {
      const keys = ['event', 'path', 'outcome', 'reason', 'code', 'size'];
      expect(Object.keys(line).slice(0, 6)).toEqual(keys);
    }
  });

  test.concurrent('with --verbose unchanged files have lines, too', async () => {
    const place = await eventful();
    const run = await place.hash('--verbose', '--exclude', '*.tmp');
    expectContract(run);
    expectTally(run, ['unchanged', 'hashed', 'deferred', 'skipped', 'failed', 'pruned']);
    expect(run.summary.files.seen).toBe(run.files.filter(({ outcome }) => outcome !== 'pruned').length);
    const again = await place.hash('--verbose');
    expect(again.files.filter(({ outcome }) => outcome === 'unchanged')).toHaveLength(5);
  });

  test.concurrent('goes to standard output, all of it, with --quiet too', async () => {
    const place = await eventful();
    const quiet = await place.hash('--quiet');
    expect(quiet.stderr).toBe('');
    expect(quiet.files.length).toBeGreaterThan(3);
  });
});

describe('text', () => {
  test.concurrent('--quiet prints nothing at all when nothing fails', async () => {
    const place = await eventful();
    const quiet = ['hash', place.tree, '--state', place.state, '--quiet'];
    for (const args of [quiet, quiet, [...quiet, '--force'], [...quiet, '--no-zsync']]) {
      expect(await place.run(args)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    }
    for (const verb of ['sync', 'verify'])
      expect(await place.run([verb, place.tree, '--state', place.state, '--quiet'])).toMatchObject({
        status: 0,
        stdout: '',
        stderr: '',
      });
  });

  test.skipIf(prefix === null)('failures are told, however quiet it is to be', async () => {
    const place = site();
    write(join(place.tree, 'secret'), 'secret');
    write(join(place.tree, 'open'), 'open');
    chmodSync(join(place.tree, 'secret'), 0o000);
    chmodSync(place.directory, 0o777);
    const args = ['hash', place.tree, '--state', place.state];
    const run = await place.run([...args, '--quiet'], { prefix: prefix ?? [] });
    expect(run).toMatchObject({
      status: 3,
      stdout: '',
      stderr: 'mirrorhash: secret: failed: permission denied\n',
    });
    const json = await place.run([...args, '--json'], { prefix: prefix ?? [] });
    expect(json.status).toBe(3);
    expect(json.stdout).toContain('"code":"FILE_UNREADABLE"');
    expect(json.stderr).toContain('secret');
  });

  test.concurrent('data goes to standard output, everything else to standard error, without control characters', async () => {
    const place = await eventful();
    const run = await place.run(['hash', place.tree, '--state', place.state, '--explain', '--verbose'], {
      env: { TERM: 'xterm-256color', FORCE_COLOR: '1' },
    });
    expect(run.stdout.trimEnd().split('\n').sort()).toEqual([
      'goes: vanished',
      'new: new',
      'signed.asc: new',
      'signed: signature added',
      'stays: size changed',
      'x.tmp: new',
    ]);
    for (const line of run.stderr.trimEnd().split('\n')) expect(line).toMatch(/^(mirrorhash|hint): /);
    expect(run.stderr).toMatch(/^mirrorhash: 7 files in 2 directories: 4 hashed/m);
    expect(`${run.stdout}${run.stderr}`).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test.concurrent('a reader that goes away ends the run, and nothing is lost', async () => {
    const place = site();
    for (let i = 0; i < 3000; i++)
      write(join(place.tree, `${i % 10}/file with a rather long name ${i}`), `${i}`);
    const command = 'set -o pipefail; "$0" "$1" hash "$2" --state "$3" --json | head -n 1';
    const child = spawn('bash', ['-c', command, process.execPath, program, place.tree, place.state], {
      env: { PATH: process.env.PATH ?? '', HOME: place.home },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(1);
    const next = await place.hash();
    expect(next.status).toBe(0);
    expect(next.summary.files.seen).toBe(3000);
  });
});

test.concurrent('no output shows a password', async () => {
  const place = site();
  write(join(place.tree, 'a'), 'a', { mtime: longAgo });
  const secret = 'hunter2-secret';
  // What a server says is tested with real ones; this URL is refused before any is asked.
  const url = `postgres://mirror:${secret}@127.0.0.1:1/db?password=${secret}&sslmode=no`;
  const config = join(place.directory, 'mirrorhash.toml');
  writeFileSync(config, `[tree.main]\nbase = "${place.tree}"\nredirector = "${url}"\n`);
  const wrong = join(place.directory, 'wrong.toml');
  writeFileSync(wrong, `[tree.main]\nbase = "${place.tree}"\nredirector = "postgress://u:${secret}@h/db"\n`);
  for (const args of [
    ['hash', place.tree, '--redirector', url],
    ['hash', place.tree, '--redirector', url, '--json', '--debug', '--verbose'],
    ['hash', '--all', '--config', config, '--debug'],
    ['hash', '--all', '--config', wrong, '--debug'],
    ['hash', place.tree, '--redirector', `redis://:${secret}@h`],
    ['hash', place.tree, '--redirector', url, '--dry-run'],
  ]) {
    const run = await place.run(args);
    expect(run.status, args.join(' ')).not.toBe(0);
    expect(`${run.stdout}${run.stderr}`).not.toContain(secret);
    expect(run.stderr).not.toBe('');
  }
});
