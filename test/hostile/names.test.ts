/**
 * Every byte as a name, and names by chance, on the way through all commands: each file is known under its exact bytes
 * with the digest that coreutils find, or it is told that its name is no UTF-8.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Dice } from '../faults/dice.js';
import { seed } from '../faults/plan.js';
import { ask } from '../support/asking.js';
import { installed, type Site, site, type Told } from '../support/e2e.js';
import { redirectorRows } from '../support/e2e-files.js';
import { exported, outOf } from '../support/exporting.js';
import { serving } from '../support/serving.js';
import { asUtf8, byChance, everyByte, plant, sumsBelow } from './byte-names.js';

const dice = new Dice(seed);
let where: Site;
let run: Told;
/** SHA-256 by path, of names that are UTF-8 */
let good: ReadonlyMap<string, string>;
/** paths that are not, one character a byte */
let bad: readonly string[];

beforeAll(async () => {
  process.stderr.write(`hostile: names by chance, MIRRORHASH_FAULTS_SEED=${seed}\n`);
  where = site();
  plant(where.tree, [...everyByte(), ...byChance(dice, 300)]);
  const sums = sumsBelow(where.tree);
  good = new Map(
    [...sums].flatMap(([path, sum]) => (asUtf8(path) === null ? [] : [[asUtf8(path) ?? '', sum]])),
  );
  bad = [...sums.keys()].filter((path) => asUtf8(path) === null);
  run = await where.hash();
});

function percent(latin1: string): string {
  return [...latin1].map((byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
}

/** As they stand in a path: `/` stays. */
function urlOf(latin1: string): string {
  return `/${latin1.split('/').map(percent).join('/')}`;
}

const latin1 = (path: string): string => Buffer.from(path).toString('latin1');

describe('hash', () => {
  test('knows each file by its bytes, with the digest that coreutils find', () => {
    expect(run.status).toBe(0);
    expect(good.size).toBeGreaterThan(800);
    const rows = [...redirectorRows(where.state)].map(([path, { sha256 }]) => [path, sha256.toString('hex')]);
    expect(new Map(rows as [string, string][])).toEqual(new Map([...good].sort()));
  });

  test('names what is no UTF-8, by its bytes; a directory once', () => {
    const told = run.files.filter(({ code }) => code === 'NAME_NOT_UTF8');
    const bytes = told.map(({ pathBase64 = '' }) => Buffer.from(pathBase64, 'base64').toString('latin1'));
    const wanted = bad.map((path) => path.replace(/^(directories\/[^/]+)\/f$/s, '$1'));
    expect(bytes.sort()).toEqual([...wanted].sort());
    expect(run.summary.files).toMatchObject({ hashed: good.size, skipped: bad.length, failed: 0 });
  });

  test('finds nothing to do when it comes again', async () => {
    const again = await where.hash();
    expect(again.summary.files).toMatchObject({ unchanged: good.size, hashed: 0, pruned: 0 });
    expect(again.summary.sync).toMatchObject({ upserted: 0, deleted: 0 });
  });
});

test('status, verify and sync count them all', async () => {
  const on = async (verb: string, ...args: readonly string[]) =>
    where.run([verb, where.tree, '--state', where.state, '--json', ...args]);
  const status = await on('status');
  expect([status.status, JSON.parse(status.stdout)]).toMatchObject([0, { files: good.size }]);
  const verify = await on('verify');
  expect([verify.status, JSON.parse(verify.stdout.trim().split('\n').at(-1) ?? '')]).toMatchObject([
    0,
    { files: { verified: good.size } },
  ]);
  const sync = await on('sync', '--full');
  expect([sync.status, JSON.parse(sync.stdout)]).toMatchObject([
    0,
    { sync: { upserted: 0, deleted: 0, refused: 0 } },
  ]);
});

test('show tells of some by their names, and says in a line that it knows no others', async () => {
  const all = [...good.keys()];
  const some = Array.from({ length: 8 }, () => dice.pick(all));
  const showEach = (paths: readonly Buffer[]) =>
    where.run(['show', '--state', where.state, '--json', '--'], {
      prefix: ['xargs', '-0', '-n1'],
      input: Buffer.concat(paths.flatMap((path) => [Buffer.from(`${where.tree}/`), path, Buffer.of(0)])),
    });
  const shown = await showEach(some.map((path) => Buffer.from(path)));
  expect([shown.status, shown.stderr]).toEqual([0, '']);
  const found = shown.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string; sha256: string });
  expect(found.map(({ path, sha256 }) => [path, sha256])).toEqual(some.map((path) => [path, good.get(path)]));
  const none = await showEach(Array.from({ length: 3 }, () => Buffer.from(dice.pick(bad), 'latin1')));
  expect(none.stdout).toBe('');
  expect(none.stderr).toMatch(/^(mirrorhash: [^\n]*\n(hint: [^\n]*\n)?){3}$/);
});

