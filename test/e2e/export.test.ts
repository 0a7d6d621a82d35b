/**
 * What `export` writes, as other programs read it, and what it leaves alone.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installed, type Site, site } from '../support/e2e.js';
import { listing, longAgo, write, writeCounting } from '../support/e2e-files.js';
import { contents, exportArguments, exported, outOf } from '../support/exporting.js';
import { hostileNames } from '../support/names.js';

const hasStrace = installed('strace', '--version');
const hasRsync = installed('rsync', '--version');
const url = ['--base-url', 'https://download.example.org/pub/'];

/** A tree of a few files, hashed. */
async function hashedSite(): Promise<Site> {
  const place = site();
  write(join(place.tree, 'b'), 'b');
  write(join(place.tree, 'a.txt'), 'content of a');
  writeCounting(join(place.tree, 'iso/image.iso'), 700_000);
  write(join(place.tree, 'iso/empty'), '');
  expect((await place.hash()).status).toBe(0);
  return place;
}

/** Rewrites a file, so that it is another version. */
function rewrite(file: string, content: string): void {
  write(file, content, { mtime: new Date('2025-01-01T00:00:00Z') });
}

const identities = (directory: string): readonly string[] => listing(directory);

describe('checksum files', () => {
  test.concurrent('are what coreutils write', async () => {
    const place = await hashedSite();
    const run = await exported(place, 'sha256sums,sha1sums,md5sums,sha256,sha1,md5');
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const cLocale = { env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' } as const;
    for (const [directory, names] of [
      ['', ['a.txt', 'b']],
      ['iso', ['empty', 'image.iso']],
    ] as const) {
      for (const algorithm of ['sha256', 'sha1', 'md5']) {
        const cwd = join(place.tree, directory);
        const list = execFileSync(`${algorithm}sum`, names, { ...cLocale, cwd });
        const out = join(outOf(place), directory);
        expect(readFileSync(join(out, `${algorithm.toUpperCase()}SUMS`), 'utf8')).toBe(list);
        const lines = names.map((name) => readFileSync(join(out, `${name}.${algorithm}`), 'utf8'));
        expect(lines.join('')).toBe(list);
      }
    }
  });

  test.concurrent('--tag is what sha256sum --tag writes', async () => {
    const place = await hashedSite();
    expect((await exported(place, 'sha256sums,md5sums', '--tag')).status).toBe(0);
    for (const algorithm of ['sha256', 'md5']) {
      const list = execFileSync(`${algorithm}sum`, ['--tag', 'a.txt', 'b'], {
        cwd: place.tree,
        encoding: 'utf8',
      });
      expect(readFileSync(join(outOf(place), `${algorithm.toUpperCase()}SUMS`), 'utf8')).toBe(list);
    }
  });

  test.concurrent('of hostile names are accepted, lists and single files', async () => {
    const place = site();
    for (const name of hostileNames) write(join(place.tree, 'dir', name), `content of ${name}`);
    await place.hash('--no-default-excludes');
    const run = await exported(
      place,
      'sha256sums,sha1sums,md5sums,sha256',
      '--exclude',
      'nothing',
      '--config',
      noExcludes(place),
    );
    expect(run.status).toBe(0);
    const out = join(outOf(place), 'dir');
    const cwd = join(place.tree, 'dir');
    for (const [tool, list] of [
      ['sha256sum', 'SHA256SUMS'],
      ['sha1sum', 'SHA1SUMS'],
      ['md5sum', 'MD5SUMS'],
    ] as const) {
      const checked = spawnSync(tool, ['-c', '--strict', join(out, list)], { cwd, encoding: 'utf8' });
      expect(checked.stderr).toBe('');
      expect(checked.status).toBe(0);
      expect(checked.stdout.match(/: OK$/gm)).toHaveLength(hostileNames.length);
    }
    const short = hostileNames.filter((name) => Buffer.byteLength(`${name}.sha256`) <= 255);
    for (const name of short) {
      const checked = spawnSync('sha256sum', ['-c', '--strict', join(out, `${name}.sha256`)], {
        cwd,
        encoding: 'utf8',
      });
      expect(checked.status, `${JSON.stringify(name)} ${checked.stderr}`).toBe(0);
    }
    const long = hostileNames.length - short.length;
    expect(long).toBeGreaterThan(0);
    expect(run.summary.outputs).toMatchObject({ skipped: long, written: short.length + 3 });
    expect(run.outputs.filter((line) => line.endsWith(' skipped'))).toHaveLength(long);
  });
});

/** A configuration that has temporaries of rsync exported as well. */
function noExcludes({ directory, tree }: Site): string {
  const file = join(directory, 'config.toml');
  writeFileSync(file, `[tree.all]\nbase = ${JSON.stringify(tree)}\ndefault-excludes = false\n`);
  return file;
}

describe('a run with nothing changed', () => {
  test.skipIf(!hasStrace)(
    'opens no output, changes none, and is seen to open them before (strace)',
    async () => {
      const place = await hashedSite();
      const opened = async (): Promise<ReadonlySet<string>> => {
        const log = join(place.directory, 'trace');
        const prefix = ['strace', '-f', '-qq', '-y', '-e', 'trace=openat,open,rename,link,unlink', '-o', log];
        expect((await place.run(exportArguments(place, 'all', ...url), { prefix })).status).toBe(0);
        const results = readFileSync(log, 'utf8').matchAll(/= \d+<([^>]*)>$/gm);
        const paths = [...results]
          .map(([, path = '']) => path)
          .filter((path) => path.startsWith(`${outOf(place)}/`));
        return new Set(paths.filter((path) => !lstatSync(path, { throwIfNoEntry: false })?.isDirectory()));
      };
      expect((await opened()).size).toBeGreaterThan(10);
      const before = identities(outOf(place));
      expect([...(await opened())]).toEqual([]);
      expect(identities(outOf(place))).toEqual(before);
      // The directories of the outputs are old enough now, so this is the shortest way.
      utimesSync(outOf(place), longAgo, longAgo);
      utimesSync(join(outOf(place), 'iso'), longAgo, longAgo);
      await exported(place, 'all', ...url);
      expect([...(await opened())]).toEqual([]);
    },
  );

  test.skipIf(!hasRsync).concurrent('leaves rsync nothing to send', async () => {
    const place = await hashedSite();
    await exported(place, 'all', ...url);
    const copy = join(place.directory, 'copy');
    execFileSync('rsync', ['-a', `${outOf(place)}/`, copy]);
    const again = await exported(place, 'all', ...url);
    expect(again.summary.outputs).toMatchObject({ written: 0, removed: 0 });
    expect(again.summary.outputs.unchanged).toBeGreaterThan(30);
    expect(execFileSync('rsync', ['-ani', `${outOf(place)}/`, copy], { encoding: 'utf8' })).toBe('');
  });

  test.concurrent('a file that was only touched changes no output', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256sums,sha256');
    const before = identities(outOf(place));
    rewrite(join(place.tree, 'b'), 'b');
    expect((await place.hash()).summary.files).toMatchObject({ hashed: 1 });
    const run = await exported(place, 'sha256sums,sha256');
    expect(run.outputs).toEqual([]);
    expect(identities(outOf(place))).toEqual(before);
  });

  test.concurrent('an output that is missing comes again', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256');
    rmSync(join(outOf(place), 'iso/image.iso.sha256'));
    expect((await exported(place, 'sha256')).outputs).toEqual(['iso/image.iso.sha256 written']);
    rmSync(outOf(place), { recursive: true });
    expect((await exported(place, 'sha256')).summary.outputs).toMatchObject({ written: 4 });
  });
});

