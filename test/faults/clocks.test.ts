/**
 * Times that no clock should show, of files and of the machine: records say what the oracle says, a second run reads
 * nothing, and a change is never missed because the clock was set.
 */
import { spawnSync } from 'node:child_process';
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomes, type Site, site, type Told, told, until } from '../support/e2e.js';
import { coreutils, redirectorRows, write } from '../support/e2e-files.js';
import { wrongInCache, wrongInRedirector } from './aftermath.js';
import { holds } from './killing.js';
import { oracle } from './oracle.js';

/** As `touch --date` takes them. Which of them a file system can keep, it says itself. */
const moments = {
  'a nanosecond before 1970': '@-0.000000001',
  'half a second before 1970': '@-0.5',
  'a second and a half before 1970': '@-1.5',
  '1901': '@-2147483648',
  '1970': '@0',
  'a nanosecond after 1970': '@0.000000001',
  'the last nanosecond of a second': '@1600000000.999999999',
  'a whole second': '@1600000000',
  'the end of 32 bits': '@2147483647.999999999',
  'beyond 2038': '@2147483648',
  '2100': '@4102444800.123456789',
  'the end of ext4': '@15032385535.999999999',
} as const;

async function run(place: Site, prefix: readonly string[] = [], ...args: readonly string[]): Promise<Told> {
  return told(await place.run(place.hashArguments(...args), { prefix }));
}

/** Every row is as the oracle says. */
async function expectRight({ tree, state }: Site): Promise<void> {
  const expected = await oracle(tree);
  expect(wrongInCache(state, expected)).toEqual([]);
  expect(wrongInRedirector(state, expected)).toEqual([]);
}

test.concurrent('mtimes of all times', async () => {
  const place = site();
  for (const [name, moment] of Object.entries(moments)) {
    const file = join(place.tree, name);
    write(file, `content of ${name}`);
    expect(spawnSync('touch', ['--date', moment, file]).status, name).toBe(0);
  }
  expect((await run(place)).status).toBe(0);
  await expectRight(place);
  expect(outcomes(await run(place))).toEqual([]);
  // One nanosecond more is another version, where the file system can keep it.
  const moved = Object.keys(moments).filter((name) => moveOn(join(place.tree, name)));
  expect(moved.length).toBeGreaterThan(8);
  expect(outcomes(await run(place))).toEqual(moved.map((name) => `${name} hashed`).sort());
  await expectRight(place);
});

/** Adds a nanosecond to its mtime. @returns whether it is another one then */
function moveOn(file: string): boolean {
  const before = statSync(file, { bigint: true }).mtimeNs;
  const wanted = before + 1n;
  const digits = String(wanted < 0n ? -wanted : wanted).padStart(10, '0');
  const text = `@${wanted < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
  expect(spawnSync('touch', ['--date', text, file]).status, text).toBe(0);
  return statSync(file, { bigint: true }).mtimeNs !== before;
}

test.concurrent('an mtime of an hour from now is no reason to wait, and read once', async () => {
  const place = site();
  write(join(place.tree, 'future'), 'content', { mtime: new Date(Date.now() + 3_600_000) });
  expect(outcomes(await run(place))).toEqual(['future hashed']);
  expect(outcomes(await run(place))).toEqual([]);
  await expectRight(place);
});

/** libfaketime has node believe another time; where it is missing, or does not work with this node, it is told. */
const hasFaketime = ((): boolean => {
  const { stdout } = spawnSync('faketime', ['-f', '-3650d', process.execPath, '-p', 'Date.now()']);
  if (Number(String(stdout ?? '')) < Date.now() - 3_000 * 86_400_000 && String(stdout ?? '') !== '')
    return true;
  process.stderr.write(
    'faults: clocks that are set: skipped: faketime is not installed, or has no effect on node\n',
  );
  return false;
})();
const at = (offset: string): readonly string[] => ['faketime', '-f', offset];

describe.runIf(hasFaketime)('a clock that is set between runs', () => {
  test.concurrent.each([
    ['back by ten years', '-3650d'],
    ['back by an hour', '-3600s'],
    ['forward by ten years', '+3650d'],
    ['forward beyond 2038', '+7300d'],
  ])('%s', async (_, offset) => {
    const place = site();
    for (const name of ['a', 'b', 'd/c']) write(join(place.tree, name), `content of ${name}`);
    expect(outcomes(await run(place))).toEqual(['a hashed', 'b hashed', 'd/c hashed']);
    // Nothing changed but the clock.
    expect(outcomes(await run(place, at(offset)))).toEqual([]);
    // A change is seen by size, and by mtime, whatever the clock says; also when its mtime is older than before.
    const a = join(place.tree, 'a');
    write(a, 'CONTENT OF a', { mtime: new Date('2001-01-01') });
    write(join(place.tree, 'b'), 'longer content of b');
    expect(outcomes(await run(place, at(offset)))).toEqual(['a hashed', 'b hashed']);
    await expectRight(place);
    expect(redirectorRows(place.state).get('a')?.sha256.toString('hex')).toBe(
      coreutils('sha256sum', [a]).get(a),
    );
    // Back in the present.
    utimesSync(a, new Date('2002-02-02'), new Date('2002-02-02'));
    expect(outcomes(await run(place))).toEqual(['a hashed']);
    expect(outcomes(await run(place))).toEqual([]);
    await expectRight(place);
  });

  test.concurrent('locks of a killed run are broken at once, whatever the clock says', async () => {
    for (const offset of ['-3650d', '+3650d']) {
      const place = site();
      write(join(place.tree, 'a'), 'content of a'.repeat(400_000));
      const running = place.startHash('--read-limit', '1M');
      await until(() => holds(place.state, /\.lock$/)(), 'a lock');
      running.child.kill('SIGKILL');
      await running.ended;
      const next = await run(place, at(offset));
      expect(outcomes(next), offset).toEqual(['a hashed']);
      expect(next.seconds, offset).toBeLessThan(25);
      await expectRight(place);
    }
  });

  test.concurrent('what is racy by the clock of the machine is read when it is calm, and what was changed then is read again', async () => {
    const place = site();
    const file = join(place.tree, 'young');
    // A second before the time that the run believes: it waits, and finds the content of the end.
    const past = Date.now() - 3_600_000;
    write(file, 'first', { mtime: new Date(past) });
    expect(outcomes(await run(place, at('-3600s')))).toEqual(['young hashed']);
    write(file, 'other', { mtime: new Date(past + 1) });
    expect(outcomes(await run(place, at('-3600s')))).toEqual(['young hashed']);
    await expectRight(place);
  });
});
