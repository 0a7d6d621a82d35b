/**
 * Who may read a state: its owner alone, unless its directory was opened to more; no umask makes it more or less.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/asking.js';
import { type Ended, installed, type Site, site, withoutPrivileges } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { makeForeign } from '../support/redirector-files.js';
import { servingWith } from '../support/serving.js';

const isRoot = process.getuid?.() === 0 && withoutPrivileges() !== null;
if (!isRoot) process.stderr.write('hostile: not root: other readers of a state are not tested\n');

const readers = 65_534;
const asUser = (gid: number): readonly string[] => [
  'setpriv',
  '--reuid=4711',
  `--regid=${gid}`,
  '--clear-groups',
];

function filled(): Site {
  const place = site();
  chmodSync(place.tree, 0o755);
  write(join(place.tree, 'd/file'), 'content');
  return place;
}

async function hashed(place: Site, umask = '022'): Promise<Ended> {
  const prefix = ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
  const out = join(place.directory, 'out');
  await runWell(
    place,
    ['export', place.tree, '--state', place.state, '--to', out, '--formats', 'sha256'],
    prefix,
    [0, 2],
  );
  return runWell(place, place.hashArguments(), prefix);
}

async function runWell(
  place: Site,
  args: readonly string[],
  prefix: readonly string[],
  statuses: readonly number[] = [0],
): Promise<Ended> {
  const ended = await place.run(args, { prefix });
  expect(statuses, ended.stderr).toContain(ended.status);
  return ended;
}

/** `mode path` of the state and of all in it, that is of another mode than its kind should have. */
function modesBut(place: Site, directories: number, files: number, ours = place.state): readonly string[] {
  const wrong: string[] = [];
  const visit = (path: string): void => {
    const found = lstatSync(path);
    const mode = found.mode & 0o7777;
    if (mode !== (found.isDirectory() ? directories : files))
      wrong.push(`${mode.toString(8)} ${relative(place.directory, path)}`);
    if (found.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
  };
  visit(ours);
  return wrong;
}

const databases = ['cache.db', 'exports.db', 'redirector.db'];

test.concurrent.each(['000', '022', '077'])(
  'with umask %s, a state is for its owner alone',
  async (umask) => {
    const place = filled();
    await hashed(place, umask);
    await hashed(place, umask);
    expect(readdirSync(place.state)).toEqual(expect.arrayContaining(databases));
    expect(modesBut(place, 0o700, 0o600)).toEqual([]);
  },
);

test.concurrent('a directory that was made for it is as open as the umask, until a run opens it', async () => {
  const place = filled();
  mkdirSync(place.state);
  chmodSync(place.state, 0o755);
  const modes = (): readonly number[] =>
    databases.map((name) => lstatSync(join(place.state, name)).mode & 0o777);
  await hashed(place, '077');
  await hashed(place, '077');
  expect(modes()).toEqual([0o600, 0o600, 0o600]);
  await hashed(place, '022');
  expect(modes()).toEqual([0o644, 0o644, 0o644]);
  await hashed(place, '077');
  expect(modes()).toEqual([0o644, 0o644, 0o644]);
});

test.concurrent('what an older version left for all to read is closed', async () => {
  const place = filled();
  await hashed(place);
  await hashed(place);
  for (const name of databases) chmodSync(join(place.state, name), 0o644);
  await hashed(place);
  expect(modesBut(place, 0o700, 0o600)).toEqual([]);
});

describe.runIf(isRoot)('a directory that was opened to a group', () => {
  async function opened(): Promise<Site> {
    const place = filled();
    await hashed(place);
    chownSync(place.state, 0, readers);
    chmodSync(place.state, 0o750);
    await hashed(place);
    return place;
  }

  test.concurrent('lets the group read, and nobody else', async () => {
    const place = await opened();
    const show = ['show', join(place.tree, 'd/file'), '--state', place.state];
    for (const args of [show, ['status', place.tree, '--state', place.state]]) {
      await runWell(place, args, asUser(readers));
      const { stderr } = await runWell(place, args, asUser(4711), [1]);
      expect(stderr).toMatch(/permission denied|cannot be opened/);
    }
  });

  test.concurrent('lets it serve, and tell when the last run was', async () => {
    const place = await opened();
    const served = await servingWith(
      place,
      { prefix: asUser(readers), cwd: '/' },
      ...['--metrics-listen', '127.0.0.1:0'],
    );
    expect((await ask(served.origin, '/d/file.sha256')).status).toBe(200);
    const metrics = await fetch(`${/metrics at (\S+)/.exec(served.said())?.[1]}`);
    expect(await metrics.text()).toMatch(/^mirrorhash_last_run_age_seconds [\d.e-]+$/m);
    await served.stop();
  });

  test.concurrent('and closed again, does not', async () => {
    const place = await opened();
    chmodSync(place.state, 0o700);
    await hashed(place);
    for (const name of databases) {
      const file = join(place.state, name);
      expect([name, lstatSync(file).mode & 0o777]).toEqual([name, 0o600]);
    }
  });
});

test.skipIf(!installed('strace', '-V'))(
  'a database that is being made is nobody else’s for no moment',
  async () => {
    const place = filled();
    const log = join(place.directory, 'strace');
    const prefix = ['sh', '-c', 'umask 000; exec "$@"', 'sh'];
    const trace = ['strace', '-f', '-qq', '-e', 'trace=openat', '-o', log];
    await runWell(place, place.hashArguments(), [...prefix, ...trace]);
    const opened = [...readFileSync(log, 'utf8').matchAll(/"([^"]*\.db\.new-\d+)", (\S+), (0\d+)\)/g)];
    const first = new Map(
      opened.reverse().map(([, path = '', flags, mode]) => [basename(path), `${flags} ${mode}`]),
    );
    expect([...first.keys()].map((name) => name.replace(/\d+$/, '')).sort()).toEqual([
      'cache.db.new-',
      'redirector.db.new-',
    ]);
    for (const how of first.values()) expect(how).toMatch(/O_EXCL.* 0600$/);
  },
);

describe.runIf(isRoot)('a redirector database elsewhere', () => {
  test.concurrent('that is another user’s, keeps its mode', async () => {
    const place = filled();
    await hashed(place);
    const file = join(place.state, 'redirector.db');
    chownSync(file, 4711, 4711);
    chmodSync(file, 0o666);
    await hashed(place);
    expect(lstatSync(file).mode & 0o777).toBe(0o666);
  });

  test.concurrent('where everybody may write, is for its owner alone', async () => {
    const place = filled();
    const shared = join(place.directory, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const file = join(shared, 'redirector.db');
    mkdirSync(place.state);
    chownSync(place.state, 4711, 4711);
    const args = place.hashArguments('--redirector', `sqlite:${file}`);
    await runWell(place, args, asUser(4711));
    expect(lstatSync(file).mode & 0o777).toBe(0o600);
  });

  test.concurrent('that is another program’s, keeps its mode', async () => {
    const place = filled();
    const elsewhere = join(place.directory, 'elsewhere');
    mkdirSync(elsewhere);
    chmodSync(elsewhere, 0o755);
    const file = join(elsewhere, 'foreign.db');
    makeForeign(file, 'without server');
    chmodSync(file, 0o620);
    await runWell(place, place.hashArguments('--redirector', `sqlite:${file}`), []);
    expect(lstatSync(file).mode & 0o777).toBe(0o620);
  });

  test.concurrent('that is no database of ours at all, keeps its mode, too', async () => {
    const place = filled();
    const file = join(place.directory, 'shadow');
    write(file, 'root:*:19000:0:99999:7:::\n'.repeat(1000));
    chmodSync(file, 0o640);
    await runWell(place, place.hashArguments('--redirector', `sqlite:${file}`), [], [1]);
    expect(lstatSync(file).mode & 0o777).toBe(0o640);
  });
});
