/**
 * A state where others may write: root goes there with SQLite, which follows links, and must not write what they point to.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Site, site, withoutPrivileges } from '../support/e2e.js';
import { listing, write } from '../support/e2e-files.js';

const nobody = 65_534;
const asNobody = withoutPrivileges() ?? [];
/** Only root can give things to others. */
const isRoot = process.getuid?.() === 0 && asNobody.length > 0;
if (!isRoot) process.stderr.write('hostile: not root: states of other users are not tested\n');

/** A tree, and an empty file (SQLite writes into those without a word) of a victim. */
function attacked(): { readonly place: Site; readonly victim: string } {
  const place = site();
  write(join(place.tree, 'file'), 'content');
  const victim = join(place.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'empty'), '');
  return { place, victim };
}

/** Where `fs.protected_symlinks` is on, such links lead nowhere for root. */
function kernelsOr(ours: string): RegExp {
  return new RegExp(`${ours}|cannot use the state directory .*: permission denied|there is no .*/r\\.db`);
}

function given(path: string): string {
  lchownSync(path, nobody, nobody);
  return path;
}

describe.runIf(isRoot)('root writes through no link that another user laid', () => {
  test.concurrent.each(['cache.db', 'cache.db-wal', 'cache.db-shm', 'redirector.db', 'redirector.db-wal'])(
    'as %s in a state of theirs',
    async (name) => {
      const { place, victim } = attacked();
      mkdirSync(place.state);
      given(place.state);
      symlinkSync(join(victim, 'empty'), join(place.state, name));
      given(join(place.state, name));
      const before = listing(victim);
      const { status, stderr } = await place.run(place.hashArguments());
      expect(stderr).toContain(`${place.state}: it belongs to another user (${nobody})\nhint: `);
      expect(status).toBe(1);
      expect(listing(victim)).toEqual(before);
    },
  );

  test.concurrent('as exports.db, when what they hashed is exported', async () => {
    const { place, victim } = attacked();
    mkdirSync(place.state);
    given(place.state);
    expect((await place.run(place.hashArguments(), { prefix: asNobody })).status).toBe(0);
    symlinkSync(join(victim, 'empty'), join(place.state, 'exports.db'));
    given(join(place.state, 'exports.db'));
    const before = listing(victim);
    const to = ['--to', join(place.directory, 'out'), '--formats', 'sha256sums'];
    const { status, stderr } = await place.run(['export', place.tree, ...to, '--state', place.state]);
    expect(stderr).toContain(`${place.state}: it belongs to another user (${nobody})\nhint: `);
    expect(status).toBe(1);
    expect(listing(victim)).toEqual(before);
  });

  test.concurrent.each(['locks', 'redirector.db.locks'])(
    'as a directory %s, which gets no lock',
    async (name) => {
      const { place, victim } = attacked();
      mkdirSync(place.state);
      given(place.state);
      symlinkSync(victim, join(place.state, name));
      given(join(place.state, name));
      const before = listing(victim);
      expect((await place.run(place.hashArguments())).status).toBe(1);
      expect(listing(victim)).toEqual(before);
    },
  );

  test.concurrent('above the state, on the way there, or as the state itself', async () => {
    const { place, victim } = attacked();
    const theirs = join(place.directory, 'theirs');
    mkdirSync(theirs);
    given(theirs);
    const shared = join(place.directory, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const own = join(place.directory, 'own');
    mkdirSync(join(own, 'below'), { recursive: true });
    symlinkSync(own, join(theirs, 'link'));
    symlinkSync(own, join(shared, 'link'));
    given(join(shared, 'link'));
    symlinkSync('theirs/made', join(place.directory, 'mine'));
    symlinkSync('loop', join(place.directory, 'loop'));
    mkdirSync(join(shared, 'made before'));
    given(join(shared, 'made before'));
    const before = [...listing(victim), ...listing(own), ...listing(theirs)];
    for (const state of [
      join(theirs, 'made'),
      join(theirs, 'link'),
      join(theirs, 'link/below'),
      join(shared, 'link'),
      join(shared, 'made before/state'),
      join(shared, 'made before'),
      join(place.directory, 'mine'),
    ]) {
      const { status, stderr } = await place.run(['hash', place.tree, '--state', state]);
      expect(stderr, state).toMatch(kernelsOr(`it belongs to another user \\(${nobody}\\)`));
      expect(status).toBe(1);
    }
    for (const [state, why] of [
      [shared, 'everybody may write there'],
      [join(place.directory, 'loop'), 'cannot use the state directory'],
    ] as const) {
      const { status, stderr } = await place.run(['hash', place.tree, '--state', state]);
      expect(stderr, state).toContain(why);
      expect(status).toBe(1);
    }
    expect([...listing(victim), ...listing(own), ...listing(theirs)]).toEqual(before);
  });

  test.concurrent('nor with a redirector database elsewhere', async () => {
    const { place, victim } = attacked();
    const shared = join(place.directory, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const link = join(shared, 'r.db');
    symlinkSync(join(victim, 'empty'), link);
    given(link);
    const before = listing(victim);
    for (const words of [
      ['hash', place.tree],
      ['sync', place.tree],
      ['import', place.tree],
      ['mirror', 'add', place.tree, 'm', 'https://m.example/'],
    ]) {
      const { status, stderr } = await place.run([
        ...words,
        '--state',
        place.state,
        '--redirector',
        `sqlite:${link}`,
      ]);
      expect(stderr, words[0]).toMatch(kernelsOr(`${shared}: everybody may write there`));
      expect([1, 2]).toContain(status);
    }
    expect(listing(victim)).toEqual(before);
  });
});

describe.runIf(isRoot)('what is still allowed', () => {
  test.concurrent('a state in a directory such as /tmp, a link of our own, and to read what another user hashed', async () => {
    const { place } = attacked();
    const shared = join(place.directory, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    symlinkSync('shared/state', join(place.directory, 'link'));
    for (const state of ['shared/state', 'link', 'shared/../link/deeper']) {
      const { status, stderr } = await place.run(['hash', place.tree, '--state', state]);
      expect([status, stderr]).toEqual([0, expect.stringContaining('1 file in')]);
    }
    const theirs = join(place.directory, 'theirs');
    mkdirSync(theirs);
    given(theirs);
    const own = await place.run(['hash', place.tree, '--state', theirs], { prefix: asNobody });
    expect([own.status, own.stderr]).toEqual([0, expect.stringContaining('1 hashed')]);
    for (const command of ['status', 'verify']) {
      const { status } = await place.run([command, place.tree, '--state', theirs]);
      expect(status, command).toBe(0);
    }
    // What others made is theirs still: the hint of a refusal works.
    chownSync(place.home, nobody, nobody);
    const again = await place.run(['hash', place.tree, '--state', theirs], { prefix: asNobody });
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining('1 unchanged')]);
    expect(readFileSync(join(theirs, 'cache.db')).length).toBeGreaterThan(0);
    expect(spawnSync('find', [theirs, '-user', '0']).stdout.toString()).toBe('');
  });

  test.concurrent.each([
    ['that a group may write', nobody, 0o2775, 1],
    ['that a group may only read', nobody, 0o2755, 0],
    ["that root's own group may write", 0, 0o775, 0],
  ])('a state, or a redirector database, in a directory %s', async (_, group, mode, expected) => {
    const { place, victim } = attacked();
    const shared = join(place.directory, 'shared');
    mkdirSync(shared);
    chownSync(shared, 0, group);
    chmodSync(shared, mode);
    symlinkSync(join(victim, 'empty'), join(shared, 'redirector.db'));
    for (const where of [
      ['--state', join(shared, 'state')],
      ['--state', place.state, '--redirector', `sqlite:${join(shared, 'other.db')}`],
    ]) {
      const { status, stderr } = await place.run(['hash', place.tree, ...where]);
      expect([status, stderr]).toEqual([expected, expect.any(String)]);
      if (expected === 1)
        expect(stderr).toContain(`${shared}: a group may write there (${group})\nhint: chmod g-w ${shared}`);
    }
    if (expected === 1) {
      const { status } = await place.run([
        ...['hash', place.tree, '--state', place.state],
        ...['--redirector', `sqlite:${join(shared, 'redirector.db')}`],
      ]);
      expect([status, readFileSync(join(victim, 'empty'), 'utf8')]).toEqual([1, '']);
    }
  });

  test.concurrent('but nobody trusts a state that another user made before', async () => {
    const { place } = attacked();
    const third = join(place.directory, 'third');
    mkdirSync(third);
    chownSync(third, 12_345, 12_345);
    chmodSync(third, 0o777);
    const words = ['hash', place.tree, '--state'];
    const { status, stderr } = await place.run([...words, third], { prefix: asNobody });
    expect([status, stderr]).toEqual([1, expect.stringContaining('another user (12345)')]);
    // To share a directory is their own affair.
    const own = await place.run([...words, join(third, 'own')], { prefix: asNobody });
    expect([own.status, own.stderr]).toEqual([0, expect.stringContaining('1 hashed')]);
  });
});
