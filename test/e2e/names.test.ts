/**
 * Names that people and attackers give to files: each is hashed under its exact bytes, or skipped and named.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FileLine, outcomes, site, type Told } from '../support/e2e.js';
import { coreutils, knownPaths, longAgo, redirectorRows, write } from '../support/e2e-files.js';

const awkward: readonly string[] = [
  'plain.iso',
  'with space',
  ' leading and trailing ',
  'grüße-日本語-🎉.bin',
  // The same name to the eye, composed and decomposed: two files.
  'caf\u00e9',
  'cafe\u0301',
  'quote\'quote"quote`',
  '100%.iso',
  '%41%00',
  'under_score',
  'back\\slash',
  '\\n',
  'a&b<c>',
  'line\nbreak',
  'carriage\rreturn',
  'tab\tescape\u001b[31mred',
  'next\u0085line\u2028separator',
  'right\u202eleft',
  // A name that holds the replacement character is UTF-8.
  'real \ufffd',
  '[a] {b} !c *',
  '*',
  '?',
  '!important',
  '{a,b}',
  '(x|y)',
  '+(a)',
  '.hidden',
  '..two',
  '...',
  '-dash',
  '--state',
  '~',
  '#hash',
  ':colon',
  'NUL',
  'x'.repeat(255),
  '日'.repeat(85),
  '__proto__',
  'constructor',
];

function contentOf(name: string): string {
  return `content of ${JSON.stringify(name)}\n`;
}

describe('every awkward name is hashed', () => {
  test.concurrent('as a file, in directories of such names, exactly as its bytes are', async () => {
    const place = site();
    const paths = [
      ...awkward,
      ...awkward.filter((name) => Buffer.byteLength(name) < 200).map((name) => `${name}.d/${name}`),
    ];
    for (const path of paths) write(join(place.tree, path), contentOf(path));
    const run = await place.hash();
    expect(run.status).toBe(0);
    const sorted = [...paths].sort();
    expect(run.files.map(({ path }) => path).sort()).toEqual(sorted);
    expect(new Set(run.files.map(({ outcome }) => outcome))).toEqual(new Set(['hashed']));
    const rows = redirectorRows(place.state);
    expect([...rows.keys()].sort()).toEqual(sorted);
    const files = paths.map((path) => join(place.tree, path));
    const golden = coreutils('sha256sum', files);
    for (const path of paths) {
      expect(rows.get(path)?.sha256.toString('hex'), path).toBe(golden.get(join(place.tree, path)));
    }
    const again = await place.hash();
    expect(again.summary.files).toMatchObject({ unchanged: paths.length, hashed: 0, pruned: 0 });
  });

  test.concurrent('each can be named on the command line', async () => {
    const place = site();
    const chosen = ['[a] {b} !c *', '-dash', 'line\nbreak', '\\n', '--state', '*', '.hidden'];
    for (const name of [...chosen, 'other']) write(join(place.tree, name), contentOf(name));
    const run = await place.run(['hash', '--base', '.', '--state', '../state', '--json', '--', ...chosen], {
      cwd: place.tree,
    });
    expect(run.status).toBe(0);
    expect(knownPaths(place.state)).toEqual([...chosen].sort());
    const shown = await place.run(['show', '--json', '--state', '../state', '--', '-dash'], {
      cwd: place.tree,
    });
    expect(JSON.parse(shown.stdout)).toMatchObject({ path: '-dash' });
  });

  test.concurrent('text output carries none of their control characters', async () => {
    const place = site();
    for (const name of awkward) write(join(place.tree, name), contentOf(name));
    write(join(place.tree, 'gone\u001b[2J'), 'x');
    const calls = [
      ['hash', place.tree, '--explain', '--verbose'],
      ['hash', place.tree, '--force', '--dry-run'],
      ['show', join(place.tree, 'line\nbreak')],
      ['show', join(place.tree, 'tab\tescape\u001b[31mred')],
      ['verify', place.tree, '--verbose'],
      ['status', place.tree],
      ['show', join(place.tree, 'no\u001bsuch\nfile')],
      ['hash', join(place.tree, 'no\u001bsuch\nfile')],
      ['forget', '--dry-run', join(place.tree, 'tab\tescape\u001b[31mred'), join(place.tree, 'no\u001bname')],
    ];
    for (const call of calls) {
      const { stdout, stderr } = await place.run([...call, '--state', place.state]);
      const text = `${stdout}${stderr}`;
      expect(text, call.join(' ')).not.toBe('');
      // Line feeds end lines; nothing else may move a cursor or turn the text around.
      expect(text, call.join(' ')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      for (const line of text.split('\n')) expect(line).not.toMatch(/^(break|file|such)/);
    }
  });
});

describe('names that cannot be handled', () => {
  test.concurrent('a name that is not UTF-8 is skipped and named, beside good ones', async () => {
    const place = site();
    write(join(place.tree, 'd/good'), 'good');
    write(join(place.tree, 'd/good \ufffd'), 'good too');
    const bad = Buffer.concat([Buffer.from(join(place.tree, 'd/bad-')), Buffer.from([0xff, 0xfe])]);
    writeFileSync(bad, 'bad');
    const badDirectory = Buffer.concat([Buffer.from(join(place.tree, 'd/dir-')), Buffer.from([0xe9])]);
    mkdirSync(badDirectory);
    const run = await place.hash();
    expect(run.status).toBe(0);
    expect(outcomes(run)).toEqual([
      'd/bad-\ufffd\ufffd skipped NAME_NOT_UTF8',
      'd/dir-\ufffd skipped NAME_NOT_UTF8',
      'd/good hashed',
      'd/good \ufffd hashed',
    ]);
    expect(run.summary.files).toMatchObject({ hashed: 2, skipped: 2 });
    const strict = await place.hash('--strict');
    expect(strict.status).toBe(3);
    expect(strict.summary.files).toMatchObject({ hashed: 0, unchanged: 2, skipped: 2 });
    const text = await place.run(['hash', place.tree, '--state', place.state]);
    expect(text.stderr).toContain('d/bad-');
  });

  test.concurrent('a path that is too long for the system is skipped; one just as long as allowed is hashed', async () => {
    const place = site();
    // Relative paths reach deeper than absolute ones may be long.
    const part = 'p'.repeat(200);
    const script = `
      const fs = require('node:fs');
      process.chdir(${JSON.stringify(place.tree)});
      let length = process.cwd().length;
      while (length + 201 < 4095 - 20) { fs.mkdirSync('${part}'); process.chdir('${part}'); length += 201; }
      const longest = 'f'.repeat(4095 - length - 1);
      fs.writeFileSync(longest, 'fits');
      fs.writeFileSync(longest + 'f', 'too long');
      fs.mkdirSync('d'.repeat(longest.length + 1));
      fs.writeFileSync('d'.repeat(longest.length + 1) + '/inside', 'too long');
      for (const name of [longest, longest + 'f']) fs.utimesSync(name, 1e9, 1e9);
    `;
    execFileSync(process.execPath, ['-e', script]);
    write(join(place.tree, 'a'), 'a');
    const run = await place.hash();
    expect(run.status).toBe(0);
    const codes = run.files.map(({ outcome, code }) => code ?? outcome).sort();
    expect(codes).toEqual(['PATH_TOO_LONG', 'PATH_TOO_LONG', 'hashed', 'hashed']);
    const fits = run.files.find(({ path, outcome }) => outcome === 'hashed' && path !== 'a')?.path ?? '';
    expect(Buffer.byteLength(join(place.tree, fits))).toBe(4095);
    spawnSync('rm', ['-rf', place.tree]);
  });
});

describe('what is no regular file', () => {
  test.concurrent('links, loops, FIFOs, sockets and dangling links neither hang nor fail a run', async () => {
    const place = site();
    write(join(place.tree, 'real/file'), 'content');
    for (const [link, target] of [
      ['link', 'real/file'],
      ['directory-link', 'real'],
      ['dangling', 'nowhere'],
      ['self', 'self'],
      ['real/up', '..'],
      ['outside', '/etc/passwd'],
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      symlinkSync(target, join(place.tree, link));
    }
    execFileSync('mkfifo', [join(place.tree, 'fifo')]);
    const server = createServer().listen(join(place.tree, 'socket'));
    try {
      const run = await place.hash('--strict');
      expect(run.status).toBe(0);
      expect(outcomes(run)).toEqual(['real/file hashed']);
      expect(run.summary.files).toMatchObject({ seen: 1, skipped: 0, failed: 0 });
      const verbose = await place.hash('--verbose', '--strict');
      expect(verbose.status).toBe(0);
      const skipped = outcomes(verbose).filter((line) => line.endsWith('NOT_A_FILE'));
      const names = [
        'a',
        'b',
        'dangling',
        'directory-link',
        'fifo',
        'link',
        'outside',
        'real/up',
        'self',
        'socket',
      ];
      expect(skipped).toEqual(names.map((name) => `${name} skipped NOT_A_FILE`));
      expect([...redirectorRows(place.state).keys()]).toEqual(['real/file']);
    } finally {
      server.close();
    }
  });

  test.concurrent('a file that became a link, a directory or a FIFO loses its row', async () => {
    const place = site();
    const names = ['link', 'directory', 'fifo', 'stays'];
    for (const name of names) write(join(place.tree, name), name);
    await place.hash();
    for (const name of names.slice(0, 3)) {
      renameSync(join(place.tree, name), join(place.directory, name));
    }
    symlinkSync('stays', join(place.tree, 'link'));
    mkdirSync(join(place.tree, 'directory'));
    execFileSync('mkfifo', [join(place.tree, 'fifo')]);
    const run = await place.hash();
    expect(run.status).toBe(0);
    expect(pruned(run)).toEqual(['directory', 'fifo', 'link']);
    expect([...redirectorRows(place.state).keys()]).toEqual(['stays']);
    expect(knownPaths(place.state)).toEqual([...names].sort());
  });

  test.concurrent('a directory that became a link to elsewhere takes its records along', async () => {
    const place = site();
    write(join(place.tree, 'd/file'), 'one');
    write(join(place.tree, 'stays'), 'two');
    await place.hash();
    renameSync(join(place.tree, 'd'), join(place.directory, 'elsewhere'));
    symlinkSync('../elsewhere', join(place.tree, 'd'));
    const run = await place.hash();
    expect(pruned(run)).toEqual(['d/file']);
    expect([...redirectorRows(place.state).keys()]).toEqual(['stays']);
  });
});

test.concurrent('times before 1970 and beyond 2038 come through whole', async () => {
  const place = site();
  const times = { before: -1.5, epoch: 0, beyond: 4_102_444_800.25, old: longAgo.getTime() / 1000 };
  for (const [name, time] of Object.entries(times)) {
    write(join(place.tree, name), name, { mtime: new Date(time * 1000) });
  }
  const run = await place.hash();
  expect(run.status).toBe(0);
  const found = Object.fromEntries(
    [...redirectorRows(place.state)].map(([path, { mtime }]) => [path, mtime]),
  );
  // Whole seconds, truncated towards zero.
  expect(found).toEqual({ before: -1, epoch: 0, beyond: 4_102_444_800, old: 1_709_210_096 });
  const shown = await place.run(['show', '--json', join(place.tree, 'before'), '--state', place.state]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ mtime: '1969-12-31T23:59:58.500000000Z' });
});

function pruned(run: Told): readonly string[] {
  return run.files
    .filter((line: FileLine) => line.outcome === 'pruned')
    .map(({ path }) => path)
    .sort();
}