test.skipIf(!installed('xmllint', '--version'))(
  'export: sha256sum and xmllint accept all that is written',
  async () => {
    const formats = 'sha256sums,sha256,meta4';
    const { status, summary } = await exported(where, formats, '--base-url', 'https://dl.example.org/');
    expect([status, summary.files]).toMatchObject([0, { exported: good.size }]);
    const check = (script: string): string => {
      const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', where.tree], {
        cwd: outOf(where),
        maxBuffer: 2 ** 28,
        env: { ...process.env, LC_ALL: 'C' },
      });
      expect(stderr.toString('latin1')).toBe('');
      return stdout.toString('latin1').trim();
    };
    const eachOf = (name: string, command: string): string =>
      `find . ${name} -print0 | while IFS= read -r -d '' file; do ${command}; done`;
    const sums = `list=$PWD/$file; (cd "$1/\${file%/*}" && sha256sum -c --strict < "$list" | grep -c 'OK$')`;
    const accepted = check(eachOf('-name SHA256SUMS', sums)).split('\n').map(Number);
    expect(accepted.reduce((sum, count) => sum + count, 0)).toBe(good.size);
    const documents = Number(
      check(`${eachOf('-name "*.meta4"', 'xmllint --noout - < "$file" && echo .')} | wc -l`),
    );
    expect(documents).toBeGreaterThan(good.size * 0.7);
  },
);

test('serve: each is had under its name, those that are no UTF-8 are refused, and listings lead to the others', async () => {
  const served = await serving(where);
  for (const path of good.keys()) {
    const { status, text } = await ask(served.origin, urlOf(latin1(path)));
    expect([path, status, text]).toEqual([path, 200, expect.stringMatching(/^file \d+\n$/)]);
    if (dice.chance(0.9)) continue;
    const sum = await ask(served.origin, `${urlOf(latin1(path))}.sha256`);
    expect(sum.text.replace(/^\\/, '').slice(0, 64), path).toBe(good.get(path));
  }
  for (const path of bad) expect((await ask(served.origin, urlOf(path))).status).toBe(400);
  const hrefs = new Set<string>();
  for (const page of [1, 2]) {
    const { text } = await ask(served.origin, `/files/?page=${page}`);
    for (const [, href = ''] of text.matchAll(/<a [^>]*href="([^"]*)"/g))
      hrefs.add(href.replaceAll('&amp;', '&'));
  }
  const names = [...hrefs].map((href) => decodeURIComponent(new URL(href, 'http://x/files/').pathname));
  const listed = [...good.keys()].filter((path) => /^files\/[^.]/s.test(path)).map((path) => `/${path}`);
  expect(listed.filter((path) => !names.includes(path))).toEqual([]);
  expect((await served.stop()).stderr.trim().split('\n')).toHaveLength(1);
});

test('forget knows them all', async () => {
  const { status, stdout } = await where.run(['forget', where.tree, '--state', where.state, '--json']);
  expect(status).toBe(0);
  const forgotten = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path?: string });
  expect(forgotten.flatMap(({ path }) => path ?? []).sort()).toEqual([...good.keys()].sort());
  expect(redirectorRows(where.state).size).toBe(0);
  expect(existsSync(join(where.tree, 'files'))).toBe(true);
});
