/**
 * Files and directories that somebody swaps all the time for FIFOs, links out of the tree, devices, sockets and
 * directories: `hash` and `serve` never hang, and never read what lies outside of the base. What comes out is right.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { announce, tell, timeoutFor } from '../faults/plan.js';
import { ask } from '../support/asking.js';
import { type Site, site, told } from '../support/e2e.js';
import { coreutils, redirectorRows, write } from '../support/e2e-files.js';
import { serving } from '../support/serving.js';
import { Canary, filesWith, notesReading, type SwapPlan, swapping } from './swapping.js';

const length = { share: 0.03, short: 6 };
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('hostile: files swapped for devices: skipped: only root makes devices\n');

const kinds = [
  'fifo',
  'link',
  'socket',
  'directory',
  'link-to-directory',
  ...(isRoot ? ['zero', 'full'] : []),
];
const copies = 12;
const content = 'for everybody '.repeat(30);
/** What a file holds in turn that is written in place. */
const versions = [content.repeat(400), '', content];

interface Attacked {
  readonly place: Site;
  readonly canary: Canary;
  readonly plan: SwapPlan;
  /** of files that may be there */
  readonly paths: readonly string[];
  readonly close: () => void;
}

/** A tree with a file for each kind of thing that it is swapped with, some times over. */
function attacked(): Attacked {
  const place = site();
  const canary = new Canary(join(place.directory, 'outside'), 'f.bin', content);
  const away = join(place.directory, 'away');
  mkdirSync(away);
  const server = createServer().listen(join(place.directory, 'socket'));
  const pairs: [string, string][] = [];
  const paths: string[] = [];
  for (const kind of kinds) {
    for (let n = 0; n < copies; n += 1) {
      const [there, other] = [join(place.tree, `${kind}${n}`), join(away, `${kind}${n}`)];
      const path = kind === 'link-to-directory' ? `${kind}${n}/f.bin` : `${kind}${n}`;
      write(join(place.tree, path), content);
      put(kind, other, canary, join(place.directory, 'socket'));
      pairs.push([there, other]);
      paths.push(path);
    }
  }
  const contents = Object.fromEntries(
    ['rewritten0', 'rewritten1'].map((name) => [join(place.tree, name), versions]),
  );
  for (const file of Object.keys(contents)) write(file, '');
  write(join(place.tree, 'stays'), content);
  return { place, canary, plan: { pairs, contents }, paths, close: () => server.close() };
}

function put(kind: string, file: string, canary: Canary, socket: string): void {
  if (kind === 'fifo') execFileSync('mkfifo', [file]);
  else if (kind === 'link') symlinkSync(canary.file, file);
  else if (kind === 'link-to-directory') symlinkSync(canary.directory, file);
  else if (kind === 'socket') execFileSync('ln', [socket, file]);
  else if (kind === 'directory') write(join(file, 'below'), content);
  else execFileSync('mknod', ['-m', '666', file, 'c', '1', kind === 'zero' ? '5' : '7']);
}

test('swapped while they were hashed: what lies outside was read, or a FIFO waited for', {
  timeout: timeoutFor(length),
}, async () => {
  const { place, canary, plan, close } = attacked();
  const isNoted = notesReading(place.directory);
  const end = Date.now() + 1000 * announce('swapped while hashed', length);
  const swapper = await swapping(plan);
  const outcomes: Record<string, number> = {};
  let runs = 0;
  for (; Date.now() < end; runs += 1) {
    const run = told(await place.run(place.hashArguments('--force', '--max-delete', '100%')));
    expect(run.status, run.stderr).toBe(0);
    for (const { outcome, code } of run.files) {
      const what = code ?? outcome;
      outcomes[what] = (outcomes[what] ?? 0) + 1;
    }
    expect(filesWith(place.state, canary.traces)).toEqual([]);
  }
  tell('swapped while hashed', { runs, swaps: await swapper.stop(), ...outcomes });
  if (isNoted) expect(canary.isRead).toBe(false);
  expect(outcomes.hashed).toBeGreaterThan(0);
  expect(outcomes.FILE_CHANGED ?? 0).toBeGreaterThan(0);
  await stillIsRight(place);
  close();
});

/** One more run, and the databases hold what coreutils find. */
async function stillIsRight(place: Site): Promise<void> {
  expect((await place.hash('--max-delete', '100%')).status).toBe(0);
  const files = execFileSync('find', [place.tree, '-type', 'f', '-printf', '%P\\0'], { encoding: 'utf8' });
  const paths = files.split('\0').filter((path) => path !== '');
  const sums = coreutils(
    'sha256sum',
    paths.map((path) => join(place.tree, path)),
  );
  const expected = paths.map((path) => [path, sums.get(join(place.tree, path))] as const).sort();
  const rows = [...redirectorRows(place.state)].map(
    ([path, row]) => [path, row.sha256.toString('hex')] as const,
  );
  expect(rows.sort()).toEqual(expected);
}

test('swapped while they were served: what lies outside was delivered', {
  timeout: timeoutFor(length),
}, async () => {
  const { place, canary, plan, paths, close } = attacked();
  const isNoted = notesReading(place.directory);
  await place.hash();
  const served = await serving(place);
  const end = Date.now() + 1000 * announce('swapped while served', length);
  const swapper = await swapping({ pairs: plan.pairs });
  const secrets = canary.traces.flatMap((trace) => [trace, Buffer.from(trace.toString('hex'))]);
  const statuses: Record<string, number> = {};
  let asked = 0;
  const askOn = async (first: number): Promise<void> => {
    for (let at = first; Date.now() < end; at += 1) {
      const path = paths[at % paths.length] ?? '';
      const [top = ''] = path.split('/');
      for (const target of [path, `${path}.sha256`, `${path}.meta4`, `${path}.mirrorlist`, `${top}/`, '']) {
        const { status, body } = await ask(served.origin, `/${target}`);
        asked += 1;
        statuses[status] = (statuses[status] ?? 0) + 1;
        expect(status, `${target} ${served.said()}`).toBeLessThan(500);
        expect(
          secrets.filter((secret) => body.includes(secret)),
          target,
        ).toEqual([]);
        expect(body.includes('canary-name'), target).toBe(false);
        if (status === 200 && target === path) expect(body.toString()).toBe(content);
      }
    }
  };
  await Promise.all([0, 20, 40, 60].map(askOn));
  tell('swapped while served', { swaps: await swapper.stop(), asked, ...statuses });
  if (isNoted) expect(canary.isRead).toBe(false);
  expect(statuses[200] ?? 0).toBeGreaterThan(0);
  expect(statuses[404] ?? 0).toBeGreaterThan(0);
  expect((await served.stop()).stderr).not.toMatch(/failed|error/i);
  close();
});
