/**
 * Where a sync holds back: paths of another root, and rows of others.
 */
import { writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { numbered, Pair } from '../support/syncing.js';
import { temporaryDirectory } from '../support/temporary.js';

let pair: Pair;
beforeEach(() => {
  pair = new Pair(temporaryDirectory());
});

/** As another program lists a path, with hashes of its own. */
function listed(...paths: readonly string[]): void {
  for (const path of paths) {
    pair.meddle(`INSERT INTO filearr (path) VALUES ('${path}') ON CONFLICT DO NOTHING`);
    pair.meddle(`INSERT INTO hash SELECT id, 1, 1, x'01', x'02', x'03', 1, x'', x'', '', 0, '', x'' FROM filearr
      WHERE path = '${path}'`);
  }
}

describe('a first sync to a redirector that lists many paths', () => {
  beforeEach(() => listed('README', ...numbered(150, 'pub')));

  const isWritten = async (isWhole: boolean): Promise<boolean> => {
    const sync = pair.sync(undefined, undefined, undefined, isWhole);
    await sync.run();
    return sync.result !== null;
  };

  it('waits for more files where a few are known: a README is in every directory', async () => {
    pair.put('README');
    expect(await isWritten(false)).toBe(false);
    expect(await pair.wrong()).toEqual(['README']);
    pair.put(...numbered(60, 'other'));
    expect(await isWritten(false)).toBe(false);
  });

  it('refuses at the end what was only few files known by chance', async () => {
    pair.put('README', ...numbered(8, 'other'));
    await expect(isWritten(true)).rejects.toMatchObject({ code: 'PATHS_UNKNOWN' });
    expect(await pair.wrong()).toContain('README');
  });

  it('writes at the end what is known, however little', async () => {
    pair.put('README');
    expect(await isWritten(true)).toBe(true);
    expect(await pair.wrong()).toEqual([]);
  });

  it('writes at once where many files were tried, and are known', async () => {
    pair.put(...numbered(120, 'pub'));
    expect(await isWritten(false)).toBe(true);
    expect(await pair.wrong()).toEqual([]);
  });
});

describe('rows of others', () => {
  it('stay for a file that is back, though its record went once', async () => {
    pair.put('a', 'b');
    await pair.run();
    pair.remove('a');
    expect(await pair.run()).toEqual([0, 1]);
    writeFileSync(`${pair.home}/base/a`, 'back');
    listed('a');
    expect(await pair.run()).toEqual([0, 0]);
    // Also where everything is compared.
    pair.meddle("UPDATE hash SET md5 = x'07' WHERE file_id = (SELECT id FROM filearr WHERE path = 'b')");
    expect(await pair.run()).toEqual([1, 0]);
    expect(await pair.paths()).toEqual(['a', 'b']);
  });

  it('go for a file that is gone, though somebody listed it again', async () => {
    pair.put('a', 'b');
    await pair.run();
    pair.remove('a');
    await pair.run();
    listed('a');
    expect(await pair.run()).toEqual([0, 1]);
    expect(await pair.paths()).toEqual(['b']);
  });

  it('stay in a full sync where they are no paths of the tree', async () => {
    pair.put('b');
    listed('../base/something', '/etc/passwd', 'c//d', './e', 'f/', 'gone');
    await pair.sync().runFull('', null);
    expect([...(await pair.paths())].sort()).toEqual([
      '../base/something',
      './e',
      '/etc/passwd',
      'b',
      'c//d',
      'f/',
    ]);
  });
});
