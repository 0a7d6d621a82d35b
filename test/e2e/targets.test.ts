/**
 * What `hash` is told to look at: paths, lists of paths, configured trees.
 */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomes, type Site, site, told } from '../support/e2e.js';
import { redirectorRows, write } from '../support/e2e-files.js';

function filled(): Site {
  const place = site();
  for (const path of ['a', 'iso/one.iso', 'iso/two.iso', 'iso/deep/three.iso', 'pool/p', 'pool/deep/q'])
    write(join(place.tree, path), path);
  return place;
}

function rowPaths(place: Site): readonly string[] {
  return [...redirectorRows(place.state).keys()];
}

describe('paths', () => {
  test.concurrent('several files and directories in one call, overlapping ones once', async () => {
    const place = filled();
    const { tree, state } = place;
    const paths = ['iso/one.iso', 'pool', 'pool/deep', 'pool/p', 'iso/one.iso'].map((path) =>
      join(tree, path),
    );
    const run = told(await place.run(['hash', ...paths, '--base', tree, '--state', state, '--json']));
    expect(run.status).toBe(0);
    expect(outcomes(run)).toEqual(['iso/one.iso hashed', 'pool/deep/q hashed', 'pool/p hashed']);
    expect(rowPaths(place)).toEqual(['iso/one.iso', 'pool/deep/q', 'pool/p']);
  });

  test.concurrent('several trees do not write into one redirector', async () => {
    const [one, two] = [filled(), filled()];
    const shared = ['--redirector', `sqlite:${join(one.directory, 'shared.db')}`];
    const refused = await one.run(['hash', one.tree, two.tree, ...shared]);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('have the same redirector'),
    ]);
    const without = await one.run(['hash', one.tree, two.tree, ...shared, '--no-sync']);
    expect(without.status).toBe(0);
  });

  test.concurrent('a path below a known tree belongs to it', async () => {
    const place = filled();
    const whole = told(await place.run(['hash', place.tree, '--json']));
    expect(whole.summary.files.hashed).toBe(6);
    write(join(place.tree, 'iso/new.iso'), 'new');
    write(join(place.tree, 'pool/new'), 'new');
    const run = told(await place.run(['hash', 'iso', '--json'], { cwd: place.tree }));
    expect(outcomes(run)).toEqual(['iso/new.iso hashed']);
    expect(run.summary.files).toMatchObject({ unchanged: 3, hashed: 1 });
    const file = told(await place.run(['hash', 'new', '--json'], { cwd: join(place.tree, 'pool') }));
    expect(outcomes(file)).toEqual(['pool/new hashed']);
    expect(readdirSync(join(place.directory, 'states'))).toHaveLength(1);
  });

  test.concurrent('--include and --exclude', async () => {
    const place = filled();
    const run = await place.hash('--include', '**/*.iso', '--exclude', 'iso/deep/**');
    expect(outcomes(run)).toEqual(['iso/one.iso hashed', 'iso/two.iso hashed']);
    expect(run.summary.files.excluded).toBeGreaterThan(0);
  });

  test.concurrent('by default rsync’s temporaries and the like are left out', async () => {
    const place = filled();
    const odd = ['.~tmp~/x', '.a.iso.AbC123', 'lost+found/y', '.snapshot/z', 'iso/.~tmp~/x'];
    for (const path of odd) write(join(place.tree, path), path);
    write(join(place.tree, '.a.iso.AbC12'), 'one letter less');
    const run = await place.hash();
    expect(outcomes(run)).toHaveLength(7);
    const all = await place.hash('--no-default-excludes');
    expect(outcomes(all)).toEqual(odd.map((path) => `${path} hashed`).sort());
  });
});

