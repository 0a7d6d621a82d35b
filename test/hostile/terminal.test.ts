/**
 * Names, settings and requests with all that a terminal obeys: C0, DEL, C1, marks that turn the reading direction, and
 * Unicode's line breaks. On a terminal and in cron's mail they stand as escapes; in JSON they are what they are.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, exchange } from '../support/asking.js';
import { type Ended, installed, type Site, site } from '../support/e2e.js';
import { write } from '../support/e2e-files.js';
import { exportArguments } from '../support/exporting.js';
import { python } from '../support/python.js';
import { servingWith } from '../support/serving.js';

const from = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => String.fromCharCode(first + n));
const obeyed = [
  ...from(1, 0x1f),
  ...from(0x7f, 0x9f),
  ...['\u061c', '\u200e', '\u200f', '\u2028', '\u2029', ...from(0x202a, 0x202e), ...from(0x2066, 0x2069)],
];
const names = [
  ...obeyed.map((character) => `a${character}b`),
  ...[
    '\x1b[2J\x1b[H',
    '\x1b]0;owned\x07',
    '\x1bP+q544e\x1b\\',
    '\x9b31mred',
    '\x1b[6n',
    '\x1b]52;c;cm0gLXJm\x07',
  ],
];
/** What our own progress may use: line breaks, and the sequences that move up, erase and hide the cursor. */
const own = /\r|\n|\x1b\[(\d*[AGK]|\?25[lh]|\d*J)/g;
const raw = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const onTerminal = [python, '-c', 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)'];
const places = {
  'a terminal': installed(python, '-c', 'import pty') ? onTerminal : null,
  'a pipe': [],
} as const;

let where: Site;
beforeAll(() => {
  where = site();
  for (const name of names) write(join(where.tree, name), name);
  write(join(where.tree, 'd\x1b[31m', 'f'), 'inside');
});

function expectHarmless({ stdout, stderr }: Ended, what: string): void {
  const text = `${stdout}${stderr}`;
  expect(text.length, what).toBeGreaterThan(0);
  expect(
    names.filter((name) => text.includes(name)),
    what,
  ).toEqual([]);
  expect(text.replace(own, ''), what).not.toMatch(raw);
}

describe.each(Object.entries(places))('%s gets no sequence of theirs', (_, prefix) => {
  const run = async (...args: string[]) => {
    const ended = await where.run([...args, '--state', where.state], { prefix: prefix ?? [] });
    expectHarmless(ended, JSON.stringify(args));
    return ended;
  };
  const of = (index: number): string => join(where.tree, names[index % names.length] ?? '');

  test.skipIf(prefix === null)('of all commands', async () => {
    expect((await run('hash', where.tree, '--force', '--explain', '--verbose')).status).toBe(0);
    await run('hash', where.tree, '--force', '--dry-run');
    await run('verify', where.tree, '--verbose');
    await run('status', where.tree, '--verbose');
    await run('show', of(26));
    await run('show', of(-1 + names.length));
    await run('forget', '--dry-run', of(3), of(60), join(where.tree, 'no\x9b31m\x07name'));
    const args = exportArguments(where, 'sha256sums,torrent', '--verbose').filter(
      (word) => word !== '--json',
    );
    expectHarmless(await where.run(args, { prefix: prefix ?? [] }), 'export');
  });

  test.skipIf(prefix === null)('of what is wrong on the command line', async () => {
    const evil = 'x\x1b[2J\x9b31m\x07\u202e\u2028y';
    for (const args of [
      ['hash', join(where.tree, evil)],
      ['hash', where.tree, '--jobs', evil],
      ['hash', where.tree, '--exclude', `[${evil}`, '--max-delete', evil],
      ['hash', where.tree, '--redirector', `sqlite:/nowhere/${evil}`],
      ['hash', where.tree, '--redirector', `${evil}://x`],
      ['hash', where.tree, '--files-from', join(where.directory, evil)],
      ['hash', where.tree, `--${evil}`],
      [evil],
      ['hash', '--tree', evil],
      ['show', evil],
      ['export', where.tree, '--to', `/nowhere/${evil}`, '--formats', evil],
      ['serve', where.tree, '--listen', evil],
      ['serve', where.tree, '--public-url', `http://${evil}/`],
      ['mirror', 'add', where.tree, evil, `http://${evil}/`],
    ])
      expect((await run(...args)).status, JSON.stringify(args)).not.toBe(0);
  });

  test.skipIf(prefix === null)('of the configuration', async () => {
    const config = join(where.directory, 'c.toml');
    for (const text of [
      '"a\\u001b[2J\\u009b" = 1\n',
      '[tree."t\\u001b[2J\\u202e"]\nbase = "/nowhere/\\u001b[31m\\u009b"\n',
      '[defaults]\nexclude = ["[\\u001b\\u0007"]\njobs = "\\u001b[2J"\n',
      '[defaults]\npiece-length = "\\u009b31m"\n',
      'x = \x1b[2J \x9b\n',
      `[defaults]\n"\\u2028\\u2066" = 1\n`,
    ]) {
      write(config, text);
      const ended = await run('hash', where.tree, '--config', config);
      const all = await run('hash', '--all', '--config', config);
      expect([ended.status, all.status], text).toContain(2);
    }
  });
});

test('JSON has each name as it is, and no such character as it is', async () => {
  const run = await where.hash('--force');
  expect(run.files.map(({ path }) => path).sort()).toEqual([...names, 'd\x1b[31m/f'].sort());
  expect(run.stdout.replaceAll('\n', '')).not.toMatch(raw);
  const shown = await where.run(['show', '--json', join(where.tree, 'a\x9bb'), '--state', where.state]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ path: 'a\x9bb' });
  expect(shown.stdout.trim()).not.toMatch(raw);
});

test('requests bring none into the access log of serve, nor into what it says', async () => {
  const served = await servingWith(where, {});
  for (const name of names)
    await ask(
      served.origin,
      `/${[...Buffer.from(name)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
    );
  const fields = 'User-Agent: \x9b31m\xff\xe2\x80\xae\r\nReferer: \x9b\r\n';
  for (const target of ['/\x1b[2J', '/\x9b31m', '/a\x7f', '/%1b[2J', '/\xe2\x80\xae'])
    await exchange(served.origin, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields}\r\n`);
  const ended = await served.stop();
  expect(ended.stdout.trim().split('\n').length).toBeGreaterThan(names.length);
  expectHarmless(ended, 'serve');
  const targets = ended.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { target: string | null }).target);
  expect(targets.filter((target) => target !== null && !target.startsWith('/'))).toEqual([]);
});