describe('what changed', () => {
  test.concurrent('is written, and nothing else', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256sums,sha256,torrent');
    const untouched = identities(join(outOf(place), 'iso'));
    rewrite(join(place.tree, 'b'), 'another b');
    write(join(place.tree, 'new/c'), 'c');
    await place.hash();
    const run = await exported(place, 'sha256sums,sha256,torrent');
    expect(run.outputs).toEqual(
      ['SHA256SUMS', 'b.sha256', 'b.torrent', 'new/SHA256SUMS', 'new/c.sha256', 'new/c.torrent'].map(
        (path) => `${path} written`,
      ),
    );
    expect(identities(join(outOf(place), 'iso'))).toEqual(untouched);
  });

  test.concurrent('outputs of a file that is gone go, and directories that we made', async () => {
    const place = await hashedSite();
    mkdirSync(join(outOf(place), 'kept'), { recursive: true });
    write(join(place.tree, 'kept/x'), 'x');
    await place.hash();
    await exported(place, 'sha256sums,sha256');
    rmSync(join(place.tree, 'iso'), { recursive: true });
    rmSync(join(place.tree, 'kept'), { recursive: true });
    await place.hash();
    const run = await exported(place, 'sha256sums,sha256');
    expect(run.outputs).toEqual(
      ['iso/SHA256SUMS', 'iso/empty.sha256', 'iso/image.iso.sha256', 'kept/SHA256SUMS', 'kept/x.sha256'].map(
        (path) => `${path} removed`,
      ),
    );
    expect(run.status).toBe(0);
    expect([...contents(outOf(place)).keys()]).toEqual(['SHA256SUMS', 'a.txt.sha256', 'b.sha256']);
    expect(lstatSync(join(outOf(place), 'kept')).isDirectory()).toBe(true);
    expect(lstatSync(join(outOf(place), 'iso'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test.concurrent('a format that is no longer asked for goes', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256,md5,tracker-allowlist');
    const run = await exported(place, 'sha256');
    expect(run.outputs).toEqual(
      ['a.txt.md5', 'b.md5', 'iso/empty.md5', 'iso/image.iso.md5', 'tracker-allowlist.txt'].map(
        (path) => `${path} removed`,
      ),
    );
  });

  test.concurrent('other URLs rewrite what names them, and nothing else', async () => {
    const place = await hashedSite();
    const formats = 'sha256sums,sha256,btih,torrent,meta4';
    await exported(place, formats, ...url);
    const run = await exported(place, formats, '--base-url', 'https://other.example.org/');
    const files = ['a.txt', 'b', 'iso/empty', 'iso/image.iso'];
    expect(run.outputs).toEqual(
      files.flatMap((file) => [`${file}.meta4 written`, `${file}.torrent written`]).sort(),
    );
    for (const file of files) {
      const text = readFileSync(join(outOf(place), `${file}.meta4`), 'utf8');
      expect(text).toContain(`>https://other.example.org/${file}</url>`);
      expect(text).not.toContain('download.example.org');
    }
  });

  test.concurrent('a part of the tree leaves the rest alone', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256');
    rewrite(join(place.tree, 'b'), 'another b');
    rewrite(join(place.tree, 'iso/empty'), 'no longer');
    await place.hash();
    const before = contents(outOf(place)).get('b.sha256');
    const args = exportArguments(place, 'sha256').map((word) =>
      word === place.tree ? join(place.tree, 'iso') : word,
    );
    expect(await place.run(args)).toMatchObject({ status: 0 });
    expect(contents(outOf(place)).get('b.sha256')).toBe(before);
    const sum = execFileSync('sha256sum', ['empty'], { cwd: join(place.tree, 'iso'), encoding: 'utf8' });
    expect(contents(outOf(place)).get('iso/empty.sha256')).toBe(sum);
  });
});

describe('what is not ours', () => {
  test.concurrent('is left alone and named: signed lists, links, directories', async () => {
    const place = await hashedSite();
    const secret = join(place.directory, 'secret');
    write(secret, 'secret');
    const out = outOf(place);
    write(join(out, 'SHA256SUMS'), 'signed by somebody\n');
    mkdirSync(join(out, 'a.txt.sha256'));
    symlinkSync(secret, join(out, 'b.sha256'));
    symlinkSync('/nonexistent/target', join(out, 'b.md5'));
    const before = [listing(secret), listing(join(out, 'SHA256SUMS'))];
    const run = await exported(place, 'sha256sums,sha256,md5');
    expect(run.status).toBe(0);
    expect(run.outputs.filter((line) => line.endsWith('foreign'))).toEqual(
      ['SHA256SUMS', 'a.txt.sha256', 'b.md5', 'b.sha256'].map((path) => `${path} foreign`),
    );
    expect([listing(secret), listing(join(out, 'SHA256SUMS'))]).toEqual(before);
    expect(lstatSync(join(out, 'b.md5')).isSymbolicLink()).toBe(true);
    expect((await exported(place, 'sha256sums,sha256,md5', '--strict')).status).toBe(3);
    const said = await place.run(exportArguments(place, 'sha256').filter((word) => word !== '--json'));
    expect(said.stderr).toContain('b.sha256: foreign: it is not ours');
  });

  test.concurrent('what we wrote and somebody changed is theirs, and stays when its file goes', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256sums');
    const list = join(outOf(place), 'iso/SHA256SUMS');
    writeFileSync(list, `# checked by a human\n${readFileSync(list, 'utf8')}`);
    const before = listing(list);
    write(join(place.tree, 'iso/more'), 'more');
    await place.hash();
    expect((await exported(place, 'sha256sums')).outputs).toEqual(['iso/SHA256SUMS foreign']);
    rmSync(join(place.tree, 'iso'), { recursive: true });
    await place.hash();
    expect((await exported(place, 'sha256sums')).outputs).toEqual([]);
    expect(listing(list)).toEqual(before);
  });

  test.concurrent('with the right bytes is no matter for a warning, and is ours only with --adopt', async () => {
    const place = await hashedSite();
    await exported(place, 'sha256');
    rmSync(join(place.state, 'exports.db'));
    const before = identities(outOf(place));
    const lost = await exported(place, 'sha256');
    expect(lost.outputs).toEqual([]);
    expect(lost.summary.outputs).toMatchObject({ foreign: 4, written: 0 });
    const adopted = await exported(place, 'sha256', '--adopt');
    expect(adopted.summary.outputs).toMatchObject({ foreign: 0, unchanged: 4, written: 0 });
    expect(identities(outOf(place))).toEqual(before);
    rewrite(join(place.tree, 'b'), 'another b');
    await place.hash();
    expect((await exported(place, 'sha256')).outputs).toEqual(['b.sha256 written']);
  });
});

describe('for everybody', () => {
  test.concurrent('outputs are readable whatever the umask is, and the same in any place and language', async () => {
    const place = await hashedSite();
    await exported(place, 'all', ...url);
    const before = contents(outOf(place));
    rmSync(outOf(place), { recursive: true });
    rmSync(join(place.state, 'exports.db'));
    const env = { TZ: 'Asia/Kolkata', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8' };
    const prefix = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
    expect(
      (await place.run(exportArguments(place, 'all', ...url, '--jobs', '7'), { env, prefix })).status,
    ).toBe(0);
    expect(contents(outOf(place))).toEqual(before);
    expect(before.size).toBeGreaterThan(30);
    const modeOf = (path: string): string => (lstatSync(join(outOf(place), path)).mode & 0o7777).toString(8);
    expect([modeOf(''), modeOf('iso'), modeOf('SHA256SUMS'), modeOf('iso/image.iso.torrent')]).toEqual([
      '755',
      '755',
      '644',
      '644',
    ]);
    chmodSync(outOf(place), 0o755);
  });
});