describe('--files-from', () => {
  test.concurrent('lines on standard input are relative to the directory given, which is the base', async () => {
    const place = filled();
    const input = 'iso/one.iso\na\n';
    const run = told(await place.run(place.hashArguments('--files-from', '-'), { input }));
    expect(run.status).toBe(0);
    expect(outcomes(run)).toEqual(['a hashed', 'iso/one.iso hashed']);
    expect(rowPaths(place)).toEqual(['a', 'iso/one.iso']);
  });

  test.concurrent('the directory given is the base, even when no file of it stands in the list', async () => {
    const place = filled();
    const run = told(
      await place.run(['hash', place.tree, '--files-from', '-', '--json'], { input: 'iso/deep/three.iso\n' }),
    );
    expect(outcomes(run)).toEqual(['iso/deep/three.iso hashed']);
    expect(readdirSync(join(place.directory, 'states'))).toEqual([expect.stringMatching(/^tree-/)]);
  });

  test.concurrent('a file of lines, as rsync writes them', async () => {
    const place = filled();
    await place.hash();
    rmSync(join(place.tree, 'iso/two.iso'));
    rmSync(join(place.tree, 'pool'), { recursive: true });
    for (const path of ['iso/new', 'iso/deep/new', 'deleting you', 'tab\there', 'unlisted'])
      write(join(place.tree, path), path);
    const list = join(place.directory, 'list');
    const lines = [
      './',
      'iso/',
      'deleting iso/two.iso',
      'deleting pool/deep/q',
      'deleting pool/deep/',
      'deleting pool/p',
      'deleting pool/',
      'deleting you',
      'tab\\#011here',
    ];
    writeFileSync(list, `${lines.join('\n')}\n`);
    const run = await place.hash('--files-from', list);
    expect(run.status).toBe(0);
    expect(run.stderr).toBe('');
    expect(outcomes(run)).toEqual([
      'deleting you hashed',
      'iso/new hashed',
      'iso/two.iso pruned',
      'pool/deep/q pruned',
      'pool/p pruned',
      'tab\there hashed',
      // `./` means the base's own files.
      'unlisted hashed',
    ]);
    // A directory with a slash means its own files only.
    expect(rowPaths(place)).not.toContain('iso/deep/new');
  });

  test.concurrent('a name that is not UTF-8 kept all others of the list from being hashed', async () => {
    const bad = Buffer.from('iso/bad\xff', 'latin1');
    for (const input of [
      Buffer.concat([bad, Buffer.from('\0a\0')]),
      Buffer.concat([bad, Buffer.from('\ndeleting '), bad, Buffer.from('\na\n')]),
      Buffer.from('iso/bad\\#377\na\n'),
    ]) {
      const place = filled();
      writeFileSync(Buffer.concat([Buffer.from(`${place.tree}/`), bad]), 'x');
      const run = told(await place.run(place.hashArguments('--files-from', '-'), { input }));
      expect([run.status, run.stderr]).toEqual([0, '']);
      // The directory that it lies in was looked at.
      expect(outcomes(run)).toEqual([
        'a hashed',
        'iso/bad\ufffd skipped NAME_NOT_UTF8',
        'iso/one.iso hashed',
        'iso/two.iso hashed',
      ]);
    }
  });

  test.concurrent('a list with NULs may hold any name, and a directory without a slash means all below it', async () => {
    const place = filled();
    for (const path of ['line\nbreak', 'deleting x', 'back\\#011slash']) write(join(place.tree, path), path);
    const input = 'line\nbreak\0deleting x\0back\\#011slash\0iso\0pool/\0';
    const run = told(await place.run(place.hashArguments('--files-from', '-'), { input }));
    expect(outcomes(run)).toEqual(
      [
        'back\\#011slash hashed',
        'deleting x hashed',
        'iso/deep/three.iso hashed',
        'iso/one.iso hashed',
        'iso/two.iso hashed',
        'line\nbreak hashed',
        'pool/p hashed',
      ].sort(),
    );
  });

  test.concurrent('paths that are missing are told, and their records go', async () => {
    const place = filled();
    await place.hash();
    rmSync(join(place.tree, 'a'));
    const input = 'a\nnever/was\niso/one.iso\n';
    const ended = await place.run(place.hashArguments('--files-from', '-'), { input });
    expect(ended.status).toBe(0);
    expect(ended.stderr).toMatch(/warning: listed, but not there: a and 1 more\n/);
    expect(outcomes(told(ended))).toEqual(['a pruned']);
  });

  test.concurrent('absolute paths below a directory that was named through a link', async () => {
    const place = filled();
    const link = join(place.directory, 'link');
    symlinkSync(place.tree, link);
    const input = `${link}/a\n${place.tree}/iso/one.iso\n`;
    const ended = await place.run(['hash', link, '--state', place.state, '--files-from', '-', '--json'], {
      input,
    });
    expect(outcomes(told(ended))).toEqual(['a hashed', 'iso/one.iso hashed']);
  });

  test.concurrent('a name that reads as a deletion outside of the tree spoils no list', async () => {
    const place = filled();
    const input = 'deleting ../x\ndeleting /etc/x\na\n';
    const ended = await place.run(place.hashArguments('--files-from', '-'), { input });
    expect(ended.status).toBe(0);
    expect(outcomes(told(ended))).toEqual(['a hashed']);
  });

  test.concurrent('an empty list, and one that leads outside', async () => {
    const place = filled();
    const empty = told(await place.run(place.hashArguments('--files-from', '-'), { input: '' }));
    expect(empty).toMatchObject({ status: 0, summary: { files: { seen: 0, pruned: 0 } } });
    write(join(place.directory, 'outside'), 'x');
    const outside = await place.run(place.hashArguments('--base', place.tree, '--files-from', '-'), {
      input: 'a\n../outside\n',
    });
    expect(outside).toMatchObject({ status: 2, stdout: '' });
    expect(outside.stderr).toMatch(/outside is not inside the base/);
  });
});

describe('configured trees', () => {
  /** Two trees, each with a setting of its own. */
  function configured(): {
    place: Site;
    config: string;
    run: (...args: readonly string[]) => ReturnType<Site['run']>;
  } {
    const place = site();
    for (const tree of ['main', 'extra'])
      for (const path of ['a', 'b.tmp', 'd/c']) write(join(place.directory, tree, path), `${tree} ${path}`);
    const config = join(place.directory, 'mirrorhash.toml');
    writeFileSync(
      config,
      `[defaults]
zsync = false
[tree.main]
base = "${place.directory}/main"
state = "${place.directory}/state-main"
exclude = ["*.tmp"]
[tree.extra]
base = "${place.directory}/extra"
state = "${place.directory}/state-extra"
zsync = true
`,
    );
    return { place, config, run: (...args) => place.run(['hash', '--config', config, ...args]) };
  }

  const rowsOf = (place: Site, name: string) => redirectorRows(join(place.directory, `state-${name}`));

  test.concurrent('--all runs over every tree, each with its own settings', async () => {
    const { place, run } = configured();
    const all = told(await run('--all', '--json'));
    expect(all.status).toBe(0);
    expect(all.summary.files).toMatchObject({ hashed: 5, excluded: 1 });
    expect([...rowsOf(place, 'main').keys()]).toEqual(['a', 'd/c']);
    expect([...rowsOf(place, 'extra').keys()]).toEqual(['a', 'b.tmp', 'd/c']);
    expect(rowsOf(place, 'main').get('a')?.zblocksize).toBe(0);
    expect(rowsOf(place, 'extra').get('a')?.zblocksize).toBe(2048);
    expect(told(await run('--all', '--json')).summary.files).toMatchObject({ hashed: 0, unchanged: 5 });
  });

  test.concurrent('--tree runs over one, and a path below it has its settings', async () => {
    const { place, run } = configured();
    const one = told(await run('--tree', 'main', '--json'));
    expect(one.summary.files).toMatchObject({ hashed: 2, excluded: 1 });
    write(join(place.directory, 'main/d/new'), 'new');
    const below = told(await run(join(place.directory, 'main/d'), '--json'));
    expect(outcomes(below)).toEqual(['d/new hashed']);
    expect(rowsOf(place, 'main').get('d/new')?.zblocksize).toBe(0);
    const commandLine = told(await run('--tree', 'main', '--json', '--zsync', '--exclude', 'd/**'));
    expect(commandLine.summary.files).toMatchObject({ hashed: 2, excluded: 0 });
  });

  test.concurrent('a tree that fails does not stop the other', async () => {
    const { place, run } = configured();
    mkdirSync(join(place.directory, 'state-main'));
    writeFileSync(join(place.directory, 'state-main/cache.db'), 'not a database '.repeat(100));
    const all = await run('--all', '--json');
    expect(all.status).toBe(1);
    expect(all.stderr).toMatch(/^mirrorhash: .*state-main\/cache\.db is not an SQLite database/m);
    expect(told(all).summary.files.hashed).toBe(3);
    expect(rowsOf(place, 'extra').size).toBe(3);
  });
});
